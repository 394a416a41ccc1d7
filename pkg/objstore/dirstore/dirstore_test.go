package dirstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/objstore/objstoretest"
)

// childDir, when set, makes this test binary a second process that works on the directory it names.
const childDir = "DIRSTORE_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" { //nolint:forbidigo // The child process has no other way to its argument.
		fmt.Fprintln(os.Stderr, child(dir, os.Args[len(os.Args)-1]))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, opts := range []dirstore.Options{{}, {NoSync: true}} {
		t.Run(fmt.Sprintf("%+v", opts), func(t *testing.T) {
			t.Parallel()
			objstoretest.Run(t, func(t *testing.T) objstore.Store { return open(t, t.TempDir(), opts) })
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if _, err := dirstore.Open(dir, dirstore.Options{}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("open %s: %v", dir, err)
		}
	}
}

func TestOwnFolderIsNoKey(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), dirstore.Options{})
	if _, err := s.Put(t.Context(), ".mocloud-store/tmp/x", strings.NewReader("x"), 1, objstore.PutOptions{}); !errors.Is(err, objstore.ErrKey) {
		t.Errorf("put: %v", err)
	}
	if _, err := s.Get(t.Context(), ".mocloud-store/locks/1"); !errors.Is(err, objstore.ErrKey) {
		t.Errorf("get: %v", err)
	}
}

func TestNoWayOut(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, dirstore.Options{})
	if _, err := s.Get(t.Context(), "link/secret"); err == nil {
		t.Error("a link led out of the store")
	}
	if _, err := s.Put(t.Context(), "link/new", strings.NewReader("x"), 1, objstore.PutOptions{}); err == nil {
		t.Error("a link led a write out of the store")
	}
}

func TestEditByHandChangesETag(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, dirstore.Options{})
	etag, err := s.Put(t.Context(), "key", strings.NewReader("one"), 3, objstore.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("two, by hand"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "key", strings.NewReader("three"), 5, objstore.PutOptions{IfMatch: etag}); !errors.Is(err, objstore.ErrPrecondition) {
		t.Errorf("put over a file edited by hand: %v", err)
	}
}

// TestETagWhenClockStandsBack puts the object into the future, as after a clock was set back.
func TestETagWhenClockStandsBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, dirstore.Options{})
	seen := map[string]bool{}
	for range 3 {
		etag, err := s.Put(t.Context(), "key", strings.NewReader("x"), 1, objstore.PutOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if seen[etag] {
			t.Fatalf("etag %s again", etag)
		}
		seen[etag] = true
		if len(seen) == 1 {
			future := time.Now().Add(24 * time.Hour)
			if err := os.Chtimes(filepath.Join(dir, "key"), future, future); err != nil {
				t.Fatal(err)
			}
			info, err := s.Stat(t.Context(), "key")
			if err != nil {
				t.Fatal(err)
			}
			seen[info.ETag] = true
		}
	}
	info, err := s.Stat(t.Context(), "key")
	if err != nil || info.Modified.Before(time.Now().Add(time.Hour)) {
		t.Errorf("modified %v went back (%v)", info.Modified, err)
	}
}

func TestOpenRemovesStaleTemps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir, dirstore.Options{})
	temps := filepath.Join(dir, ".mocloud-store", "tmp")
	for name, age := range map[string]time.Duration{"old": 2 * time.Hour, "young": time.Minute} {
		file := filepath.Join(temps, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(file, then, then); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir, dirstore.Options{})
	if _, err := os.Stat(filepath.Join(temps, "old")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("old: %v", err)
	}
	if _, err := os.Stat(filepath.Join(temps, "young")); err != nil {
		t.Errorf("young: %v", err)
	}
}

// TestKilledWriters kills processes in the middle of their writes: the object is always one that somebody wrote whole, the
// lock is free again, and nothing else is listed.
func TestKilledWriters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, dirstore.Options{})
	for round := range 8 {
		cmd, lines := startChild(t, dir, "write")
		for range 1 + round*7 { // die somewhere else each time
			if !lines.Scan() {
				t.Fatal("the child ended by itself")
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it says "killed", as we asked
		object, err := s.Get(t.Context(), "folder/key")
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(object.Body)
		if err := errors.Join(err, object.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if len(content) != childSize || strings.Count(string(content), string(content[0])) != childSize {
			t.Fatalf("round %d: a torn object of %d bytes", round, len(content))
		}
		if _, err := s.Put(t.Context(), "folder/key", strings.NewReader("x"), 1, objstore.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		err = s.List(t.Context(), "", func(info objstore.Info) error {
			if info.Key != "folder/key" {
				return fmt.Errorf("lists %s", info.Key)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestCountAcrossProcesses counts in one object from several processes: every step is made once.
func TestCountAcrossProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, dirstore.Options{NoSync: true})
	if _, err := s.Put(t.Context(), "counter", strings.NewReader("0"), 1, objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	const children, steps = 3, 40
	outputs := make([]*bufio.Scanner, children)
	for i := range children {
		_, outputs[i] = startChild(t, dir, "count")
	}
	seen := map[string]bool{}
	for range steps {
		for _, lines := range outputs {
			if !lines.Scan() {
				t.Fatal("a child ended by itself")
			}
			if seen[lines.Text()] {
				t.Fatalf("two writers made step %s", lines.Text())
			}
			seen[lines.Text()] = true
		}
	}
}

// TestFolderComesAndGoes: writers and deleters share a folder that exists only while it has objects.
func TestFolderComesAndGoes(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir, dirstore.Options{NoSync: true})
	var group errgroup.Group
	for i := range 4 {
		group.Go(func() error {
			key := fmt.Sprintf("shared/folder/%d", i)
			for range 50 {
				if _, err := s.Put(ctx, key, strings.NewReader("x"), 1, objstore.PutOptions{}); err != nil {
					return err
				}
				if _, err := s.Stat(ctx, key); err != nil {
					return err
				}
				if err := s.Delete(ctx, key); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "shared")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder is left: %v", err)
	}
}

const childSize = 200_000

// startChild runs this test binary as another process, which prints a line after each write, forever.
func startChild(t *testing.T, dir, job string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], job)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	return cmd, bufio.NewScanner(out)
}

// child is the second process; it returns only on an error.
func child(dir, job string) error {
	s, err := dirstore.Open(dir, dirstore.Options{NoSync: true})
	if err != nil {
		return err
	}
	ctx := context.Background()
	for i := 0; ; i++ {
		switch job {
		case "write":
			content := strings.Repeat(strconv.Itoa(i%10), childSize)
			if _, err := s.Put(ctx, "folder/key", strings.NewReader(content), -1, objstore.PutOptions{}); err != nil {
				return err
			}
			_, err = fmt.Println(i)
		case "count":
			err = count(ctx, s)
		}
		if err != nil {
			return err
		}
	}
}

func count(ctx context.Context, s *dirstore.Store) error {
	object, err := s.Get(ctx, "counter")
	if err != nil {
		return err
	}
	content, err := io.ReadAll(object.Body)
	if err := errors.Join(err, object.Body.Close()); err != nil {
		return err
	}
	n, err := strconv.Atoi(string(content))
	if err != nil {
		return err
	}
	next := strconv.Itoa(n + 1)
	_, err = s.Put(ctx, "counter", strings.NewReader(next), -1, objstore.PutOptions{IfMatch: object.ETag})
	if errors.Is(err, objstore.ErrPrecondition) {
		return nil
	}
	if err == nil {
		_, err = fmt.Println(next)
	}
	return err
}

func open(t *testing.T, dir string, opts dirstore.Options) *dirstore.Store {
	t.Helper()
	s, err := dirstore.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
