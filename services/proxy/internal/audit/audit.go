// Package audit writes one line per call that went through the proxy or was refused: to the log, and to a file if there is one. A
// line holds only the fields of Entry: headers, bodies and secrets have no place in it.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Entry is a line of the trail.
type Entry struct {
	Time      time.Time         `json:"time"`
	ID        string            `json:"id"`
	Mode      string            `json:"mode"` // reverse, forward
	Caller    string            `json:"caller"`
	Tenant    string            `json:"tenant,omitempty"`
	Upstream  string            `json:"upstream,omitempty"` // digitalocean, cloudflare
	Method    string            `json:"method"`
	Route     string            `json:"route,omitempty"`       // template of the path
	IDs       map[string]string `json:"ids,omitempty"`         // what stood in the template
	Target    string            `json:"target,omitempty"`      // host:port of a forward call
	Status    int               `json:"status,omitempty"`      // that the caller got
	Outcome   string            `json:"outcome"`               // answered, not-sent, sent-unknown; denied, limited, unreachable
	Reason    string            `json:"reason,omitempty"`      // why it was refused or failed
	Attempts  int               `json:"attempts,omitempty"`    // calls to the upstream
	Millis    int64             `json:"ms"`                    // that it took
	BytesIn   int64             `json:"bytes_in,omitempty"`    // from the upstream
	BytesOut  int64             `json:"bytes_out,omitempty"`   // to the upstream
	Budget    float64           `json:"budget,omitempty"`      // calls that are left at this moment
	RequestID string            `json:"upstream_id,omitempty"` // the upstream's name for the call
	Change    map[string]any    `json:"change,omitempty"`      // what a write was to change, in words of the business
}

// Trail is the sink. It is safe for concurrent use.
type Trail struct {
	log *slog.Logger

	recent ring

	mu   sync.Mutex
	path string
	max  int64
	file *os.File
	size int64
}

// New makes a trail; path "" means the log alone. The file is opened at the first line; when it has grown to max bytes it is
// renamed to path.1, over the former one, so that the trail takes at most twice max bytes.
func New(log *slog.Logger, path string, maxBytes int64) *Trail {
	return &Trail{log: log.With("component", "audit"), path: path, max: maxBytes}
}

// Recent returns the latest entries that fit, newest first, at most limit. It knows those of this process, of which the oldest are forgotten.
func (t *Trail) Recent(limit int, fits func(Entry) bool) []Entry { return t.recent.latest(limit, fits) }

// Write appends a line. The log gets provider calls and refusals at level info, permitted forward calls at debug. A file that
// cannot be written is an error in the log and does not fail the call.
func (t *Trail) Write(ctx context.Context, e Entry) {
	t.recent.add(e)
	line, err := json.Marshal(e)
	if err != nil {
		t.log.ErrorContext(ctx, "cannot encode an audit line", "error", err)
		return
	}
	level := slog.LevelInfo
	if e.Mode == "forward" && e.Outcome == "answered" {
		level = slog.LevelDebug
	}
	t.log.Log(ctx, level, "proxy decision", "audit", json.RawMessage(line))
	if t.path == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.append(append(line, '\n')); err != nil {
		t.log.ErrorContext(ctx, "cannot write an audit line to its file", "error", err)
	}
}

func (t *Trail) append(line []byte) error {
	if t.file != nil && t.size+int64(len(line)) > t.max {
		if err := errors.Join(t.close(), os.Rename(t.path, t.path+".1")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("rotate: %w", err)
		}
	}
	if t.file == nil {
		file, err := os.OpenFile(t.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		info, err := file.Stat()
		if err != nil {
			return errors.Join(err, file.Close())
		}
		t.file, t.size = file, info.Size()
	}
	n, err := t.file.Write(line)
	t.size += int64(n)
	return err
}

func (t *Trail) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file, t.size = nil, 0
	return err
}

// Close closes the file; a later Write opens it again.
func (t *Trail) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.close()
}
