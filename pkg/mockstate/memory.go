package mockstate

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a Store in this process.
type Memory struct {
	limits Limits
	now    func() time.Time

	mu    sync.Mutex
	mocks map[string]*memoryMock
	next  uint64 // version of the next session that is made, so that none has a version that it had before
}

type memoryMock struct {
	bytes    int64
	sessions map[string]*memorySession
}

type memorySession struct {
	version  uint64
	bytes    int64
	counters int
	fields   map[string]string
	used     time.Time
}

// NewMemory makes an empty store.
func NewMemory(l Limits) *Memory {
	return &Memory{limits: l, now: time.Now, mocks: map[string]*memoryMock{}}
}

// session returns a session that is there and has not expired. The lock is held.
func (m *Memory) session(s Session) *memorySession {
	mock := m.mocks[s.MockID]
	if mock == nil {
		return nil
	}
	found := mock.sessions[s.Name]
	if found != nil && m.now().Sub(found.used) >= m.limits.expiry(s.Name) {
		mock.drop(s.Name)
		return nil
	}
	return found
}

func (m *memoryMock) drop(name string) {
	if s := m.sessions[name]; s != nil {
		m.bytes -= s.bytes
		delete(m.sessions, name)
	}
}

// Read implements Store.
func (m *Memory) Read(ctx context.Context, s Session, fields ...string) (Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return Snapshot{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found := m.session(s)
	if found == nil {
		return Snapshot{}, nil
	}
	found.used = m.now()
	out := Snapshot{Version: found.version, Fields: make(map[string]string, len(fields))}
	if len(fields) == 0 {
		maps.Copy(out.Fields, found.fields)
	}
	for _, name := range fields {
		if value, ok := found.fields[name]; ok {
			out.Fields[name] = value
		}
	}
	return out, nil
}

// Commit implements Store.
func (m *Memory) Commit(ctx context.Context, s Session, version uint64, changes []Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found := m.session(s)
	if found == nil && version != 0 || found != nil && found.version != version {
		return ErrMoved
	}
	mock := m.mocks[s.MockID]
	if mock == nil {
		mock = &memoryMock{sessions: map[string]*memorySession{}}
		m.mocks[s.MockID] = mock
	}
	isNew := found == nil
	if isNew {
		found = &memorySession{version: m.next, fields: map[string]string{}}
	}
	bytes, counters := found.bytes, found.counters
	for _, c := range changes {
		counter := 0
		if strings.HasPrefix(c.Field, CounterPrefix) {
			counter = 1
		}
		if old, ok := found.fields[c.Field]; ok {
			bytes -= int64(len(c.Field) + len(old))
			counters -= counter
		}
		if !c.Delete {
			bytes += int64(len(c.Field) + len(c.Value))
			counters += counter
		}
	}
	switch grown := bytes - found.bytes; {
	case bytes > m.limits.Session:
		return &FullError{What: "session", Limit: m.limits.Session}
	case counters > m.limits.Counters && counters > found.counters:
		return &FullError{What: "counters", Limit: int64(m.limits.Counters)}
	case grown > 0 && mock.bytes+grown > m.limits.Mock:
		return &FullError{What: "mock", Limit: m.limits.Mock}
	}
	if isNew {
		m.makeRoom(mock)
		mock.sessions[s.Name] = found
	}
	for _, c := range changes {
		if c.Delete {
			delete(found.fields, c.Field)
		} else {
			found.fields[c.Field] = c.Value
		}
	}
	mock.bytes += bytes - found.bytes
	m.next++
	found.version, found.bytes, found.counters, found.used = m.next, bytes, counters, m.now()
	return nil
}

// makeRoom lets the named session that was used longest ago give way when there are too many.
func (m *Memory) makeRoom(mock *memoryMock) {
	if len(mock.sessions) < m.limits.Sessions {
		return
	}
	oldest, found := "", false
	for name, s := range mock.sessions {
		if name != "" && (!found || s.used.Before(mock.sessions[oldest].used)) {
			oldest, found = name, true
		}
	}
	if found {
		mock.drop(oldest)
	}
}

// Sessions implements Store.
func (m *Memory) Sessions(ctx context.Context, mockID string) ([]Info, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	mock := m.mocks[mockID]
	if mock == nil {
		return nil, nil
	}
	var out []Info
	for name := range mock.sessions {
		if s := m.session(Session{mockID, name}); s != nil {
			out = append(out, Info{Name: name, Used: s.used, Bytes: s.bytes, Expires: s.used.Add(m.limits.expiry(name))})
		}
	}
	slices.SortFunc(out, func(a, b Info) int { return cmp.Or(b.Used.Compare(a.Used), cmp.Compare(a.Name, b.Name)) })
	return out, nil
}

// Reset implements Store.
func (m *Memory) Reset(ctx context.Context, s Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if mock := m.mocks[s.MockID]; mock != nil {
		mock.drop(s.Name)
	}
	return ctx.Err()
}

// Drop implements Store.
func (m *Memory) Drop(ctx context.Context, mockID string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.mocks, mockID)
	return ctx.Err()
}
