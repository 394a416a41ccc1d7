// Package s3store keeps objects in a bucket of an S3 server: the object store of production.
//
// Conditional writes are the server's own (If-Match, If-None-Match), so they hold between machines; the server must have
// them (AWS S3, DigitalOcean Spaces, Cloudflare R2, Ceph, MinIO and versitygw do). An ETag is the server's.
//
// Requests that fail for a passing reason are repeated a few times, within the context's deadline. A conditional write never
// is: after a lost answer the repetition would meet the first attempt's own object and report that somebody else won.
package s3store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/internal/exact"
	"github.com/mocloud/mocloud/pkg/secret"
)

const (
	// partSize is what a write holds in memory at most: a smaller object is written with one request that can be repeated, a
	// larger one in parts of this size. S3 allows 10,000 parts of at least 5 MiB.
	partSize = 8 << 20
	// attempts bounds how often a request is sent.
	attempts = 3

	defaultRegion = "us-east-1"
)

// Config says where the bucket is.
type Config struct {
	Endpoint  string // host or host:port
	Insecure  bool   // HTTP instead of HTTPS, for servers on the own machine or network
	Region    string // us-east-1 if empty
	Bucket    string
	Prefix    string // goes before every key; with or without a slash at its end
	AccessKey string
	SecretKey secret.String
}

// Validate returns everything that is missing.
func (c Config) Validate() error {
	var errs []error
	for _, field := range []struct{ name, value string }{
		{"endpoint", c.Endpoint}, {"bucket", c.Bucket}, {"access key", c.AccessKey}, {"secret key", c.SecretKey.Reveal()},
	} {
		if field.value == "" {
			errs = append(errs, fmt.Errorf("object store: the %s is missing", field.name))
		}
	}
	if prefix := strings.TrimSuffix(c.Prefix, "/"); prefix != "" {
		if err := objstore.CheckKey(prefix); err != nil {
			errs = append(errs, fmt.Errorf("object store: prefix: %w", err))
		}
	}
	return errors.Join(errs...)
}

// Store is an objstore.Store in an S3 bucket.
type Store struct {
	cfg       Config
	prefix    string // empty or with a slash at its end
	transport *http.Transport
	client    minio.Core // repeats what failed for a passing reason
	once      minio.Core // sends each request once
}

var _ objstore.Store = (*Store)(nil)

// New makes a store of an existing bucket; it does no I/O. The caller closes it.
func New(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, transport: newTransport()}
	if prefix := strings.TrimSuffix(cfg.Prefix, "/"); prefix != "" {
		s.prefix = prefix + "/"
	}
	var err, onceErr error
	s.client, err = newClient(cfg, s.transport, attempts)
	s.once, onceErr = newClient(cfg, s.transport, 1)
	if err := errors.Join(err, onceErr); err != nil {
		return nil, fmt.Errorf("object store %s: %w", cfg.Endpoint, err)
	}
	return s, nil
}

func newClient(cfg Config, transport *http.Transport, attempts int) (minio.Core, error) {
	region := cfg.Region
	if region == "" {
		region = defaultRegion
	}
	client, err := minio.New(cfg.Endpoint, &minio.Options{
		Creds:      credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey.Reveal(), ""),
		Secure:     !cfg.Insecure,
		Region:     region, // a known region spares a request that asks for it
		Transport:  transport,
		MaxRetries: attempts,
	})
	return minio.Core{Client: client}, err
}

// newTransport bounds every wait that the caller's deadline does not: the phases in which no byte of the object moves.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          128,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       time.Minute,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true, // an object arrives as it was written
	}
}

// Close ends idle connections. Objects that are open stay readable.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// EnsureBucket makes the bucket if it is not there.
func (s *Store) EnsureBucket(ctx context.Context) error {
	exists, err := s.client.BucketExists(ctx, s.cfg.Bucket)
	if err == nil && !exists {
		err = s.client.MakeBucket(ctx, s.cfg.Bucket, minio.MakeBucketOptions{Region: s.cfg.Region})
		if code := minio.ToErrorResponse(err).Code; code == "BucketAlreadyOwnedByYou" {
			err = nil // another process made it meanwhile
		}
	}
	if err != nil {
		return fmt.Errorf("bucket %s: %w", s.cfg.Bucket, err)
	}
	return nil
}

