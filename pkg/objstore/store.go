// Package objstore is the port to the object store: a directory (dirstore) or an S3 server (s3store). Both pass the
// conformance suite in objstoretest, so that callers need not know which one they have.
package objstore

import (
	"context"
	"errors"
	"io"
	"time"
)

// Errors of a Store; compare with errors.Is.
var (
	// ErrNotFound says that the key does not exist (not that the bucket or the store is missing).
	ErrNotFound = errors.New("object not found")
	// ErrPrecondition says that IfMatch or IfAbsent did not hold; nothing was written.
	ErrPrecondition = errors.New("object changed since it was read")
)

// Store keeps objects under slash-separated keys. It is safe for concurrent use. Writes are atomic: a reader sees the
// old object or the new one, whole. Every method honours its context's deadline; callers set one. Keys are those that CheckKey
// accepts; the others give ErrKey.
type Store interface {
	// Get opens an object; the caller closes Object.Body. ErrNotFound if there is none.
	Get(ctx context.Context, key string) (*Object, error)
	// Put writes an object of size bytes (-1 if unknown) and returns its new ETag. ErrPrecondition if opts did not hold; a
	// body of another size is an error. In both cases, and when reading the body fails, nothing was written. After any
	// other error the object may have been written or not: a caller that must know reads it again.
	Put(ctx context.Context, key string, body io.Reader, size int64, opts PutOptions) (etag string, err error)
	// Stat describes an object without its content. ErrNotFound if there is none.
	Stat(ctx context.Context, key string) (Info, error)
	// Delete removes an object; removing what is not there is no error.
	Delete(ctx context.Context, key string) error
	// List calls yield for each object whose key begins with prefix, in key order, until yield returns an error, which it returns.
	List(ctx context.Context, prefix string, yield func(Info) error) error
}

// Object is an opened object.
type Object struct {
	Info
	Body io.ReadCloser
}

// Info describes an object.
type Info struct {
	Key      string
	Size     int64  // bytes
	ETag     string // opaque, without quotes; changes with the content
	Modified time.Time
}

// PutOptions make a write conditional. The zero value writes always.
type PutOptions struct {
	IfMatch     string // write only over an object with this ETag
	IfAbsent    bool   // write only where there is no object
	ContentType string
}
