package api_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mocloud/mocloud/services/api/openapi"
)

const key = "Idempotency-Key: 7b5ff31e-2c55-4e2b-9c64-6f1f0b8d5a10"

// A creation that is repeated with its key creates once and is answered the same, also after a restart.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	b := start(t)
	body := encode(map[string]string{"slug": "pets", "content": good})
	first := b.want(http.StatusCreated, "POST", "/api/v1/mocks", body, key)
	if first.header.Get("Idempotency-Replayed") != "" {
		t.Error("the first answer says that it is none")
	}
	for range 2 {
		again := b.want(http.StatusCreated, "POST", "/api/v1/mocks", body, key)
		if !bytes.Equal(again.body, first.body) || again.header.Get("Location") != first.header.Get("Location") ||
			again.header.Get("ETag") != first.header.Get("ETag") || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("again: %v %s", again.header, again.body)
		}
		b.stop()
		b.run()
	}
	other := b.want(http.StatusUnprocessableEntity, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "cats", "content": good}), key)
	if p := as[struct{ Code, Field string }](t, other); p.Code != "invalid" || p.Field != "Idempotency-Key" {
		t.Errorf("another request: %s", other.body)
	}
	b.account("eve")
	b.want(http.StatusCreated, "POST", "/api/v1/mocks", body, key, "Authorization: Bearer eve-token")
	b.want(http.StatusBadRequest, "POST", "/api/v1/mocks", body, "Idempotency-Key: short")
	if a := b.want(http.StatusOK, "GET", "/api/v1/mocks", ""); strings.Count(string(a.body), `"slug"`) != 1 {
		t.Errorf("there are %s", a.body)
	}
}

// What failed is tried again, with the same key.
func TestIdempotencyKeyOfAFailure(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	body := encode(map[string]string{"slug": "pets", "content": good})
	b.want(http.StatusConflict, "POST", "/api/v1/mocks", body, key)
	b.want(http.StatusNoContent, "DELETE", "/api/v1/mocks/"+m.ID, "")
	b.want(http.StatusCreated, "POST", "/api/v1/mocks", body, key)
}

// Of many that come at the same time one creates; the others are asked to retry, or get its answer.
func TestIdempotencyKeyUnderConcurrency(t *testing.T) {
	t.Parallel()
	b := start(t)
	body := encode(map[string]string{"slug": "pets", "content": good})
	answers := make([]answer, 8)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = b.do("POST", "/api/v1/mocks", body, key) })
	}
	wg.Wait()
	created := 0
	for _, a := range answers {
		switch {
		case a.status == http.StatusCreated && a.header.Get("Idempotency-Replayed") == "":
			created++
		case a.status == http.StatusConflict && a.header.Get("Retry-After") != "" && strings.Contains(string(a.body), "still in progress"):
		case a.status == http.StatusCreated:
		default:
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if created != 1 {
		t.Errorf("created %d times", created)
	}
}

// A remembered answer shows nothing in the database's files, and one that is too large says where the thing is.
func TestRememberedAnswersAreSealedAndBounded(t *testing.T) {
	t.Parallel()
	b := start(t)
	made := as[struct{ Secret string }](t, b.want(http.StatusCreated, "POST", "/api/v1/tokens", encode(newToken), key))
	again := as[struct{ Secret string }](t, b.want(http.StatusCreated, "POST", "/api/v1/tokens", encode(newToken), key))
	if made.Secret == "" || again.Secret != made.Secret {
		t.Errorf("the secret %q, and again %q", made.Secret, again.Secret)
	}
	files, err := filepath.Glob(b.database + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{made.Secret, "7b5ff31e-2c55-4e2b-9c64-6f1f0b8d5a10"} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds %q", filepath.Base(file), secret)
			}
		}
	}
	var noise strings.Builder // does not compress well
	for i := 0; noise.Len() < 1<<16-100; i++ {
		noise.WriteString("# " + strings.Repeat(string(rune('!'+i*7919%90)), i*31%9) + encode(i*2654435761) + "\n")
	}
	body := encode(map[string]string{"slug": "large", "content": good + noise.String()[:1<<16-len(good)-1]})
	large := "Idempotency-Key: another-attempt-of-16"
	first := b.want(http.StatusCreated, "POST", "/api/v1/mocks", body, large)
	if a := b.do("POST", "/api/v1/mocks", body, large); a.status != http.StatusCreated &&
		(a.status != http.StatusConflict || a.header.Get("Location") != first.header.Get("Location")) {
		t.Errorf("a large answer: %d %s", a.status, a.body)
	}
}

// keyless are the operations that create something with POST and take no Idempotency-Key, with the reason.
var keyless = map[string]string{
	"createSession": "nobody is known yet whose key it could be, and a second session does no harm",
	"createAccount": "nor here; the username makes it a 409 the second time",
}

// Whatever creates something with POST takes an Idempotency-Key, or is excused by name.
func TestCreationsTakeAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	excused := 0
	for path, item := range doc.Paths.Map() {
		op := item.Post
		if op == nil || op.Responses.Status(http.StatusCreated) == nil {
			continue
		}
		takes := op.Parameters.GetByInAndName("header", "Idempotency-Key") != nil
		if reason := keyless[op.OperationID]; takes == (reason != "") {
			t.Errorf("POST %s creates something; it takes an Idempotency-Key: %t, and is excused because %q", path, takes, reason)
		} else if reason != "" {
			excused++
		}
	}
	if excused != len(keyless) {
		t.Errorf("%d operations are excused that do not exist", len(keyless)-excused)
	}
}

// A client that already has an answer learns that nothing changed.
func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	path := "/api/v1/mocks/" + m.ID
	for _, path := range []string{path, path + "/revisions/1"} {
		tag := b.want(http.StatusOK, "GET", path, "").header.Get("ETag")
		for _, header := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
			if a := b.want(http.StatusNotModified, "GET", path, "", "If-None-Match: "+header); len(a.body) > 0 || a.header.Get("ETag") != tag {
				t.Errorf("%s: %v %s", header, a.header, a.body)
			}
		}
		b.want(http.StatusOK, "GET", path, "", `If-None-Match: "x"`)
	}
	tag := b.want(http.StatusOK, "GET", path, "").header.Get("ETag")
	b.want(http.StatusOK, "POST", path+"/publish", "") // no edit, and not what was known
	b.want(http.StatusOK, "GET", path, "", "If-None-Match: "+tag)
	b.want(http.StatusOK, "PUT", path, encode(map[string]string{"content": good + "# more\n"}), "If-Match: "+tag)
}
