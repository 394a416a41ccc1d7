package s3store_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/objstoretest"
	"github.com/mocloud/mocloud/pkg/objstore/s3store"
	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("bucket", func(t *testing.T) {
		t.Parallel()
		objstoretest.Run(t, func(t *testing.T) objstore.Store { return testkit.ObjectStore(t) })
	})
	t.Run("prefix", func(t *testing.T) {
		t.Parallel()
		objstoretest.Run(t, func(t *testing.T) objstore.Store { return open(t, testkit.ObjectStoreURL(t)+"&prefix=p/q") })
	})
}

func TestPrefixesAreApart(t *testing.T) {
	t.Parallel()
	bucket := testkit.ObjectStoreURL(t)
	a, ab := open(t, bucket+"&prefix=a"), open(t, bucket+"&prefix=ab/")
	for _, s := range []objstore.Store{a, ab} {
		if _, err := s.Put(t.Context(), "key", strings.NewReader("x"), 1, objstore.PutOptions{IfAbsent: true}); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	err := a.List(t.Context(), "", func(info objstore.Info) error {
		keys = append(keys, info.Key)
		return nil
	})
	if err != nil || strings.Join(keys, " ") != "key" {
		t.Errorf("list %q %v", keys, err)
	}
}

func TestCreateBucket(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(testkit.ObjectStoreURL(t))
	if err != nil {
		t.Fatal(err)
	}
	secretKey, _ := u.User.Password()
	cfg := s3store.Config{Endpoint: u.Host, Insecure: true, AccessKey: u.User.Username(), SecretKey: secret.New(secretKey)}
	cfg.Bucket = strings.Trim(u.Path, "/") + "x"
	s, err := s3store.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// A missing bucket is not a missing object: an empty answer would hide a wrong setting.
	if _, err := s.Get(t.Context(), "key"); err == nil || errors.Is(err, objstore.ErrNotFound) {
		t.Errorf("get from a missing bucket: %v", err)
	}
	for range 2 {
		if err := s.EnsureBucket(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Get(t.Context(), "key"); !errors.Is(err, objstore.ErrNotFound) {
		t.Errorf("get from an empty bucket: %v", err)
	}
}

// TestServerAway: every call ends with its deadline when nothing answers, at once when nothing listens, and works when the server is back.
func TestServerAway(t *testing.T) {
	t.Parallel()
	server := testkit.S3Server(t)
	s := open(t, server.Bucket())
	try := func(timeout time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		_, err := s.Put(ctx, "key", strings.NewReader("x"), 1, objstore.PutOptions{})
		return err
	}
	if err := try(time.Minute); err != nil {
		t.Fatal(err)
	}
	server.Pause()
	if err := try(200 * time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("paused: %v", err)
	}
	server.Resume()
	server.Kill()
	if err := try(10 * time.Second); err == nil || errors.Is(err, objstore.ErrNotFound) {
		t.Errorf("killed: %v", err)
	}
	server.Start()
	if err := try(time.Minute); err != nil {
		t.Errorf("restarted: %v", err)
	}
}

func open(t *testing.T, rawURL string) objstore.Store {
	t.Helper()
	s, err := storeurl.Open(t.Context(), rawURL)
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
