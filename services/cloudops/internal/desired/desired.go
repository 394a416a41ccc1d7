// Package desired is the domains as they should be: the state that the domains stream leads to, kept with its position in one
// object, so that the two cannot disagree after a crash.
package desired

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/stream"
)

// Key is the object's key.
const Key = "cloudops/domains.json"

// version of the object's format. A newer one is an error: an older program must not write over it.
const version = 1

// maxObject bounds what is read, in bytes.
const maxObject = 256 << 20

// Domain is a host name that should be reachable.
type Domain struct {
	ID          string `json:"-"`
	WorkspaceID string `json:"workspace_id"`
	MockID      string `json:"mock_id"`
	Host        string `json:"host"`
	Custom      bool   `json:"custom"`
	Token       string `json:"token,omitempty"`  // of a custom domain's proof
	Target      string `json:"target,omitempty"` // that a custom domain is to lead to
	Serves      bool   `json:"serves,omitempty"` // of a custom domain: the mock answers on it
}

// Snapshot is the state at one position.
type Snapshot struct {
	// Complete is false while a replay from the beginning is under way: then a domain that is not there may be yet to come.
	Complete bool
	Domains  map[string]Domain // by id; not to be changed
	Position stream.Position
}

// file is the object.
type file struct {
	Version  int               `json:"version"`
	Epoch    string            `json:"epoch"`
	Number   uint64            `json:"number"`
	Complete bool              `json:"complete"`
	Domains  map[string]Domain `json:"domains"`
}

// State implements stream.Handler. Its methods for the stream are called by one goroutine; Snapshot is safe for
// concurrent use.
type State struct {
	objects objstore.Store
	changed func()                // called after each change; must not block
	check   func(domainID string) // called when a domain is to be looked at now; must not block

	etag string // of the object as it was last read or written

	mu    sync.Mutex
	state file
}

var _ stream.Handler = (*State)(nil)

// New makes an empty state, which Position fills. changed is called after every change, check for each domain that is asked to be looked
// at; both must not block.
func New(objects objstore.Store, changed func(), check func(domainID string)) *State {
	return &State{objects: objects, changed: changed, check: check, state: file{Version: version, Domains: map[string]Domain{}}}
}

// Snapshot returns the present state.
func (s *State) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Snapshot{
		Complete: s.state.Complete, Domains: s.state.Domains,
		Position: stream.Position{Epoch: s.state.Epoch, Number: s.state.Number},
	}
}

// Position implements stream.Handler: it reads the object.
func (s *State) Position(ctx context.Context) (stream.Position, error) {
	if err := s.load(ctx); err != nil {
		return stream.Position{}, err
	}
	s.changed()
	return s.Snapshot().Position, nil
}

func (s *State) load(ctx context.Context) error {
	object, err := s.objects.Get(ctx, Key)
	if errors.Is(err, objstore.ErrNotFound) {
		s.etag = ""
		s.set(file{Version: version, Domains: map[string]Domain{}})
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", Key, err)
	}
	defer object.Body.Close() // it was only read
	raw, err := io.ReadAll(io.LimitReader(object.Body, maxObject+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", Key, err)
	}
	state, err := decode(raw)
	if err != nil {
		return fmt.Errorf("read %s: %w", Key, err)
	}
	s.etag = object.ETag
	s.set(state)
	return nil
}

// decode reads the object's content.
func decode(raw []byte) (file, error) {
	if len(raw) > maxObject {
		return file{}, fmt.Errorf("it is larger than %d bytes", maxObject)
	}
	var f file
	if err := json.Unmarshal(raw, &f); err != nil {
		return file{}, err
	}
	if f.Version != version {
		return file{}, fmt.Errorf("it has version %d, and this program reads version %d", f.Version, version)
	}
	domains := make(map[string]Domain, len(f.Domains))
	for id, d := range f.Domains {
		d.ID = id
		domains[id] = d
	}
	f.Domains = domains
	return f, nil
}

func (s *State) set(f file) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = f
}

// Reset implements stream.Handler. The object stays until the first changes of the new epoch are applied.
func (s *State) Reset(_ context.Context, epoch string) error {
	s.set(file{Version: version, Epoch: epoch, Domains: map[string]Domain{}})
	return nil
}

// Apply implements stream.Handler.
func (s *State) Apply(ctx context.Context, b stream.Batch) error {
	s.mu.Lock()
	next := s.state
	s.mu.Unlock()
	if next.Epoch == "" {
		next.Epoch = b.Epoch
	}
	if next.Epoch != b.Epoch {
		return fmt.Errorf("apply domains: the batch has epoch %s and the state has epoch %s", b.Epoch, next.Epoch)
	}
	if b.To <= next.Number {
		return nil // another cloudops has applied it
	}
	// The map of a snapshot that was given out is not changed.
	next.Domains = maps.Clone(next.Domains)
	for _, change := range b.Changes {
		if change.Number <= next.Number {
			continue
		}
		if err := apply(next.Domains, change); err != nil {
			return fmt.Errorf("apply change %d of domains: %w", change.Number, err)
		}
	}
	next.Number, next.Complete = b.To, next.Complete || !b.More
	if err := s.write(ctx, next); err != nil {
		return err
	}
	s.set(next)
	s.changed()
	for _, change := range b.Changes {
		if d, err := event.Decode[event.DomainVerificationDispatched](change); err == nil && change.Type == event.TypeDomainVerificationDispatched {
			s.check(d.DomainID)
		}
	}
	return nil
}

func apply(domains map[string]Domain, change event.Envelope) error {
	switch change.Type {
	case event.TypeDomainCreated:
		d, err := event.Decode[event.DomainCreated](change)
		if err != nil {
			return err
		}
		domains[d.DomainID] = Domain{ID: d.DomainID, WorkspaceID: d.WorkspaceID, MockID: d.MockID, Host: d.Host, Custom: d.Custom, Token: d.Token, Target: d.Target, Serves: d.Serves}
	case event.TypeDomainDeleted:
		d, err := event.Decode[event.DomainDeleted](change)
		if err != nil {
			return err
		}
		delete(domains, d.DomainID)
	case event.TypeDomainVerificationDispatched:
		// It changes nothing that should be.
		_, err := event.Decode[event.DomainVerificationDispatched](change)
		return err
	default:
		return fmt.Errorf("unknown type %q", change.Type)
	}
	return nil
}

// write replaces the object that was last read or written. If somebody else has replaced it, what is there now is
// loaded and the error makes the consumer try again.
func (s *State) write(ctx context.Context, f file) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode %s: %w", Key, err)
	}
	opts := objstore.PutOptions{IfMatch: s.etag, IfAbsent: s.etag == "", ContentType: "application/json"}
	etag, err := s.objects.Put(ctx, Key, bytes.NewReader(raw), int64(len(raw)), opts)
	if errors.Is(err, objstore.ErrPrecondition) {
		return errors.Join(fmt.Errorf("write %s: %w", Key, err), s.load(ctx))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", Key, err)
	}
	s.etag = etag
	return nil
}
