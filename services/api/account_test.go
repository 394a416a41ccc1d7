package api_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// An export holds every file, and every revision of every mock, as they were written.
func TestExport(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	b.want(http.StatusOK, "PUT", "/api/v1/mocks/"+m.ID, encode(map[string]string{"content": good + "# two\n"}))
	b.create("other", good)
	b.upload(http.StatusCreated, "data/pets.json", `["rex"]`)
	a := b.want(http.StatusOK, "GET", "/api/v1/account/export", "")
	archive, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	var names []string
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
		if age := time.Since(f.Modified); age < -time.Minute || age > time.Hour {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
		names = append(names, f.Name)
	}
	slices.Sort(names)
	want := []string{
		"account.json", "tokens.jsonl", "workspaces/dev/files.jsonl", "workspaces/dev/files/data/pets.json",
		"workspaces/dev/history/other/1.yml", "workspaces/dev/history/other/mock.json", "workspaces/dev/history/other/revisions.jsonl",
		"workspaces/dev/history/pets/1.yml", "workspaces/dev/history/pets/2.yml",
		"workspaces/dev/history/pets/mock.json", "workspaces/dev/history/pets/revisions.jsonl",
		"workspaces/dev/mocks/other.yml", "workspaces/dev/mocks/pets.yml", "workspaces/dev/workspace.json",
	}
	if !slices.Equal(names, want) {
		t.Errorf("the archive holds %q", names)
	}
	if files["workspaces/dev/history/pets/1.yml"] != good || files["workspaces/dev/mocks/pets.yml"] != good+"# two\n" ||
		files["workspaces/dev/files/data/pets.json"] != `["rex"]` || strings.Count(files["workspaces/dev/history/pets/revisions.jsonl"], "\n") != 2 {
		t.Errorf("%q", files)
	}
}

// A deleted account is out at once, and its mocks are gone from the mock servers soon after.
func TestDeletedAccountsStopAnswering(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.account("ann")
	ann := "Authorization: Bearer ann-token"
	m := as[mockBody](t, b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "pets", "content": good}), ann))
	b.want(http.StatusOK, "POST", "/api/v1/mocks/"+m.ID+"/publish", "", ann)
	b.want(http.StatusBadRequest, "DELETE", "/api/v1/account", "", ann)
	b.want(http.StatusUnprocessableEntity, "DELETE", "/api/v1/account?confirm=dev", "", ann)
	b.want(http.StatusNoContent, "DELETE", "/api/v1/account?confirm=ann", "", ann)
	b.want(http.StatusUnauthorized, "GET", "/api/v1/account", "", ann)
	g := b.generator()
	if _, changes := g.reach(t, 2); changes[len(changes)-1].Type != "mock.deleted" {
		t.Errorf("the last change is %s", changes[len(changes)-1].Type)
	}
	until(t, "the account is still there", func() bool { return b.count("SELECT COUNT(*) FROM accounts WHERE deleted_at IS NOT NULL") == 0 })
}
