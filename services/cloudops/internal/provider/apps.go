package provider

import (
	"context"
	"time"
)

// Apps is an app at a platform that terminates TLS for the domains that it is told. It is safe for concurrent use; every method
// honours its context's deadline.
type Apps interface {
	// Domains returns all domains of the app, whoever made them. It returns all or an error.
	Domains(ctx context.Context) (AppState, error)
	// Apply adds and removes domains in one step and leaves all others as they are, whatever else happens to the app meanwhile.
	// What is there already, or gone already, is no error.
	Apply(ctx context.Context, add, remove []string) error
}

// AppState is an app's domains.
type AppState struct {
	Domains []AppDomain
	Busy    bool // a deployment is under way; a change would cut it short
}

// AppDomain is a domain of an app.
type AppDomain struct {
	Host                 string // in lower case, without a trailing dot
	Fixed                bool   // it is the app's own name, or its primary one: not to be changed
	Phase                Phase
	Reason               string // in the provider's words; "" if it gives none
	CertificateExpiresAt time.Time
}

// Phase is how far the platform is with a domain.
type Phase string

// The phases.
const (
	Waiting Phase = "waiting" // for DNS or the certificate
	Working Phase = "working"
	Broken  Phase = "broken"
)
