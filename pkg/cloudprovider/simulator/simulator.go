// Package simulator plays the parts of Cloudflare's and DigitalOcean's APIs that mocloud uses, over HTTP, with state: for tests, and
// for trying mocloud without an account there (`mocloud providers`). It fails on demand.
package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is what becomes of a call instead of an answer.
type Fault struct {
	Status int         // of the answer; -1 cuts the connection
	Header http.Header // of the answer
	// Acts says that the call is done all the same, as by a provider that times out after acting.
	Acts bool
}

// maxBody bounds what is read of a call, and maxCalls what is remembered of calls.
const (
	maxBody  = 1 << 20
	maxCalls = 10_000
)

// faults decides which calls fail.
type faults struct {
	mu      sync.Mutex
	decide  func(method, path string) (Fault, bool)
	ordered []*Order
	calls   []string
}

// Order is a fault for calls to come, as the control API takes it.
type Order struct {
	Method     string `json:"method"`      // "" means any
	Path       string `json:"path"`        // that the path contains; "" means any
	Status     int    `json:"status"`      // -1 cuts the connection
	Acts       bool   `json:"acts"`        // the call is done all the same
	RetryAfter int    `json:"retry_after"` // seconds, of the answer
	Times      int    `json:"times"`       // how many calls
}

// Fail lets calls fail: decide returns false for those that shall not. nil ends it.
func (f *faults) Fail(decide func(method, path string) (Fault, bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.decide = decide
}

// Calls returns "METHOD path" of the calls so far.
func (f *faults) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *faults) next(method, path string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) < maxCalls {
		f.calls = append(f.calls, method+" "+path)
	}
	if f.decide != nil {
		return f.decide(method, path)
	}
	for _, o := range f.ordered {
		if o.Times > 0 && (o.Method == "" || o.Method == method) && strings.Contains(path, o.Path) {
			o.Times--
			fault := Fault{Status: o.Status, Acts: o.Acts, Header: http.Header{}}
			if o.RetryAfter > 0 {
				fault.Header.Set("Retry-After", strconv.Itoa(o.RetryAfter))
			}
			return fault, true
		}
	}
	return Fault{}, false
}

// serve answers a call, or fails it. refuse writes the provider's error.
func (f *faults) serve(w http.ResponseWriter, r *http.Request, path string, act http.HandlerFunc, refuse func(w http.ResponseWriter, status int, message string)) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	fault, failing := f.next(r.Method, path)
	if !failing {
		act(w, r)
		return
	}
	if fault.Acts {
		act(httptest.NewRecorder(), r)
	}
	if fault.Status < 0 {
		panic(http.ErrAbortHandler) //nolint:forbidigo // the way to cut a connection
	}
	maps.Copy(w.Header(), fault.Header)
	refuse(w, fault.Status, "a failure that was asked for")
}

// control answers the control API: GET shows the state, POST /_simulator/faults orders a fault.
func (f *faults) control(w http.ResponseWriter, r *http.Request, state any) {
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/_simulator":
		writeJSON(w, http.StatusOK, state)
	case r.Method == http.MethodPost && r.URL.Path == "/_simulator/faults":
		var o Order
		raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err == nil {
			err = json.Unmarshal(raw, &o)
		}
		if err != nil || (o.Status != -1 && (o.Status < 400 || o.Status > 599)) {
			writeJSON(w, http.StatusBadRequest, map[string]string{"message": `the body must be like {"method": "PUT", "status": 503, "times": 2}; a status of -1 cuts the connection`})
			return
		}
		o.Times = max(1, o.Times)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.ordered = append(f.ordered, &o); len(f.ordered) > 100 {
			f.ordered = f.ordered[1:]
		}
		writeJSON(w, http.StatusOK, o)
	default:
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "GET /_simulator shows the state, POST /_simulator/faults orders a fault"})
	}
}

func isControl(path string) bool {
	return path == "/_simulator" || strings.HasPrefix(path, "/_simulator/")
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// page is the part of n items that a query asks for.
func page(r *http.Request, n, size, most int) (from, to, number, per int) {
	read := func(key string, other int) int {
		if v, err := strconv.Atoi(r.URL.Query().Get(key)); err == nil && v > 0 {
			return v
		}
		return other
	}
	number, per = read("page", 1), min(read("per_page", size), most)
	from = min((number-1)*per, n)
	return from, min(from+per, n), number, per
}

// stamp is a time as both APIs write it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// id makes the n-th id of a kind, of 32 hex digits.
func id(n int) string { return fmt.Sprintf("%032x", n) }

// uuid makes the n-th id of a kind in DigitalOcean's form.
func uuid(n int) string { return fmt.Sprintf("4f6c71e2-1e90-4762-9fee-%012x", n) }
