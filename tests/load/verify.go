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

// verify asks both sides what they will be asked: both must give the same answer, header by header, and the right one. It
// also makes that every mock was called once, so that none is compiled while it is measured.
func (b *httpBench) verify(ctx context.Context, sides ...*side) error {
	first := sides[0].ask
	for host := range max(1, first.hosts) {
		var answers []string
		for _, s := range sides {
			a := s.ask.pick(host, host%max(1, s.ask.endpoints))
			got, err := b.answer(ctx, s.server, a)
			if err != nil {
				return fmt.Errorf("%s: %w", s.server.name, err)
			}
			answers = append(answers, got)
		}
		if answers[0] != answers[1] {
			return fmt.Errorf("the sides do not answer alike:\n%s: %.1000s\n%s: %.1000s", sides[0].server.name, answers[0], sides[1].server.name, answers[1])
		}
	}
	for _, s := range sides {
		s.server.hangUp()
	}
	return nil
}

// answer asks one server once. It returns everything that matters of the answer, and an error if that is not what it should be.
func (b *httpBench) answer(ctx context.Context, s *service, a ask) (string, error) {
	if s.talk == nil || a.close {
		s.hangUp()
		conn, err := dial(ctx, b.addresses[s])
		if err != nil {
			return "", err
		}
		s.talk, s.hear = conn, bufio.NewReader(conn)
	}
	if _, err := s.talk.Write(a.raw()); err != nil {
		return "", err
	}
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
