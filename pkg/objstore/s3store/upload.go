package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"
)

// abortTimeout bounds how long a failed upload waits for its parts to be thrown away.
const abortTimeout = 10 * time.Second

// upload writes content to the named object: in one request if it fits into one part, else part by part. complete is the
// client of the request that makes the object appear.
//
// Parts are put together here because minio-go's own PutObject forgets the condition of an object in parts: it sends
// If-Match and If-None-Match with the request that begins the upload, where servers ignore them, and not with the one that ends it.
func (s *Store) upload(ctx context.Context, complete minio.Core, name string, content io.Reader, opts minio.PutObjectOptions) (minio.UploadInfo, error) {
	part := make([]byte, 64<<10)
	part, more, err := fill(part, content)
	if err != nil {
		return minio.UploadInfo{}, err
	}
	if !more {
		opts.DisableMultipart = true
		return complete.Client.PutObject(ctx, s.cfg.Bucket, name, bytes.NewReader(part), int64(len(part)), opts)
	}
	id, err := s.client.NewMultipartUpload(ctx, s.cfg.Bucket, name, minio.PutObjectOptions{ContentType: opts.ContentType})
	if err != nil {
		return minio.UploadInfo{}, err
	}
	written, err := s.uploadParts(ctx, complete, name, id, part, content, opts)
	if err != nil {
		abortCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
		defer cancel()
		if abortErr := s.client.AbortMultipartUpload(abortCtx, s.cfg.Bucket, name, id); abortErr != nil &&
			minio.ToErrorResponse(abortErr).Code != minio.NoSuchUpload {
			err = errors.Join(err, fmt.Errorf("abort upload: %w", abortErr))
		}
	}
	return written, err
}

// uploadParts sends part and then the rest of content, one part after the other through one buffer.
func (s *Store) uploadParts(ctx context.Context, complete minio.Core, name, id string, part []byte, content io.Reader,
	opts minio.PutObjectOptions,
) (minio.UploadInfo, error) {
	var parts []minio.CompletePart
	for more := true; len(part) > 0; {
		number := len(parts) + 1
		sent, err := s.client.PutObjectPart(ctx, s.cfg.Bucket, name, id, number, bytes.NewReader(part), int64(len(part)), minio.PutObjectPartOptions{})
		if err != nil {
			return minio.UploadInfo{}, fmt.Errorf("part %d: %w", number, err)
		}
		parts = append(parts, minio.CompletePart{PartNumber: number, ETag: sent.ETag})
		if !more {
			break
		}
		if part, more, err = fill(part, content); err != nil {
			return minio.UploadInfo{}, err
		}
	}
	return complete.CompleteMultipartUpload(ctx, s.cfg.Bucket, name, id, parts, opts)
}

// fill reads the next part of content into the buffer, which it grows as needed, and tells whether there may be more.
func fill(buffer []byte, content io.Reader) (part []byte, more bool, err error) {
	for part = buffer[:0]; len(part) < partSize; {
		if len(part) == cap(part) {
			grown := make([]byte, len(part), min(partSize, 4*cap(part)))
			copy(grown, part)
			part = grown
		}
		n, err := content.Read(part[len(part):min(cap(part), partSize)])
		part = part[:len(part)+n]
		if errors.Is(err, io.EOF) {
			return part, false, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return part, true, nil
}
