package mockserver

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/unified"
)

func TestConfig(t *testing.T) {
	cfg, err := config.Load[Config](nil)
	if err != nil {
		t.Fatalf("the defaults are refused: %v", err)
	}
	cfg.MaxBody, cfg.RecordBody, cfg.ReadTimeout, cfg.MaxHeaderBytes, cfg.EgressURL, cfg.File = 0, -1, 0, 0, "http://proxy", &FileConfig{}
	err = cfg.Validate()
	problems, ok := err.(interface{ Unwrap() []error })
	if !ok || len(problems.Unwrap()) != 6 {
		t.Errorf("not all problems at once: %v", err)
	}
	if _, err := New(cfg, Deps{}); err == nil {
		t.Error("New takes what Validate refuses")
	}
}

// publish writes a unified mock of one mock.
func publish(t *testing.T, store objstore.Store) {
	t.Helper()
	mock, problems := mockspec.Parse([]byte("- endpoint: {path: /x, response: {body: ok}}"), mockspec.Options{})
	if mockspec.HasErrors(problems) {
		t.Fatal(problems)
	}
	lines := mockspec.EncodeLines(mock)
	var file bytes.Buffer
	_, _, err := unified.Merge(&file, nil, unified.Header{Epoch: "e", Change: 1, Mocks: 1, Endpoints: 1}, []unified.Change{{
		Mock:  unified.Mock{ID: "m", WorkspaceID: "w", WorkspaceSlug: "w", Slug: "m", Change: 1, Revision: 1, Digest: unified.Digest(lines), Hosts: []string{"m.example"}},
		Items: lines,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), unified.Key, &file, int64(file.Len()), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

// TestRunPublished runs the service of a cloud: it answers with what is published, and says how often it was asked.
func TestRunPublished(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, store)
	cfg, err := config.Load[Config](nil)
	if err != nil {
		t.Fatal(err)
	}
	health := &lifecycle.Health{}
	s, err := New(cfg, Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Health: health, Redis: client, Objects: store, Listener: listener,
	})
	if err != nil {
		t.Fatal(err)
	}
	listen := client.Subscribe(t.Context(), cfg.Prefix+string(event.TypeRequestsRecorded))
	defer listen.Close()
	if _, err := listen.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "m.example"
	caller := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for status := http.StatusServiceUnavailable; status != http.StatusOK; { // it is starting
		answer, err := caller.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if status = answer.StatusCode; status != http.StatusServiceUnavailable && status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}

	receiving, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var got event.RequestsRecorded
	for len(got.Records) == 0 { // counts may come before
		message, err := listen.ReceiveMessage(receiving)
		if err != nil {
			t.Fatalf("no report: %v", err)
		}
		var envelope event.Envelope
		if err := json.Unmarshal([]byte(message.Payload), &envelope); err != nil {
			t.Fatal(err)
		}
		if got, err = event.Decode[event.RequestsRecorded](envelope); err != nil {
			t.Fatal(err)
		}
	}
	if len(got.Records) != 1 || got.Records[0].WorkspaceID != "w" || got.Records[0].MockID != "m" || got.Records[0].Status != 200 {
		t.Errorf("%+v", got)
	}
	look := time.NewTicker(10 * time.Millisecond) // it listens for the api first
	defer look.Stop()
	for broken := health.Broken(); len(broken) > 0; broken = health.Broken() {
		select {
		case <-look.C:
		case <-receiving.Done():
			t.Fatalf("not ready: %v", broken)
		}
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("stop: %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it does not stop")
	}
}
