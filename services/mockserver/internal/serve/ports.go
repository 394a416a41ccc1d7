package serve

import (
	"context"
	"net/http"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/external"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// External loads the bodies that mocks keep elsewhere. package external implements it.
type External interface {
	Load(ctx context.Context, req external.Request) (external.Content, error)
}

// CompileHook prepares the webhook of an endpoint, which is named as in "POST /orders", when its mock is compiled. An
// error is reported to the callers of the endpoint. package webhook implements it.
type CompileHook func(s *site.Site, endpoint string, w *mockspec.Webhook) (Hook, error)

// Hook is one endpoint's webhook.
type Hook interface {
	// Fire is called when the answer was written. It renders what it sends and puts it into a queue before it returns,
	// and keeps nothing of the scope. It never waits.
	Fire(sc *scope.Scope)
}

// CompileSocket prepares a WebSocket when its mock is compiled. An error is reported to those who want to connect. package
// websocket implements it.
type CompileSocket func(s *site.Site, w *mockspec.WebSocket) (Socket, error)

// Socket is one WebSocket endpoint.
type Socket interface {
	// Serve upgrades the connection and serves it until one side ends it. The scope is this connection's own. When done
	// is closed, the mock was replaced: the connection is closed with 1012, service restart.
	Serve(w http.ResponseWriter, r *http.Request, sc *scope.Scope, done <-chan struct{})
}

// Describe makes the description of a mock, which it reads when somebody asks.
type Describe func(s *site.Site, read func() *mockspec.Mock) Docs

// Docs describes one mock to its callers. package apidoc implements it. Host is the host for which endpoints are shown,
// "" for all of them; base is where the mock answers.
type Docs interface {
	ServeJSON(w http.ResponseWriter, r *http.Request, host, base string)
	ServeHello(w http.ResponseWriter, r *http.Request, base string)
}
