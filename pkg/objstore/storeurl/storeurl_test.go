package storeurl_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
)

func TestOpenDirectory(t *testing.T) {
	for _, raw := range []string{"file://" + filepath.ToSlash(t.TempDir()) + "/a%20b?sync=false", "file:data/objects"} {
		t.Run(raw, func(t *testing.T) {
			t.Chdir(t.TempDir())
			s, err := storeurl.Open(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Put(t.Context(), "key", strings.NewReader("x"), 1, objstore.PutOptions{}); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOpenNeedsNoServer: a program starts while its bucket is away.
func TestOpenNeedsNoServer(t *testing.T) {
	t.Parallel()
	s, err := storeurl.Open(t.Context(), "s3://key:sec%2Fret@127.0.0.1:1/bucket?insecure=true&prefix=a/b&region=fra1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ url, says string }{
		{"", "no scheme"},
		{"/data", "no scheme"},
		{"ftp://key:hunter2@host/x", `"ftp" is unknown`},
		{"file://", "directory is missing"},
		{"file://data/objects", "three slashes"},
		{"file:///tmp/x?sink=false", "unknown parameter sink"},
		{"file:///tmp/x?sync=maybe", "write true or false"},
		{"s3://key:hunter2@host:port/bucket", "it is not a URL"},
		{"s3://key:hunter2/%zz@host/bucket", "it is not a URL"},
		{"s3://key:hunter2@host/", "bucket is missing; write s3://KEY:SECRET@HOST:PORT/BUCKET"},
		{"s3://key:hunter2@/bucket", "endpoint is missing"},
		{"s3://host/bucket", "secret key is missing"},
		{"s3://key:hunter2@host/bucket?prefix=../x", "prefix"},
		{"s3://key:hunter2@host/bucket?pathstyle=1", "unknown parameter pathstyle"},
		{"s3://key:hunter2@127.0.0.1:1/bucket?insecure=true&create=true", "bucket bucket"},
		{"s3://key:hunter2@ho st/bucket", "it is not a URL"},
	} {
		_, err := storeurl.Open(t.Context(), test.url)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want it to say %q", test.url, err, test.says)
			continue
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), "hunter2") {
				t.Errorf("%s: the secret is in %q", test.url, e)
			}
		}
	}
}
