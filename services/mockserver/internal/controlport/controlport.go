// Package controlport is the control address of `mocloud run`: what the API offers testers for a published mock, over plain HTTP on this
// machine, for the one mock that is served. Its paths are those of the API behind /api/v1/mocks/{mock_id}.
package controlport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/lifecycle"
)

// Ask answers a question about the mock.
type Ask func(ctx context.Context, q control.Question) control.Answer

const (
	timeout = 10 * time.Second
	maxBody = 4 << 20
)

// Run serves on l until ctx ends. It closes l.
func Run(ctx context.Context, l net.Listener, log *slog.Logger, ask Ask) error {
	server := &http.Server{
		Handler: Handler(ask), ReadHeaderTimeout: timeout, ReadTimeout: timeout, WriteTimeout: 2 * timeout, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		ctx, cancel := lifecycle.Stopping(ctx)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close() // who is still there is cut off
		}
	})
	err := server.Serve(l)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Handler answers what may be asked on the control address.
func Handler(ask Ask) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, question func(r *http.Request) (control.Question, error), say func(control.Answer) any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			q, err := question(r)
			var a control.Answer
			if err == nil {
				a = ask(r.Context(), q)
				err = a.Err()
			}
			switch {
			case err != nil:
				refuse(w, err)
			case say == nil:
				w.WriteHeader(http.StatusNoContent)
			default:
				write(w, http.StatusOK, "application/json", say(a))
			}
		})
	}
	in := func(r *http.Request, act control.Act, path string) (control.Question, error) {
		return control.Question{Act: act, Session: r.URL.Query().Get("session_name"), Path: path}, nil
	}
	handle("GET /state", func(r *http.Request) (control.Question, error) { return in(r, control.Read, "") }, func(a control.Answer) any { return a.State })
	handle("DELETE /state", func(r *http.Request) (control.Question, error) {
		return in(r, control.Reset, r.URL.Query().Get("name"))
	}, nil)
	handle("GET /state/{path}", func(r *http.Request) (control.Question, error) { return in(r, control.Read, r.PathValue("path")) }, func(a control.Answer) any { return a.Value })
	handle("PUT /state/{path}", func(r *http.Request) (control.Question, error) {
		q, err := in(r, control.Set, r.PathValue("path"))
		var body struct {
			Value json.RawMessage `json:"value"`
		}
		if err == nil {
			err = decode(r, &body)
		}
		if q.Value = body.Value; err == nil && body.Value == nil {
			err = apperr.New(apperr.Invalid, `The body has no value; send {"value": …}.`).WithField("value")
		}
		return q, err
	}, func(a control.Answer) any { return a.Value })
	handle("GET /sessions", func(r *http.Request) (control.Question, error) { return in(r, control.Sessions, "") }, func(a control.Answer) any {
		return map[string]any{"items": append([]control.Session{}, a.Sessions...)}
	})
	handle("DELETE /sessions/{session_name}", func(r *http.Request) (control.Question, error) {
		return control.Question{Act: control.Reset, Session: r.PathValue("session_name")}, nil
	}, nil)
	handle("PUT /clock", func(r *http.Request) (control.Question, error) {
		q, err := in(r, control.SetClock, "")
		var body struct {
			At      time.Time `json:"at"`
			Stopped *bool     `json:"stopped"`
			Advance string    `json:"advance"`
		}
		if err == nil {
			err = decode(r, &body)
		}
		q.Clock = control.ClockChange{At: body.At, Stopped: body.Stopped}
		if err == nil && body.Advance != "" {
			if q.Clock.Advance, err = control.ParseAdvance(body.Advance); err != nil {
				err = apperr.New(apperr.Invalid, "%s.", err).WithField("advance")
			}
		}
		return q, err
	}, func(a control.Answer) any { return a.Clock })
	handle("DELETE /clock", func(r *http.Request) (control.Question, error) { return in(r, control.FreeClock, "") }, nil)
	handle("POST /verify", func(r *http.Request) (control.Question, error) {
		var body struct {
			SessionName string                `json:"session_name"`
			Since       time.Time             `json:"since"`
			InOrder     bool                  `json:"in_order"`
			Wait        string                `json:"wait"` // nothing is on its way here
			Expect      []control.Expectation `json:"expect"`
		}
		err := decode(r, &body)
		return control.Question{Act: control.Verify, Session: body.SessionName, Since: body.Since, InOrder: body.InOrder, Expect: body.Expect}, err
	}, func(a control.Answer) any {
		return struct {
			Settled bool `json:"settled"`
			NotKept int  `json:"not_kept"`
			*control.Verdict
		}{true, 0, a.Verdict}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, apperr.New(apperr.NotFound, "There is nothing at %s %.200s; there are /state, /state/{path}, /sessions, /sessions/{session_name}, /clock and /verify.", r.Method, r.URL.Path))
	})
	return local(http.NewCrossOriginProtection().Handler(asInTheAPI(mux)))
}

// asInTheAPI also takes the paths as the API has them, whatever the mock's id.
func asInTheAPI(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api/v1/mocks/"); ok {
			if _, path, ok := strings.Cut(rest, "/"); ok {
				if u, err := url.ParseRequestURI("/" + path); err == nil {
					r.URL.Path, r.URL.RawPath = u.Path, u.RawPath
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// local refuses pages of the web that lead a browser here under a name of their own.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); ip == nil && !strings.EqualFold(host, "localhost") {
			refuse(w, apperr.New(apperr.Forbidden, "The control address answers to localhost and addresses, not to the name %.100q.", host))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func decode(r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("something follows the object")
	}
	return apperr.New(apperr.Invalid, "The body cannot be read: %s.", strings.TrimPrefix(err.Error(), "json: "))
}

// statusOf is the status of each kind of error, as the API has it.
func statusOf(code apperr.Code) int {
	switch code {
	case apperr.Invalid:
		return http.StatusUnprocessableEntity
	case apperr.Forbidden:
		return http.StatusForbidden
	case apperr.NotFound:
		return http.StatusNotFound
	case apperr.Conflict:
		return http.StatusConflict
	case apperr.TooLarge:
		return http.StatusRequestEntityTooLarge
	case apperr.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

func refuse(w http.ResponseWriter, err error) {
	code, field := apperr.CodeOf(err), ""
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		field = e.Field
	}
	status := statusOf(code)
	write(w, status, "application/problem+json", struct {
		Type   string      `json:"type"`
		Title  string      `json:"title"`
		Status int         `json:"status"`
		Code   apperr.Code `json:"code"`
		Detail string      `json:"detail"`
		Field  string      `json:"field,omitempty"`
	}{"about:blank", http.StatusText(status), status, code, err.Error(), field})
}

func write(w http.ResponseWriter, status int, kind string, v any) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller may be gone
}
