package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// The main job, with a fake generator and fake mock servers.
func TestAMocksLife(t *testing.T) {
	t.Parallel()
	b := start(t)
	g := b.generator()

	a := b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "pets", "content": good}))
	m := as[mockBody](t, a)
	if m.Slug != "pets" || m.WorkspaceSlug != "dev" || m.URL != "http://pets-dev.localhost:8000" || m.Revision != 1 || m.State != "offline" || m.Content != good {
		t.Errorf("created %+v", m)
	}
	path := "/api/v1/mocks/" + m.ID
	if !strings.HasPrefix(a.header.Get("ETag"), `"1.1.`) || a.header.Get("Location") != path {
		t.Errorf("headers %v", a.header)
	}
	if p := b.wait(m.ID, "wait=0s"); p.State != "offline" || !p.Settled {
		t.Errorf("a mock that was never published: %+v", p)
	}

	b.applied("one", stream.Position{Epoch: "before"}, false)
	for range 2 { // publishing again changes nothing
		p := as[publicationBody](t, b.want(http.StatusOK, "POST", path+"/publish", ""))
		if p.State != "publishing" || p.Change != 1 || p.PublishedRevision != 1 || p.Settled {
			t.Errorf("published: %+v", p)
		}
	}
	position, changes := g.reach(t, 1)
	u, err := event.Decode[event.MockUpdated](changes[0])
	if err != nil || u.Content != good || !u.Enabled || u.Hosts[0] != "pets-dev.localhost" || u.MockSlug != "pets" || u.WorkspaceSlug != "dev" || u.Revision != 1 {
		t.Errorf("the generator got %+v, %v", u, err)
	}
	b.applied("one", position, false)
	b.applied("two", stream.Position{Epoch: position.Epoch}, false)
	var p publicationBody
	until(t, "the servers do not count", func() bool {
		p = b.wait(m.ID, "wait=0s")
		return p.Servers.Live == 2 && p.Servers.Applied == 1
	})
	if p.State != "publishing" || p.Reason != "1 of 2 mock servers have it." {
		t.Errorf("with one of two servers: %+v", p)
	}
	waiting := make(chan publicationBody, 1)
	go func() { waiting <- b.wait(m.ID, "revision=1&wait=1m") }()
	b.applied("two", position, false)
	if p := <-waiting; p.State != "published" || !p.Settled || p.Servers.Applied != 2 {
		t.Errorf("with both: %+v", p)
	}

	// An edit of what is published is live without another publish.
	edited := strings.Replace(good, "/hello", "/bye", 1)
	a = b.want(http.StatusOK, "PUT", path, encode(map[string]string{"content": edited}), `If-Match: "1"`)
	if e := as[mockBody](t, a); e.Revision != 2 || e.PublishedRevision != 2 || e.State != "publishing" || !strings.HasPrefix(a.header.Get("ETag"), `"2.1.`) {
		t.Errorf("edited %+v", e)
	}
	b.want(http.StatusPreconditionFailed, "PUT", path, encode(map[string]string{"content": good}), `If-Match: "1"`)
	position, _ = g.reach(t, 2)
	b.applied("one", position, false)
	b.applied("two", stream.Position{}, true) // it leaves: nobody waits for it
	if p := b.wait(m.ID, "revision=2&wait=1m"); p.State != "published" || p.Servers.Live != 1 {
		t.Errorf("after the edit: %+v", p)
	}

	// An edit with errors is kept; the last good revision stays.
	a = b.want(http.StatusOK, "PUT", path, encode(map[string]string{"content": bad}))
	if e := as[mockBody](t, a); e.Revision != 3 || e.PublishedRevision != 2 || e.State != "offline_invalid" || len(e.Diagnostics) == 0 || !strings.Contains(e.Reason, "Revision 2 stays published") {
		t.Errorf("edited with errors: %+v", e)
	}
	refused := as[struct {
		Code, Field string
		Diagnostics []struct{ Severity string }
	}](t, b.want(http.StatusUnprocessableEntity, "POST", path+"/publish", ""))
	if refused.Code != "invalid" || refused.Field != "content" || len(refused.Diagnostics) == 0 {
		t.Errorf("publishing errors: %+v", refused)
	}
	if p := b.wait(m.ID, "revision=3&wait=1m"); p.State != "offline_invalid" || !p.Settled {
		t.Errorf("waiting for what is invalid: %+v", p)
	}
	if p := b.wait(m.ID, "revision=4&wait=50ms"); p.Revision != 3 {
		t.Errorf("waiting for a revision that does not come: %+v", p)
	}

	for range 2 {
		b.want(http.StatusOK, "POST", path+"/unpublish", "")
	}
	position, changes = g.reach(t, 3)
	if u, err := event.Decode[event.MockUpdated](changes[len(changes)-1]); err != nil || u.Enabled || u.Content != "" {
		t.Errorf("unpublished: %+v, %v", u, err)
	}
	if p := b.wait(m.ID, "wait=50ms"); p.State != "offline" || p.Settled {
		t.Errorf("on its way offline: %+v", p)
	}
	b.applied("one", position, false)
	if p := b.wait(m.ID, "wait=1m"); p.State != "offline_invalid" || !p.Settled {
		t.Errorf("offline: %+v", p)
	}

	b.want(http.StatusNoContent, "DELETE", path, "")
	b.want(http.StatusNotFound, "GET", path, "")
	if _, changes := g.reach(t, 4); changes[len(changes)-1].Type != event.TypeMockDeleted {
		t.Errorf("deleted: %+v", changes[len(changes)-1])
	}
	b.create("pets", good) // the slug is free again
}

