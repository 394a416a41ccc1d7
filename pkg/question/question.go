// Package question lets a service ask another one something and wait for the answer. They talk over Redis, as all services do, so that
// nobody needs anybody's address: a question is put into one list, from which an instance that has room takes it, and its answer into a
// list of its own. A question that nobody takes in time is dropped.
package question

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

const (
	// Timeout bounds a question, from being asked to its answer.
	Timeout = 10 * time.Second

	maxWaiting = 64 // questions in the list
	maxRunning = 16 // questions that one instance works on
	keep       = Timeout + 5*time.Second
	pollEvery  = time.Second // how long one look into a list lasts, the least that Redis counts
)

// Errors of Ask; compare with errors.Is.
var (
	ErrBusy   = errors.New("too many questions wait for an answer")
	ErrNobody = errors.New("no answer in time")
)

// Place is where questions Q of one kind are asked and answered with A, both of which JSON can say.
type Place[Q, A any] struct {
	// Redis is the server that both sides use.
	Redis *redis.Client
	// List is the key of the list of questions, with the prefix of the installation.
	List string
}

// envelope is a question on its way.
type envelope[Q any] struct {
	ID       string    `json:"id"`
	Deadline time.Time `json:"deadline"`
	Question Q         `json:"question"`
}

func (p Place[Q, A]) answers(id string) string { return p.List + ":" + id }

// Ask returns the answer of one of those who serve. ErrBusy and ErrNobody ask to come back.
func (p Place[Q, A]) Ask(ctx context.Context, q Q) (answer A, err error) {
	e := envelope[Q]{ID: uuid.NewString(), Deadline: time.Now().Add(Timeout), Question: q}
	if d, ok := ctx.Deadline(); ok && d.Before(e.Deadline) {
		e.Deadline = d
	}
	encoded, err := json.Marshal(e)
	if err != nil {
		return answer, fmt.Errorf("encode a question: %w", err)
	}
	waiting, err := p.Redis.LLen(ctx, p.List).Result()
	if err != nil {
		return answer, fmt.Errorf("ask: %w", err)
	}
	if waiting >= maxWaiting {
		return answer, ErrBusy
	}
	_, err = p.Redis.TxPipelined(ctx, func(r redis.Pipeliner) error {
		r.RPush(ctx, p.List, encoded)
		r.Expire(ctx, p.List, keep)
		return nil
	})
	if err != nil {
		return answer, fmt.Errorf("ask: %w", err)
	}
	for ctx.Err() == nil {
		if time.Until(e.Deadline) <= 0 {
			return answer, ErrNobody
		}
		// One look is short, because a caller that goes does not end it.
		raw, err := p.Redis.BLPop(ctx, pollEvery, p.answers(e.ID)).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return answer, fmt.Errorf("wait for an answer: %w", err)
		}
		if err := json.Unmarshal([]byte(raw[1]), &answer); err != nil {
			return answer, fmt.Errorf("decode an answer: %w", err)
		}
		return answer, nil
	}
	return answer, ctx.Err()
}

// Serve answers questions until ctx ends; answer honours its context. It runs while Redis is away too.
func (p Place[Q, A]) Serve(ctx context.Context, log *slog.Logger, answer func(context.Context, Q) A) error {
	room := make(chan struct{}, maxRunning)
	var running sync.WaitGroup
	defer running.Wait()
	for ctx.Err() == nil {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		e, err := p.take(ctx)
		if err != nil || e.ID == "" {
			<-room
			if err != nil && ctx.Err() == nil {
				log.DebugContext(ctx, "take a question", "error", err)
				pause(ctx, pollEvery)
			}
			continue
		}
		running.Go(func() {
			defer func() { <-room }()
			p.answer(ctx, log, e, answer)
		})
	}
	return nil
}

// take waits a moment for a question; the zero envelope if there is none.
func (p Place[Q, A]) take(ctx context.Context) (envelope[Q], error) {
	var e envelope[Q]
	raw, err := p.Redis.BLPop(ctx, pollEvery, p.List).Result()
	if errors.Is(err, redis.Nil) {
		return e, nil
	}
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(raw[1]), &e); err != nil {
		return envelope[Q]{}, fmt.Errorf("decode a question: %w", err)
	}
	if time.Until(e.Deadline) <= 0 {
		return envelope[Q]{}, nil // nobody waits any longer
	}
	return e, nil
}

func (p Place[Q, A]) answer(ctx context.Context, log *slog.Logger, e envelope[Q], answer func(context.Context, Q) A) {
	working, cancel := context.WithDeadline(ctx, e.Deadline)
	defer cancel()
	encoded, err := json.Marshal(answer(working, e.Question))
	if err != nil {
		log.ErrorContext(ctx, "an answer cannot be passed on", "error", err)
		return
	}
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), pollEvery)
	defer cancel()
	_, err = p.Redis.TxPipelined(sending, func(r redis.Pipeliner) error {
		r.RPush(sending, p.answers(e.ID), encoded)
		r.Expire(sending, p.answers(e.ID), keep)
		return nil
	})
	if err != nil {
		log.DebugContext(sending, "pass on an answer", "error", err)
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
