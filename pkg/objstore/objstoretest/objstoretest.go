// Package objstoretest is the conformance suite of the object store port: what passes it may stand behind an
// objstore.Store.
package objstoretest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/objstore"
)

// timeout bounds one subtest: a store that hangs fails instead of stopping the suite.
const timeout = time.Minute

// Run holds a store to the contract of objstore.Store. open returns an empty store that nobody else uses.
func Run(t *testing.T, open func(t *testing.T) objstore.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(ctx context.Context, t *testing.T, s objstore.Store)
	}{
		{"read what was written", readWritten},
		{"what is not there", notThere},
		{"an etag changes with every write", etagChanges},
		{"conditions", conditions},
		{"odd keys", oddKeys},
		{"keys that are none", badKeys},
		{"announced size", announcedSize},
		{"a body that fails writes nothing", failingBody},
		{"large bodies", largeBodies},
		{"list", list},
		{"list stops", listStops},
		{"done context", doneContext},
		{"readers see whole objects", wholeObjects},
		{"one creator wins", oneCreatorWins},
		{"no update is lost", noUpdateLost},
		{"an open object stays what it was", openObjectStays},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			c.test(ctx, t, open(t))
		})
	}
}

func readWritten(ctx context.Context, t *testing.T, s objstore.Store) {
	before := time.Now().Add(-time.Minute)
	etag := put(ctx, t, s, "ws/mock/mock.yml", "- endpoint: {}\n", objstore.PutOptions{ContentType: "application/yaml"})
	object, err := s.Get(ctx, "ws/mock/mock.yml")
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(object.Body)
	if err := errors.Join(err, object.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if string(content) != "- endpoint: {}\n" {
		t.Errorf("content %q", content)
	}
	info, err := s.Stat(ctx, "ws/mock/mock.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []objstore.Info{info, object.Info} {
		if i.Key != "ws/mock/mock.yml" || i.Size != 15 || i.ETag != etag || i.ETag == "" || strings.Contains(i.ETag, `"`) {
			t.Errorf("info %+v, want etag %q", i, etag)
		}
		if i.Modified.Before(before) || i.Modified.After(time.Now().Add(time.Minute)) {
			t.Errorf("modified %v is not now", i.Modified)
		}
	}
}

func notThere(ctx context.Context, t *testing.T, s objstore.Store) {
	put(ctx, t, s, "a/b", "x", objstore.PutOptions{})
	for _, key := range []string{"none", "a", "a/c", "a/b/c", "none/none"} {
		if _, err := s.Get(ctx, key); !errors.Is(err, objstore.ErrNotFound) {
			t.Errorf("get %s: %v", key, err)
		}
		if _, err := s.Stat(ctx, key); !errors.Is(err, objstore.ErrNotFound) {
			t.Errorf("stat %s: %v", key, err)
		}
		if err := s.Delete(ctx, key); err != nil {
			t.Errorf("delete %s: %v", key, err)
		}
	}
	if got := read(ctx, t, s, "a/b"); got != "x" {
		t.Errorf("content %q after deleting its neighbours", got)
	}
	if err := s.Delete(ctx, "a/b"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "a/b"); !errors.Is(err, objstore.ErrNotFound) {
		t.Errorf("get after delete: %v", err)
	}
	put(ctx, t, s, "a/b", "again", objstore.PutOptions{})
	if got := read(ctx, t, s, "a/b"); got != "again" {
		t.Errorf("content %q after delete and put", got)
	}
}

func etagChanges(ctx context.Context, t *testing.T, s objstore.Store) {
	seen := map[string]string{}
	for range 20 {
		for _, content := range []string{"aa", "bb"} { // of one size: the size must not be what tells them apart
			etag := put(ctx, t, s, "key", content, objstore.PutOptions{})
			if other, ok := seen[etag]; ok && other != content {
				t.Fatalf("etag %q stands for %q and for %q", etag, other, content)
			}
			seen[etag] = content
			info, err := s.Stat(ctx, "key")
			if err != nil || info.ETag != etag {
				t.Fatalf("stat says etag %q, put said %q (%v)", info.ETag, etag, err)
			}
		}
	}
}

func conditions(ctx context.Context, t *testing.T, s objstore.Store) {
	refuse := func(what string, opts objstore.PutOptions) {
		t.Helper()
		_, err := s.Put(ctx, "key", strings.NewReader("bad"), 3, opts)
		if !errors.Is(err, objstore.ErrPrecondition) {
			t.Errorf("%s: %v, want ErrPrecondition", what, err)
		}
	}
	refuse("match where there is nothing", objstore.PutOptions{IfMatch: "0123456789abcdef0123456789abcdef"})
	first := put(ctx, t, s, "key", "one", objstore.PutOptions{IfAbsent: true})
	refuse("absent where there is something", objstore.PutOptions{IfAbsent: true})
	second := put(ctx, t, s, "key", "two", objstore.PutOptions{IfMatch: first})
	refuse("match of what was", objstore.PutOptions{IfMatch: first})
	put(ctx, t, s, "key", "three", objstore.PutOptions{IfMatch: second})
	if got := read(ctx, t, s, "key"); got != "three" {
		t.Errorf("content %q", got)
	}
	if _, err := s.Put(ctx, "key", strings.NewReader("x"), 1, objstore.PutOptions{IfMatch: second, IfAbsent: true}); !errors.Is(err, objstore.ErrOptions) {
		t.Errorf("both conditions: %v, want ErrOptions", err)
	}
	if err := s.Delete(ctx, "key"); err != nil {
		t.Fatal(err)
	}
	refuse("match of what was deleted", objstore.PutOptions{IfMatch: second})
	put(ctx, t, s, "key", "four", objstore.PutOptions{IfAbsent: true})
}

func oddKeys(ctx context.Context, t *testing.T, s objstore.Store) {
	goodKeys := []string{
		"moclojer.yml", "a b/c d", "a+b", "a%2Fb", "a%", "a?b=c&d", "a#b", "ünï/日本語/🦊", ".hidden/.x", "...", "a..b", "~u/x", "a=b;c,d",
		`quo"te'`, "<x>&amp;", "a:b", "[a]{b}", "UPPER/lower", "x$y", "a@b", "(a)!*", strings.Repeat("s", 200), "d/" + strings.Repeat("deep/", 40) + "x",
	}
	for _, key := range goodKeys {
		put(ctx, t, s, key, "content of "+key, objstore.PutOptions{})
	}
	for _, key := range goodKeys {
		if got := read(ctx, t, s, key); got != "content of "+key {
			t.Errorf("%q holds %q", key, got)
		}
	}
	want := slices.Sorted(slices.Values(goodKeys))
	if diff := cmp.Diff(want, keys(ctx, t, s, "")); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	for _, key := range goodKeys {
		if err := s.Delete(ctx, key); err != nil {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	if left := keys(ctx, t, s, ""); len(left) > 0 {
		t.Errorf("left after deleting all: %q", left)
	}
}

func badKeys(ctx context.Context, t *testing.T, s objstore.Store) {
	for _, key := range []string{
		"", "/", "/etc/passwd", "a/", "a//b", ".", "..", "../x", "a/../b", "a/./b", "a/..", "nul\x00", "line\nbreak", "\xff",
		strings.Repeat("s", objstore.MaxSegment+1), strings.Repeat("deep/", objstore.MaxKey/5) + "deeper",
	} {
		_, err := s.Put(ctx, key, strings.NewReader("x"), 1, objstore.PutOptions{})
		if !errors.Is(err, objstore.ErrKey) {
			t.Errorf("put %q: %v", key, err)
		}
		if _, err := s.Get(ctx, key); !errors.Is(err, objstore.ErrKey) {
			t.Errorf("get %q: %v", key, err)
		}
		if _, err := s.Stat(ctx, key); !errors.Is(err, objstore.ErrKey) {
			t.Errorf("stat %q: %v", key, err)
		}
		if err := s.Delete(ctx, key); !errors.Is(err, objstore.ErrKey) {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	if left := keys(ctx, t, s, ""); len(left) > 0 {
		t.Errorf("objects %q", left)
	}
}

func announcedSize(ctx context.Context, t *testing.T, s objstore.Store) {
	put(ctx, t, s, "key", "before", objstore.PutOptions{})
	for _, size := range []int64{0, 4, 6, 100} {
		if _, err := s.Put(ctx, "key", strings.NewReader("five!"), size, objstore.PutOptions{}); err == nil {
			t.Errorf("a body of 5 bytes passed for one of %d", size)
		}
	}
	if got := read(ctx, t, s, "key"); got != "before" {
		t.Errorf("content %q after refused writes", got)
	}
	if got := keys(ctx, t, s, ""); !slices.Equal(got, []string{"key"}) {
		t.Errorf("objects %q", got)
	}
	put(ctx, t, s, "empty", "", objstore.PutOptions{})
	if got := read(ctx, t, s, "empty"); got != "" {
		t.Errorf("content %q of an empty object", got)
	}
}

var errBody = errors.New("the body broke")

func failingBody(ctx context.Context, t *testing.T, s objstore.Store) {
	put(ctx, t, s, "key", "before", objstore.PutOptions{})
	for _, size := range []int64{-1, 1 << 20} {
		body := io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<19)), iotest.ErrReader(errBody))
		if _, err := s.Put(ctx, "key", body, size, objstore.PutOptions{}); !errors.Is(err, errBody) {
			t.Errorf("size %d: %v, want the body's error", size, err)
		}
	}
	if got := read(ctx, t, s, "key"); got != "before" {
		t.Errorf("content %q after failed writes", got)
	}
	if got := keys(ctx, t, s, ""); !slices.Equal(got, []string{"key"}) {
		t.Errorf("objects %q", got)
	}
}

// largeBodies passes every size at which an implementation may change its way: memory, one request, many parts.
func largeBodies(ctx context.Context, t *testing.T, s objstore.Store) {
	block := []byte(strings.Repeat("0123456789abcdef", 1<<12)) // 64 KiB
	for _, blocks := range []int{1, 90, 700} {                 // 64 KiB, 5.6 MiB, 44 MiB
		size := int64(blocks * len(block))
		for _, announced := range []int64{size, -1} {
			body := io.LimitReader(&repeat{block: block}, size)
			etag, err := s.Put(ctx, "large", body, announced, objstore.PutOptions{})
			if err != nil {
				t.Fatalf("%d bytes, announced %d: %v", size, announced, err)
			}
			object, err := s.Get(ctx, "large")
			if err != nil {
				t.Fatal(err)
			}
			if object.Size != size || object.ETag != etag {
				t.Errorf("size %d etag %q, want %d %q", object.Size, object.ETag, size, etag)
			}
			if err := errors.Join(same(object.Body, block, size), object.Body.Close()); err != nil {
				t.Error(err)
			}
		}
	}
	// Conditions hold for large objects as for small ones.
	for _, announced := range []int64{700 * int64(len(block)), -1} {
		body := io.LimitReader(&repeat{block: block}, 700*int64(len(block)))
		if _, err := s.Put(ctx, "large", body, announced, objstore.PutOptions{IfAbsent: true}); !errors.Is(err, objstore.ErrPrecondition) {
			t.Errorf("large object over another, announced %d: %v", announced, err)
		}
	}
}

func list(ctx context.Context, t *testing.T, s objstore.Store) {
	all := []string{"a", "a-b/x", "a.yml", "b/1", "b/10", "b/2/x", "b/2/y", "b!", "b0", "ba", "c/c/c"}
	for _, key := range all {
		put(ctx, t, s, key, key, objstore.PutOptions{})
	}
	for _, prefix := range []string{"", "a", "a-b", "a-b/", "b", "b/", "b/1", "b/2/", "b/2/y", "c/c/", "none", "b/none/", "a/", "../", "/", "b//"} {
		var want []string
		for _, key := range slices.Sorted(slices.Values(all)) {
			if strings.HasPrefix(key, prefix) {
				want = append(want, key)
			}
		}
		if diff := cmp.Diff(want, keys(ctx, t, s, prefix)); diff != "" {
			t.Errorf("list %q (-want +got):\n%s", prefix, diff)
		}
	}
	err := s.List(ctx, "b/10", func(listed objstore.Info) error {
		stat, err := s.Stat(ctx, "b/10")
		if listed.Size != stat.Size || listed.ETag != stat.ETag || listed.Modified.Sub(stat.Modified).Abs() > time.Second {
			t.Errorf("list says %+v, stat %+v", listed, stat)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func listStops(ctx context.Context, t *testing.T, s objstore.Store) {
	for _, key := range []string{"a", "b", "c"} {
		put(ctx, t, s, key, "", objstore.PutOptions{})
	}
	stop, calls := errors.New("enough"), 0
	err := s.List(ctx, "", func(objstore.Info) error {
		calls++
		if calls == 2 {
			return stop
		}
		return nil
	})
	if err != stop || calls != 2 { //nolint:errorlint // The contract is that very error, not one that wraps it.
		t.Errorf("list returned %v after %d calls", err, calls)
	}
}

func doneContext(ctx context.Context, t *testing.T, s objstore.Store) {
	put(ctx, t, s, "key", "before", objstore.PutOptions{})
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Put(done, "key", strings.NewReader("after"), 5, objstore.PutOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if _, err := s.Get(done, "key"); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	if _, err := s.Stat(done, "key"); !errors.Is(err, context.Canceled) {
		t.Errorf("stat: %v", err)
	}
	if err := s.Delete(done, "key"); !errors.Is(err, context.Canceled) {
		t.Errorf("delete: %v", err)
	}
	if err := s.List(done, "", func(objstore.Info) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("list: %v", err)
	}
	if got := read(ctx, t, s, "key"); got != "before" {
		t.Errorf("content %q", got)
	}
}

// repeat reads as its block without end.
type repeat struct {
	block []byte
	at    int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.block[r.at:])
	r.at = (r.at + n) % len(r.block)
	return n, nil
}

// same reads body and tells where it differs from size bytes of repeated block.
func same(body io.Reader, block []byte, size int64) error {
	got := make([]byte, len(block))
	for read := int64(0); read < size; read += int64(len(block)) {
		if _, err := io.ReadFull(body, got); err != nil {
			return err
		}
		if !bytes.Equal(got, block) {
			return errors.New("content differs")
		}
	}
	if n, err := io.Copy(io.Discard, body); n > 0 || err != nil {
		return errors.Join(errors.New("content goes on"), err)
	}
	return nil
}

func put(ctx context.Context, t *testing.T, s objstore.Store, key, content string, opts objstore.PutOptions) (etag string) {
	t.Helper()
	etag, err := s.Put(ctx, key, strings.NewReader(content), int64(len(content)), opts)
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return etag
}

func read(ctx context.Context, t *testing.T, s objstore.Store, key string) string {
	t.Helper()
	content, _, err := get(ctx, s, key)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	return content
}

func get(ctx context.Context, s objstore.Store, key string) (content, etag string, err error) {
	object, err := s.Get(ctx, key)
	if err != nil {
		return "", "", err
	}
	all, err := io.ReadAll(object.Body)
	return string(all), object.ETag, errors.Join(err, object.Body.Close())
}

func keys(ctx context.Context, t *testing.T, s objstore.Store, prefix string) []string {
	t.Helper()
	var keys []string
	err := s.List(ctx, prefix, func(info objstore.Info) error {
		keys = append(keys, info.Key)
		return nil
	})
	if err != nil {
		t.Fatalf("list %q: %v", prefix, err)
	}
	return keys
}
