// Package storeurl opens the object store that a URL names, so that a program needs one setting for either kind.
//
// The URLs are
//
//	file:///var/lib/mocloud/objects       a directory, made if need be
//	file:data/objects                     the same, relative to the working directory
//	s3://KEY:SECRET@HOST[:PORT]/BUCKET    a bucket; KEY and SECRET percent-encoded
//
// with these query parameters:
//
//	sync=false       file: objects reach the disk when the operating system likes (dirstore.Options.NoSync)
//	prefix=PREFIX    s3: goes before every key
//	region=REGION    s3: us-east-1 if absent
//	insecure=true    s3: HTTP instead of HTTPS
//	create=true      s3: make the bucket if it is not there
//
// A URL holds a secret: it appears in no error of this package.
package storeurl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/objstore/s3store"
	"github.com/mocloud/mocloud/pkg/secret"
)

// ErrURL says that a URL names no object store; the error that wraps it says why.
var ErrURL = errors.New("object store URL")

// Store is an object store that its opener closes.
type Store interface {
	objstore.Store
	io.Closer
}

// Open opens the store that rawURL names. A directory is checked for being writable; a bucket is asked for nothing unless
// create=true, so that a program can start while the S3 server is away.
func Open(ctx context.Context, rawURL string) (Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("%w: it is not a URL (are the key and the secret percent-encoded?); write "+
			"file:///DIRECTORY or s3://KEY:SECRET@HOST:PORT/BUCKET", ErrURL) // err would show the secret
	}
	switch u.Scheme {
	case "file":
		return openDir(u)
	case "s3":
		return openS3(ctx, u)
	case "":
		return nil, fmt.Errorf("%w: it has no scheme; write file:///DIRECTORY or s3://KEY:SECRET@HOST:PORT/BUCKET", ErrURL)
	}
	return nil, fmt.Errorf("%w: the scheme %q is unknown; write file:///DIRECTORY or s3://KEY:SECRET@HOST:PORT/BUCKET", ErrURL, u.Scheme)
}

func openDir(u *url.URL) (Store, error) {
	query := params{values: u.Query()}
	sync := query.boolean("sync", true)
	dir := u.Path
	if u.Opaque != "" {
		unescaped, err := url.PathUnescape(u.Opaque)
		if err != nil {
			return nil, fmt.Errorf("%w: the directory: %w", ErrURL, err)
		}
		dir = unescaped
	}
	switch {
	case u.Host != "":
		return nil, fmt.Errorf("%w: file://%s… names a host; an absolute directory needs three slashes, file:///DIRECTORY", ErrURL, u.Host)
	case dir == "":
		return nil, fmt.Errorf("%w: the directory is missing; write file:///DIRECTORY", ErrURL)
	}
	if err := query.done(); err != nil {
		return nil, err
	}
	store, err := dirstore.Open(dir, dirstore.Options{NoSync: !sync})
	if err != nil {
		return nil, err
	}
	return store, nil
}

func openS3(ctx context.Context, u *url.URL) (Store, error) {
	query := params{values: u.Query()}
	secretKey, _ := u.User.Password()
	cfg := s3store.Config{
		Endpoint:  u.Host,
		Insecure:  query.boolean("insecure", false),
		Region:    query.text("region"),
		Bucket:    strings.Trim(u.Path, "/"),
		Prefix:    query.text("prefix"),
		AccessKey: u.User.Username(),
		SecretKey: secret.New(secretKey),
	}
	create := query.boolean("create", false)
	if err := errors.Join(query.done(), cfg.Validate()); err != nil {
		return nil, fmt.Errorf("%w; write s3://KEY:SECRET@HOST:PORT/BUCKET", err)
	}
	store, err := s3store.New(cfg)
	if err != nil {
		return nil, err
	}
	if create {
		if err := store.EnsureBucket(ctx); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	return store, nil
}

// params takes query parameters one by one, and at the end complains of those that nobody took: a misspelt option that
// silently did nothing would be found in production.
type params struct {
	values url.Values
	errs   []error
}

func (p *params) text(name string) string {
	value := p.values.Get(name)
	p.values.Del(name)
	return value
}

func (p *params) boolean(name string, otherwise bool) bool {
	text := p.text(name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		p.errs = append(p.errs, fmt.Errorf("%w: %s is %q; write true or false", ErrURL, name, text))
	}
	return value
}

func (p *params) done() error {
	if unknown := slices.Sorted(maps.Keys(p.values)); len(unknown) > 0 {
		p.errs = append(p.errs, fmt.Errorf("%w: unknown parameter %s", ErrURL, strings.Join(unknown, ", ")))
	}
	return errors.Join(p.errs...)
}
