package event

import (
	"slices"
	"time"
)

// RecordingMode says how much of a mock's requests leaves the mock server.
type RecordingMode string

// The modes of recording, from nothing to everything. Requests are counted in each of them.
const (
	RecordOff      RecordingMode = "off"      // no request
	RecordMetadata RecordingMode = "metadata" // method, host, path without query, status, sizes, times
	RecordRedacted RecordingMode = "redacted" // everything, with what looks like a secret masked
	RecordFull     RecordingMode = "full"     // everything
)

// Recording is a mock's choice of what is recorded of its requests.
type Recording struct {
	Mode   RecordingMode `json:"mode"`             // off, metadata, redacted, full; an unknown one is taken for metadata
	Redact []string      `json:"redact,omitempty"` // names of headers and fields that are masked besides the usual ones
}

// Equal reports whether two choices are the same; nil is RecordRedacted.
func (r *Recording) Equal(other *Recording) bool {
	return r.ModeOrDefault() == other.ModeOrDefault() && slices.Equal(r.Names(), other.Names())
}

// ModeOrDefault is the mode, RecordRedacted of nil.
func (r *Recording) ModeOrDefault() RecordingMode {
	if r == nil || r.Mode == "" {
		return RecordRedacted
	}
	return r.Mode
}

// Names are the names that are masked besides the usual ones.
func (r *Recording) Names() []string {
	if r == nil {
		return nil
	}
	return r.Redact
}

// RequestsRecorded is a report of what a mock server answered. It is repeated until reports.stored names it; instance
// and sequence identify it.
type RequestsRecorded struct {
	Instance string          `json:"instance"` // unique while it lives
	Sequence uint64          `json:"sequence"` // of the instance's reports: 1, 2, 3 …
	Records  []RequestRecord `json:"records,omitempty"`
	Counts   []RequestCounts `json:"counts,omitempty"`
}

func (RequestsRecorded) EventType() Type     { return TypeRequestsRecorded }
func (RequestsRecorded) EventVersion() int   { return 1 }
func (RequestsRecorded) EventStream() Stream { return Status }

// RequestRecord is one request that a mock answered, as far as the mock's recording lets it leave.
type RequestRecord struct {
	ID          string        `json:"id"` // UUIDv7
	WorkspaceID string        `json:"workspace_id"`
	MockID      string        `json:"mock_id"`
	Time        time.Time     `json:"time"`     // when it came
	Duration    int64         `json:"duration"` // microseconds until it was answered
	Mode        RecordingMode `json:"mode"`     // what it was recorded with
	Method      string        `json:"method"`
	Host        string        `json:"host"`
	Path        string        `json:"path"` // as it came
	Query       string        `json:"query,omitempty"`
	Endpoint    string        `json:"endpoint,omitempty"` // that answered, as in "GET /pets/:id"; absent: none did
	Status      int           `json:"status"`
	Revision    int           `json:"revision,omitzero"` // of the mock, that answered
	Nearest     []Near        `json:"nearest,omitempty"` // of a request that no endpoint answered
	Request     RecordedPart  `json:"request"`
	Response    RecordedPart  `json:"response"`
}

// Near is an endpoint that came near to a request, and why it did not answer it.
type Near struct {
	Endpoint string `json:"endpoint"`
	Why      string `json:"why"`
}

// RecordedPart is one direction of a recorded request.
type RecordedPart struct {
	Head   string `json:"head,omitempty"` // "Name: value" lines, each ended by \r\n
	Body   string `json:"body,omitempty"` // as much as is kept
	Base64 bool   `json:"base64,omitzero"`
	Size   int    `json:"size"` // bytes of the whole body
}

// RequestCounts counts what one instance answered within one hour. The numbers are totals of the instance and the hour, so
// that a later report makes an earlier one superfluous.
type RequestCounts struct {
	WorkspaceID   string         `json:"workspace_id"`
	MockID        string         `json:"mock_id,omitempty"` // absent: all mocks of the workspace together
	Hour          time.Time      `json:"hour"`              // its beginning
	Informational uint64         `json:"informational,omitzero"`
	Success       uint64         `json:"success,omitzero"`
	Redirection   uint64         `json:"redirection,omitzero"`
	ClientError   uint64         `json:"client_error,omitzero"`
	ServerError   uint64         `json:"server_error,omitzero"`
	Other         uint64         `json:"other,omitzero"`    // statuses that are none of these
	NotKept       uint64         `json:"not_kept,omitzero"` // counted, but not recorded: too many, too large, or lost on the way
	Latency       []LatencyCount `json:"latency,omitempty"` // without WebSockets
	Last          time.Time      `json:"last,omitzero"`     // about when the last of them came, to a second
}

// LatencyCount counts the requests that took longer than the bucket before this one, and no longer than UpTo.
type LatencyCount struct {
	UpTo     uint64 `json:"up_to"` // microseconds
	Requests uint64 `json:"requests"`
}

// WebhooksDelivered is a report of how webhooks fared. It shares its sequence with requests.recorded and, like that, is
// repeated until it is stored.
type WebhooksDelivered struct {
	Instance   string            `json:"instance"`
	Sequence   uint64            `json:"sequence"`
	Deliveries []WebhookDelivery `json:"deliveries"`
}

func (WebhooksDelivered) EventType() Type     { return TypeWebhooksDelivered }
func (WebhooksDelivered) EventVersion() int   { return 1 }
func (WebhooksDelivered) EventStream() Stream { return Status }

// WebhookDelivery is how far one webhook is.
type WebhookDelivery struct {
	ID       string    `json:"id"`
	MockID   string    `json:"mock_id"`
	Version  int       `json:"version"`  // grows with every change of this delivery
	Endpoint string    `json:"endpoint"` // that it follows, as in "POST /orders"
	Method   string    `json:"method"`
	URL      string    `json:"url"`   // without user and password; what looks like a secret is masked
	State    string    `json:"state"` // waiting, sending, delivered, failed, dropped
	Queued   time.Time `json:"queued"`
	Next     time.Time `json:"next,omitzero"` // when it will be tried; only while it waits
	Attempts int       `json:"attempts"`
	Status   int       `json:"status,omitzero"`  // of the last answer
	Reason   string    `json:"reason,omitempty"` // why the last try failed, or why it was dropped
	Duration int64     `json:"duration"`         // microseconds of the last try
}

// ReportsStored names reports of an instance that are stored for good, so that they are not repeated any more.
type ReportsStored struct {
	Instance  string   `json:"instance"`
	Sequences []uint64 `json:"sequences"`
}

func (ReportsStored) EventType() Type     { return TypeReportsStored }
func (ReportsStored) EventVersion() int   { return 1 }
func (ReportsStored) EventStream() Stream { return Status }