func TestListIsPaged(t *testing.T) {
	t.Parallel()
	b := start(t)
	for _, slug := range []string{"c", "a", "b"} {
		b.create(slug, good)
	}
	type page struct {
		Items      []mockBody
		NextCursor string `json:"next_cursor"`
	}
	var slugs []string
	for path := "/api/v1/mocks?limit=2"; ; {
		p := as[page](t, b.want(http.StatusOK, "GET", path, ""))
		for _, m := range p.Items {
			slugs = append(slugs, m.Slug)
		}
		if p.NextCursor == "" {
			break
		}
		path = "/api/v1/mocks?limit=2&cursor=" + p.NextCursor
	}
	if fmt.Sprint(slugs) != "[a b c]" {
		t.Errorf("listed %v", slugs)
	}
	workspaces := as[struct{ Items []struct{ Slug, Role string } }](t, b.want(http.StatusOK, "GET", "/api/v1/workspaces", ""))
	if len(workspaces.Items) != 1 || workspaces.Items[0].Slug != "dev" || workspaces.Items[0].Role != "owner" {
		t.Errorf("workspaces %+v", workspaces)
	}
}

// rejections is a fake generator's log that rejects one change.
type rejections struct{ change event.Envelope }

func (r rejections) Head(context.Context) (stream.Position, error) {
	return stream.Position{Epoch: r.change.Epoch, Number: r.change.Number}, nil
}

func (r rejections) After(_ context.Context, number uint64, _ int) (stream.Batch, error) {
	b := stream.Batch{Epoch: r.change.Epoch, From: number, To: r.change.Number}
	if number < r.change.Number {
		b.Changes = []event.Envelope{r.change}
	}
	return b, nil
}

func TestARejectionIsShown(t *testing.T) {
	t.Parallel()
	b := start(t)
	g := b.generator()
	m := b.create("pets", good)
	b.want(http.StatusOK, "POST", "/api/v1/mocks/"+m.ID+"/publish", "")
	position, _ := g.reach(t, 1)
	rejected, err := event.New(event.SingleRejected{MockID: m.ID, Revision: 1, Diagnostics: []event.Diagnostic{
		{Line: 2, Severity: "error", Code: "HOSTILE", Message: "The template never ends."},
	}})
	if err != nil {
		t.Fatal(err)
	}
	rejected.Epoch, rejected.Number = position.Epoch, position.Number
	b.background(func(ctx context.Context) error {
		p, err := stream.NewProducer(stream.ProducerConfig{Stream: event.Unified, Prefix: prefix}, b.redis, rejections{rejected})
		if err != nil {
			return err
		}
		return p.Run(ctx)
	})
	p := b.wait(m.ID, "revision=1&wait=1m")
	if p.State != "offline_invalid" || !strings.Contains(p.Reason, "The template never ends.") || len(p.Diagnostics) != 1 {
		t.Errorf("rejected: %+v", p)
	}
	b.stop()
	b.run() // it is remembered
	if p := b.wait(m.ID, "wait=0s"); p.State != "offline_invalid" {
		t.Errorf("after a restart: %+v", p)
	}
}

// dropped is an announcer of a process that dies between its commit and its publication.
type dropped struct{}

func (dropped) Announce(mock.Notice) {}

func TestAKillBetweenCommitAndPublishLosesNothing(t *testing.T) {
	t.Parallel()
	b := start(t)
	g := b.generator()
	m := b.create("pets", good)
	a := b.account("dev") // with another token
	killed := mock.NewService(b.store().Mocks, mock.Config{Addresses: mock.Addresses{BaseDomain: "localhost"}}, dropped{}, time.Now)
	if _, err := killed.Publish(t.Context(), workspace.Caller{AccountID: a.ID}, m.ID); err != nil {
		t.Fatal(err)
	}
	if _, changes := g.reach(t, 1); len(changes) != 1 || changes[0].Type != event.TypeMockUpdated {
		t.Errorf("the generator got %+v", changes)
	}
}

