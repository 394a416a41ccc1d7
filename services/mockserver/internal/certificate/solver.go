package certificate

import (
	"context"
	"fmt"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"github.com/mocloud/mocloud/pkg/challenge"
)

// solver proves the base domain by a TXT record, which cloudops makes.
type solver struct {
	ask func(context.Context, challenge.Question) (challenge.Answer, error)
}

// unprovenError is why the base domain could not be proven, as an operator can act on it.
type unprovenError string

func (e unprovenError) Error() string { return string(e) }

const (
	visibleWithin = 2 * time.Minute // a record that was made
	visibleEvery  = 2 * time.Second
)

func (s *solver) do(ctx context.Context, what string, c acme.Challenge) (challenge.Answer, error) {
	a, err := s.ask(ctx, challenge.Question{Do: what, Value: c.DNS01KeyAuthorization()})
	if err != nil {
		return a, unprovenError(fmt.Sprintf("cloudops was asked for the record %s: %s", c.DNS01TXTRecordName(), err))
	}
	if a.Error != "" {
		return a, unprovenError(a.Error)
	}
	return a, nil
}

// Present implements acmez.Solver.
func (s *solver) Present(ctx context.Context, c acme.Challenge) error {
	_, err := s.do(ctx, challenge.Present, c)
	return err
}

// Wait implements acmez.Waiter: it waits until the zone's servers show the record.
func (s *solver) Wait(ctx context.Context, c acme.Challenge) error {
	ctx, cancel := context.WithTimeout(ctx, visibleWithin)
	defer cancel()
	ticker := time.NewTicker(visibleEvery)
	defer ticker.Stop()
	for {
		a, err := s.do(ctx, challenge.Look, c)
		if err != nil || a.Seen {
			return err
		}
		select {
		case <-ctx.Done():
			return unprovenError(fmt.Sprintf("The record %s was made, and the zone's servers do not show it.", c.DNS01TXTRecordName()))
		case <-ticker.C:
		}
	}
}

// CleanUp implements acmez.Solver.
func (s *solver) CleanUp(ctx context.Context, c acme.Challenge) error {
	_, err := s.do(ctx, challenge.Remove, c)
	return err
}