// Get opens an object; its Body ends with an error when ctx is done.
func (s *Store) Get(ctx context.Context, key string) (*objstore.Object, error) {
	name, err := s.name(ctx, key)
	if err != nil {
		return nil, err
	}
	body, stat, _, err := s.client.GetObject(ctx, s.cfg.Bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, wrap("get", key, notFound(err))
	}
	return &objstore.Object{Info: info(key, stat), Body: body}, nil
}

// Stat describes an object.
func (s *Store) Stat(ctx context.Context, key string) (objstore.Info, error) {
	name, err := s.name(ctx, key)
	if err != nil {
		return objstore.Info{}, err
	}
	stat, err := s.client.StatObject(ctx, s.cfg.Bucket, name, minio.StatObjectOptions{})
	if err != nil {
		return objstore.Info{}, wrap("stat", key, notFound(err))
	}
	return info(key, stat), nil
}

// Put writes an object; S3 shows it whole or not at all.
func (s *Store) Put(ctx context.Context, key string, content io.Reader, size int64, opts objstore.PutOptions) (string, error) {
	name, err := s.name(ctx, key)
	if err := errors.Join(err, opts.Check()); err != nil {
		return "", err
	}
	client, put := s.client, minio.PutObjectOptions{ContentType: opts.ContentType}
	if opts.Conditional() {
		client = s.once
	}
	if opts.IfAbsent {
		put.SetMatchETagExcept("*")
	}
	if opts.IfMatch != "" {
		put.SetMatchETag(opts.IfMatch)
	}
	written, err := s.upload(ctx, client, name, exact.Reader(ctx, content, size), put)
	if err != nil {
		return "", wrap("put", key, precondition(err, opts))
	}
	return strings.Trim(written.ETag, `"`), nil
}

// Delete removes an object.
func (s *Store) Delete(ctx context.Context, key string) error {
	name, err := s.name(ctx, key)
	if err != nil {
		return err
	}
	err = notFound(s.client.RemoveObject(ctx, s.cfg.Bucket, name, minio.RemoveObjectOptions{}))
	if errors.Is(err, objstore.ErrNotFound) {
		return nil
	}
	return wrap("delete", key, err)
}

// List asks for the keys page by page.
func (s *Store) List(ctx context.Context, prefix string, yield func(objstore.Info) error) error {
	// What is no key begins no key either; some servers refuse such a prefix.
	if dir, _, ok := cutLast(prefix); ok && objstore.CheckKey(dir) != nil {
		return context.Cause(ctx)
	}
	options := minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true}
	for stat := range s.client.ListObjectsIter(ctx, s.cfg.Bucket, options) {
		if stat.Err != nil {
			return wrap("list", prefix, stat.Err)
		}
		if err := yield(info(strings.TrimPrefix(stat.Key, s.prefix), stat)); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// name is the key as the bucket knows it.
func (s *Store) name(ctx context.Context, key string) (string, error) {
	if err := objstore.CheckKey(key); err != nil {
		return "", err
	}
	if s.prefix != "" {
		if err := objstore.CheckKey(s.prefix + key); err != nil { // together they may be too long
			return "", err
		}
	}
	return s.prefix + key, context.Cause(ctx)
}

func cutLast(prefix string) (dir, rest string, ok bool) {
	i := strings.LastIndexByte(prefix, '/')
	if i < 0 {
		return "", prefix, false
	}
	return prefix[:i], prefix[i+1:], true
}

func info(key string, stat minio.ObjectInfo) objstore.Info {
	return objstore.Info{Key: key, Size: stat.Size, ETag: strings.Trim(stat.ETag, `"`), Modified: stat.LastModified}
}

// notFound says ErrNotFound where the server says that there is no such key; a missing bucket stays the server's error.
func notFound(err error) error {
	if err != nil && minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return objstore.ErrNotFound
	}
	return err
}

// precondition says ErrPrecondition where the server refused a conditional write: the condition did not hold, another
// write came between, or there is nothing to match.
func precondition(err error, opts objstore.PutOptions) error {
	if !opts.Conditional() {
		return err
	}
	switch minio.ToErrorResponse(err).Code {
	case minio.PreconditionFailed, minio.NoSuchKey, "ConditionalRequestConflict":
		return objstore.ErrPrecondition
	}
	return err
}

func wrap(verb, key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s object %s: %w", verb, key, err)
}