func TestEditsAreAcceptedWithoutRedis(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) { c.Seed = true })
	if err := b.redis.Close(); err != nil {
		t.Fatal(err)
	}
	m := b.create("pets", good)
	p := as[publicationBody](t, b.want(http.StatusOK, "POST", "/api/v1/mocks/"+m.ID+"/publish", ""))
	if p.State != "publishing" || !strings.Contains(p.Reason, "No mock server") {
		t.Errorf("published: %+v", p)
	}
}

// With Postgres gone the API says so and asks to retry; when Postgres is back, so is the API.
func TestPostgresGone(t *testing.T) {
	t.Parallel()
	postgres := testkit.PostgresServer(t)
	b := start(t, func(c *api.Config) { c.DatabaseURL = secret.New(postgres.URL()) })
	m := b.create("pets", good)
	postgres.Kill()
	a := b.want(http.StatusServiceUnavailable, "GET", "/api/v1/mocks", "")
	if a.header.Get("Retry-After") == "" || as[struct{ Code string }](t, a).Code != "unavailable" {
		t.Errorf("%v %s", a.header, a.body)
	}
	b.want(http.StatusServiceUnavailable, "POST", "/api/v1/mocks/"+m.ID+"/publish", "")
	postgres.Start()
	until(t, "the API does not find back to its database", func() bool { // connections of before may fail once more each
		return b.do("POST", "/api/v1/mocks/"+m.ID+"/publish", "").status == http.StatusOK
	})
}

func TestASecondStartFindsItsData(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *api.Config) { c.Seed = true })
	g := b.generator()
	_, changes := g.reach(t, 1)
	if u, err := event.Decode[event.MockUpdated](changes[0]); err != nil || u.Hosts[0] != "hello-dev.localhost" || !strings.Contains(u.Content, "/hello/:username") {
		t.Fatalf("the first mock: %+v, %v", u, err)
	}
	b.stop()
	b.run()
	list := as[struct{ Items []mockBody }](t, b.want(http.StatusOK, "GET", "/api/v1/mocks", ""))
	if len(list.Items) != 1 || list.Items[0].Slug != "hello" || list.Items[0].PublishedRevision != 1 {
		t.Fatalf("after a restart: %+v", list)
	}
	b.want(http.StatusNoContent, "DELETE", "/api/v1/mocks/"+list.Items[0].ID, "")
	b.stop()
	b.run() // what was deleted stays deleted
	if list := as[struct{ Items []mockBody }](t, b.want(http.StatusOK, "GET", "/api/v1/mocks", "")); len(list.Items) != 0 {
		t.Errorf("after deleting it: %+v", list)
	}
}

// A database that was put back to an earlier state would give numbers again that the generator has seen.
func TestARestoredDatabaseBeginsANewEpoch(t *testing.T) {
	t.Parallel()
	b := start(t)
	g := b.generator()
	m := b.create("pets", good)
	b.want(http.StatusOK, "POST", "/api/v1/mocks/"+m.ID+"/publish", "")
	before, _ := g.reach(t, 1)
	b.repeat(event.Applied{Service: "yamlgen", Instance: "ahead", Of: event.Mocks, Epoch: before.Epoch, Number: 1000})
	timeout := time.After(soon)
	for {
		after, changes := g.reach(t, 1)
		if after.Epoch != before.Epoch {
			if len(changes) != 1 {
				t.Errorf("replayed %d changes", len(changes))
			}
			return
		}
		select {
		case <-g.grown:
		case <-timeout:
			t.Fatal("the epoch stays the same")
		}
	}
}

func TestStartErrorsAreSentences(t *testing.T) {
	t.Parallel()
	path := database(t)
	if err := os.WriteFile(path, bytes.Repeat([]byte("garbage "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	objects, err := dirstore.Open(t.TempDir(), dirstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = objects.Close() }()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer func() { _ = client.Close() }()
	service, err := api.New(config(path), api.Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Health: &lifecycle.Health{}, Redis: client,
		Objects: objects, Listener: listener,
	})
	if err != nil {
		t.Fatal(err)
	}
	err = service.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "is damaged or not a mocloud database") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Run: %v", err)
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is still open: %v", err)
	}

	cfg := config(path)
	cfg.MockURL, cfg.Account, cfg.MaxContent = "nowhere", "not-possible", 0
	if _, err := api.New(cfg, api.Deps{}); err == nil || strings.Count(err.Error(), "\n") < 3 {
		t.Errorf("New: %v", err)
	}
}
