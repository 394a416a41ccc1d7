//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// verify asks both sides what they will be asked, the mock server for every endpoint of every host, so that none is compiled
// while it is measured: every answer must be the right one, and both sides must give the same, header by header.
func (b *httpBench) verify(ctx context.Context, base, mock *side) error {
	for host := range max(1, base.ask.hosts) {
		var asks []ask
		for endpoint := range max(1, base.ask.endpoints) {
			asks = append(asks, base.ask.pick(host, endpoint))
		}
		theirs, err := b.answers(ctx, base.server, asks[:1])
		if err != nil {
			return fmt.Errorf("%s: %w", base.server.name, err)
		}
		ours, err := b.answers(ctx, mock.server, asks)
		if err != nil {
			return fmt.Errorf("%s: %w", mock.server.name, err)
		}
		if theirs != ours {
			return fmt.Errorf("the sides do not answer alike:\n%s: %.1000s\n%s: %.1000s", base.server.name, theirs, mock.server.name, ours)
		}
	}
	base.server.hangUp()
	mock.server.hangUp()
	return nil
}

// answers asks one server without waiting in between. It returns everything that matters of the first answer, and an error if any is
// not what it should be.
func (b *httpBench) answers(ctx context.Context, s *service, asks []ask) (first string, err error) {
	if s.talk == nil || asks[0].close {
		s.hangUp()
		conn, err := dial(ctx, b.addresses[s])
		if err != nil {
			return "", err
		}
		s.talk, s.hear = conn, bufio.NewReader(conn)
	}
	var raw []byte
	for _, a := range asks {
		raw = append(raw, a.raw()...)
	}
	if _, err := s.talk.Write(raw); err != nil {
		return "", err
	}
	for i, a := range asks {
		got, err := s.answer(a)
		if err != nil {
			return "", err
		}
		if i == 0 {
			first = got
		}
	}
	return first, nil
}

// answer reads an answer.
func (s *service) answer(a ask) (string, error) {
	got, err := http.ReadResponse(s.hear, nil)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(got.Body)
	if err := errors.Join(err, got.Body.Close()); err != nil {
		return "", err
	}
	status, want := a.want()
	if got.StatusCode != status || string(body) != want {
		return "", fmt.Errorf("%s %s of %s answers %d %.300q, not %d %.300q", a.method, a.path, a.host, got.StatusCode, body, status, want)
	}
	if got.ContentLength != int64(len(body)) || got.Close != a.close {
		return "", fmt.Errorf("%s %s of %s: length %d, close %t", a.method, a.path, a.host, got.ContentLength, got.Close)
	}
	if got.Header.Get("Date") == "" || got.Header.Get("Content-Type") != "application/json" {
		return "", fmt.Errorf("%s %s of %s lacks headers: %v", a.method, a.path, a.host, got.Header)
	}
	delete(got.Header, "Date")
	var lines []string
	for name, values := range got.Header {
		lines = append(lines, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(lines)
	return fmt.Sprintf("%s %s %s %s", got.Proto, got.Status, strings.Join(lines, "; "), body), nil
}
