// Package control is what testers may ask of what a mock remembers: to read it, to set it, to begin anew, and to move its time. The api
// and the control address of `mocloud run` ask, mock servers answer; all of them import it. Names in JSON are those of the API.
package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/question"
)

// Act is what is asked for.
type Act string

// The acts.
const (
	Read      Act = "read"       // what a session remembers; with a Path, that value alone
	Set       Act = "set"        // what is at a path
	Reset     Act = "reset"      // back to the initial values; with a Path, which is a name, that one alone
	Sessions  Act = "sessions"   // which there are
	SetClock  Act = "set_clock"  // of a named session
	FreeClock Act = "free_clock" // the session follows the mock's time again
	Verify    Act = "verify"     // hold requests against expectations
)

// Question is one thing that is asked.
type Question struct {
	MockID  string          `json:"mock_id"` // "" for the only mock of `mocloud run`
	Act     Act             `json:"act"`
	Session string          `json:"session,omitempty"` // "" for the common one
	Path    string          `json:"path,omitempty"`    // dotted, as in `set`
	Value   json.RawMessage `json:"value,omitempty"`
	Clock   ClockChange     `json:"clock,omitzero"`
	// Of Verify: what is expected of which requests, oldest first. Without requests they are those that this server remembers.
	Expect   []Expectation `json:"expect,omitempty"`
	InOrder  bool          `json:"in_order,omitzero"`
	Since    time.Time     `json:"since,omitzero"`
	Requests []Request     `json:"requests,omitempty"`
}

// ClockChange says what becomes of a session's time. What is not given stays.
type ClockChange struct {
	At      time.Time     `json:"at,omitzero"`
	Stopped *bool         `json:"stopped,omitempty"`
	Advance time.Duration `json:"advance,omitzero"`
}

// Answer is what became of a question. Either Problem or what was asked for is set.
type Answer struct {
	Problem  *Problem  `json:"problem,omitempty"`
	State    *State    `json:"state,omitempty"`
	Value    *Value    `json:"value,omitempty"`
	Sessions []Session `json:"sessions,omitempty"`
	Clock    *Clock    `json:"clock,omitempty"`
	Verdict  *Verdict  `json:"verdict,omitempty"`
}

// Problem is an error that a user may see.
type Problem struct {
	Code    apperr.Code `json:"code"`
	Message string      `json:"message"`
	Field   string      `json:"field,omitempty"`
}

// State is what a session remembers.
type State struct {
	Session   string     `json:"session_name,omitempty"` // absent: the common one
	Values    []Value    `json:"values"`                 // in the order of the mock's file
	Counters  []Counter  `json:"counters"`               // of entries with `times` that were given
	Clock     Clock      `json:"clock"`
	Bytes     int64      `json:"bytes"`
	UsedAt    *time.Time `json:"used_at,omitempty"` // absent: the session was never used
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// Value is a value of the state.
type Value struct {
	Name    string          `json:"name"` // of the state, or the dotted path that was asked for
	Value   json.RawMessage `json:"value"`
	Initial bool            `json:"initial"`         // nobody has changed it
	Paths   []string        `json:"paths,omitempty"` // of the resources whose items it keeps
}

// Counter says how often an entry of `responses` was given for a path.
type Counter struct {
	Endpoint string `json:"endpoint"` // as in "GET /jobs/:id"
	Entry    int    `json:"entry"`    // from 1
	Path     string `json:"path"`     // as it was asked
	Count    int    `json:"count"`
	Times    int    `json:"times"` // how often it is given
}

// Session is a session that has been used.
type Session struct {
	Name      string    `json:"name"` // "" for the common one
	Bytes     int64     `json:"bytes"`
	UsedAt    time.Time `json:"used_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Clock is what a session takes for the time.
type Clock struct {
	Now     time.Time `json:"now"`
	Stopped bool      `json:"stopped"`
	Own     bool      `json:"own"` // of this session; else it is the mock's
}

// Failed is the answer that says what is wrong.
func Failed(err error) Answer {
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		return Answer{Problem: &Problem{e.Code, e.Message, e.Field}}
	}
	return Answer{Problem: &Problem{Code: apperr.Internal, Message: "The mock server could not do that."}}
}

// Err is what is wrong, or nil.
func (a *Answer) Err() error {
	if a.Problem == nil {
		return nil
	}
	return apperr.New(a.Problem.Code, "%s", a.Problem.Message).WithField(a.Problem.Field)
}

// Place is where the installation whose keys begin with prefix asks.
func Place(client *redis.Client, prefix string) question.Place[Question, Answer] {
	return question.Place[Question, Answer]{Redis: client, List: prefix + "ask:control"}
}

// mostAdvance bounds by how much a clock is advanced or set back.
const mostAdvance = 100 * 365 * 24 * time.Hour

// ParseAdvance reads by how much a clock is to be advanced: a duration such as 2h30m, also with days, as in 3d or -1d12h.
func ParseAdvance(text string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is not a duration: write it like 90s, 2h30m or 3d", text)
	days, rest, ok := strings.Cut(text, "d")
	if !ok {
		days, rest = "0", text
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < -36_500 || n > 36_500 || text == "" {
		return 0, wrong
	}
	d := time.Duration(0)
	if rest != "" {
		if d, err = time.ParseDuration(rest); err != nil {
			return 0, wrong
		}
	}
	if n < 0 {
		d = -d
	}
	if d < -mostAdvance || d > mostAdvance {
		return 0, wrong
	}
	return time.Duration(n)*24*time.Hour + d, nil
}
