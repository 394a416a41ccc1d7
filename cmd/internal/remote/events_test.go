package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/mocloud/mocloud/pkg/secret"
)

func stream(url string) func(context.Context, string) (*http.Response, error) {
	return func(ctx context.Context, lastID string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/events", nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Last-Event-ID", lastID)
		return (&doer{token: secret.New("a-token"), server: url}).Do(r)
	}
}

// A connection that ends is opened again from the last event that was seen; comments are no events.
func TestFollowGoesOn(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Last-Event-ID") == "" {
			_, _ = fmt.Fprint(w, "retry: 1\n\n: comment\n\nid: 7\nevent: a\ndata: one\ndata: more\n\nid: 8\n\n")
			return
		}
		_, _ = fmt.Fprintf(w, "event:b\ndata:after %s\n\n", r.Header.Get("Last-Event-ID"))
	}))
	defer server.Close()
	enough := errors.New("enough")
	var got []string
	err := Follow(t.Context(), stream(server.URL), func(event, data string) error {
		if got = append(got, event+"="+data); len(got) == 2 {
			return enough
		}
		return nil
	})
	if want := []string{"a=one\nmore", "b=after 8"}; !errors.Is(err, enough) || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFollowSaysWhyItCannot(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprint(w, `{"status":404,"detail":"There is no such mock."}`)
	}))
	none := func(string, string) error { return nil }
	if err := Follow(t.Context(), stream(server.URL), none); err == nil || err.Error() != "There is no such mock." {
		t.Error(err)
	}
	server.Close()
	if err := Follow(t.Context(), stream(server.URL), none); err == nil {
		t.Error("a server that is not there is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Follow(ctx, stream(server.URL), none); err != nil {
		t.Error(err)
	}
}
