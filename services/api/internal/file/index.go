package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/pkg/objstore"
)

const (
	mendEvery    = 5 * time.Second
	collectEvery = time.Hour
	mendTimeout  = time.Minute
	batch        = 100 // workspaces or objects at a time
	indexTries   = 5
)

var errBusyIndex = errors.New("others keep writing it")

// Run mends what was interrupted and removes what nobody needs, until ctx ends. It may run in several processes at once.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(mendEvery)
	defer ticker.Stop()
	var collected time.Time
	for {
		if err := s.mend(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "cannot tidy up files; it will be retried", "error", err)
		}
		if s.now().Sub(collected) >= collectEvery && ctx.Err() == nil {
			collected = s.now()
			if err := s.repo.CollectFiles(ctx, collected.Add(readGrace), batch); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "cannot collect the files of deleted workspaces; it will be retried", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// mend writes indexes that are behind and removes objects that are due.
func (s *Service) mend(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, mendTimeout)
	defer cancel()
	pending, err := s.repo.PendingFileIndexes(ctx, batch)
	if err != nil {
		return err
	}
	var problems []error
	for _, ws := range pending {
		problems = append(problems, s.writeIndex(ctx, ws))
	}
	due, err := s.repo.DueObjects(ctx, s.now(), batch)
	problems = append(problems, err)
	for _, key := range due {
		if err := s.objects.Delete(ctx, key); err != nil {
			problems = append(problems, fmt.Errorf("remove %s: %w", key, err))
			continue
		}
		problems = append(problems, s.repo.ForgetObject(ctx, key))
	}
	return errors.Join(problems...)
}

// writeIndex brings the workspace's index in the object store up to what the database says. Several may do it at once:
// an index is replaced only by a later version.
func (s *Service) writeIndex(ctx context.Context, workspaceID string) error {
	key := files.IndexKey(workspaceID)
	for range indexTries {
		next, err := s.repo.FileIndex(ctx, workspaceID)
		if err != nil {
			return err
		}
		version, options, err := s.presentIndex(ctx, key)
		if err != nil {
			return err
		}
		if version < next.Version {
			encoded, err := json.Marshal(next)
			if err != nil {
				return fmt.Errorf("encode the index of files: %w", err)
			}
			_, err = s.objects.Put(ctx, key, bytes.NewReader(encoded), int64(len(encoded)), options)
			if errors.Is(err, objstore.ErrPrecondition) {
				continue
			}
			if err != nil {
				return fmt.Errorf("write %s: %w", key, err)
			}
		}
		return s.repo.FileIndexWritten(ctx, workspaceID, next.Version)
	}
	return fmt.Errorf("write %s: %w", key, errBusyIndex)
}

// presentIndex returns the version of the index in the object store, and the condition for replacing it.
func (s *Service) presentIndex(ctx context.Context, key string) (int64, objstore.PutOptions, error) {
	options := objstore.PutOptions{IfAbsent: true, ContentType: "application/json"}
	o, err := s.objects.Get(ctx, key)
	if errors.Is(err, objstore.ErrNotFound) {
		return 0, options, nil
	}
	if err != nil {
		return 0, options, fmt.Errorf("read %s: %w", key, err)
	}
	defer func() { _ = o.Body.Close() }()
	options.IfAbsent, options.IfMatch = false, o.ETag
	present, err := files.Decode(o.Body)
	if err != nil && !errors.Is(err, files.ErrIndex) { // what is no index is replaced
		return 0, options, fmt.Errorf("read %s: %w", key, err)
	}
	return present.Version, options, nil
}
