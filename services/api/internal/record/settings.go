package record

import (
	"context"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Settings are what a mock's owner wants of recording.
type Settings struct {
	Version int // grows with every change, from 1
	Mode    event.RecordingMode
	Redact  []string // names of headers and fields that are masked besides the usual ones
	// KeepRequests and KeepHours bound what is kept: the newest so many, and none that is older.
	KeepRequests int
	KeepHours    int
}

// Bounds of Settings.
const (
	MaxKeepRequests = 10_000
	MaxKeepHours    = 90 * 24
	maxRedact       = 50
	maxRedactName   = 100
)

// Usual are the settings of a mock whose owner said nothing.
func Usual() Settings {
	return Settings{Version: 1, Mode: event.RecordRedacted, Redact: []string{}, KeepRequests: 1000, KeepHours: 7 * 24}
}

// Recording is what mock servers have to know of the settings, nil if it is the usual.
func (s Settings) Recording() *event.Recording {
	if s.Mode == event.RecordRedacted && len(s.Redact) == 0 {
		return nil
	}
	return &event.Recording{Mode: s.Mode, Redact: s.Redact}
}

// Edit says which settings to change; nil ones stay.
type Edit struct {
	Mode         *event.RecordingMode
	Redact       *[]string
	KeepRequests *int
	KeepHours    *int
}

// apply makes the edited settings, or an error that a user may see.
func (e Edit) apply(s Settings) (Settings, error) {
	set(&s.Mode, e.Mode)
	set(&s.KeepRequests, e.KeepRequests)
	set(&s.KeepHours, e.KeepHours)
	if e.Redact != nil {
		names := []string{}
		for _, name := range *e.Redact {
			if name = strings.TrimSpace(name); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
			if len(name) > maxRedactName {
				return s, apperr.New(apperr.Invalid, "The name %.20s… in redact has more than %d characters.", name, maxRedactName).WithField("redact")
			}
		}
		s.Redact = names
	}
	switch {
	case !slices.Contains([]event.RecordingMode{event.RecordOff, event.RecordMetadata, event.RecordRedacted, event.RecordFull}, s.Mode):
		return s, apperr.New(apperr.Invalid, "There is no recording mode %q; use off, metadata, redacted or full.", s.Mode).WithField("recording")
	case len(s.Redact) > maxRedact:
		return s, apperr.New(apperr.Invalid, "There are %d names in redact; the limit is %d.", len(s.Redact), maxRedact).WithField("redact")
	case s.KeepRequests < 0 || s.KeepRequests > MaxKeepRequests:
		return s, apperr.New(apperr.Invalid, "At most %d requests of a mock can be kept.", MaxKeepRequests).WithField("keep_requests")
	case s.KeepHours < 1 || s.KeepHours > MaxKeepHours:
		return s, apperr.New(apperr.Invalid, "Requests can be kept for 1 to %d hours.", MaxKeepHours).WithField("keep_hours")
	}
	return s, nil
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// Settings returns what a mock's owner chose, or the usual.
func (s *Service) Settings(ctx context.Context, who workspace.Caller, mockID string) (Settings, error) {
	return s.repo.Settings(ctx, who, mockID)
}

// Configure changes a mock's settings; mock servers follow within moments, and what they recorded before is kept as the
// new settings say. expected is the version that the editor saw; apperr.Precondition if it is not the current one; 0
// means any.
func (s *Service) Configure(ctx context.Context, who workspace.Caller, mockID string, e Edit, expected int) (Settings, error) {
	settings, m, changes, err := s.repo.UpdateSettings(ctx, who, mockID, func(m mock.Mock, now Settings) (Settings, error) {
		if err := m.Role.RequireEdit(m.WorkspaceSlug); err != nil {
			return now, err
		}
		if expected != 0 && expected != now.Version {
			return now, apperr.New(apperr.Precondition, "The settings have changed since you read them: their version is %d, not %d. Read them again and repeat your change.", now.Version, expected)
		}
		next, err := e.apply(now)
		next.Version++
		return next, err
	})
	if err == nil && len(changes) > 0 {
		s.announcer.Announce(mock.Notice{Action: mock.Updated, Mock: m, From: m.WorkspaceID, Changes: changes, By: who.Actor})
	}
	return settings, err
}
