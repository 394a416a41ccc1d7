// Package idempotency remembers the answers of requests that created something, so that a client that has lost an answer
// can ask again without creating it twice.
//
// The client names its attempt with a key. What is stored of a key is a hash, and the answer is encrypted with another
// secret that only the key gives: an answer may hold a fresh token, and the database alone must not show it.
package idempotency

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
)

const (
	// Life is how long an answer is remembered.
	Life = 24 * time.Hour
	// kept is how many answers an account has remembered; beyond that the oldest are forgotten.
	kept = 1000
	// maxAnswer bounds what is kept of an answer, in bytes, compressed.
	maxAnswer = 64 << 10
	// maxOpened bounds an answer that is read back, in bytes.
	maxOpened = 16 << 20
)

// Answer is what a request was answered with.
type Answer struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header"`
	Body   []byte            `json:"body,omitempty"`
	Cut    bool              `json:"cut,omitempty"` // the body was too large to be kept
}

// Claim is a key that a request comes with.
type Claim struct {
	AccountID   string
	Key         string // its hash
	Fingerprint string // of the request
	Now         time.Time
	LockedUntil time.Time // nobody works on it any more then
	Expires     time.Time
	Kept        int // of the account's other keys
}

// Record is what is known of a key.
type Record struct {
	Fingerprint string
	Answer      string // sealed; "" while the first request is worked on
}

// Repository keeps keys.
type Repository interface {
	// ClaimKey takes a key for a request, if nobody has it or who had it has given up: then fresh is true. Else it returns
	// what is known of it. It forgets the oldest answers of the account beyond c.Kept.
	ClaimKey(ctx context.Context, c Claim) (r Record, fresh bool, err error)
	// FinishKey stores the answer of the request that claimed a key.
	FinishKey(ctx context.Context, accountID, key, answer string) error
	// ReleaseKey forgets a key that was claimed.
	ReleaseKey(ctx context.Context, accountID, key string) error
	// PurgeKeys forgets expired keys, in bounded transactions, and returns how many.
	PurgeKeys(ctx context.Context, now time.Time) (int64, error)
}

// Service gives every key one answer. It is safe for concurrent use.
type Service struct {
	repo Repository
	now  func() time.Time
}

// NewService makes a Service over repo.
func NewService(repo Repository, now func() time.Time) *Service {
	return &Service{repo: repo, now: now}
}

// Attempt is a request that is the first with its key. It ends with Done or Release.
type Attempt struct {
	service   *Service
	accountID string
	key       string // hash
	secret    []byte
}

// Begin takes an account's key for a request that will be answered within the time. It returns either an attempt, or the
// answer that the same request got before. apperr.Conflict while that is still worked on; apperr.Invalid if the key was
// used for another request.
func (s *Service) Begin(ctx context.Context, accountID, key, fingerprint string, within time.Duration) (*Attempt, *Answer, error) {
	hash, err := derive(accountID, key, "name")
	if err != nil {
		return nil, nil, err
	}
	a := &Attempt{service: s, accountID: accountID, key: hex.EncodeToString(hash)}
	if a.secret, err = derive(accountID, key, "answer"); err != nil {
		return nil, nil, err
	}
	now := s.now()
	r, fresh, err := s.repo.ClaimKey(ctx, Claim{
		AccountID: accountID, Key: a.key, Fingerprint: fingerprint, Now: now, LockedUntil: now.Add(within), Expires: now.Add(Life), Kept: kept,
	})
	switch {
	case err != nil:
		return nil, nil, err
	case fresh:
		return a, nil, nil
	case r.Fingerprint != fingerprint:
		return nil, nil, apperr.New(apperr.Invalid, "This Idempotency-Key was already used for another request; use a new key for each request.").WithField("Idempotency-Key")
	case r.Answer == "":
		return nil, nil, apperr.New(apperr.Conflict, "The first request with this Idempotency-Key is still in progress; repeat it in a moment.").WithField("Idempotency-Key")
	}
	answer, err := a.open(r.Answer)
	return nil, answer, err
}

// derive makes 32 bytes of a key, others for each purpose.
func derive(accountID, key, purpose string) ([]byte, error) {
	out, err := hkdf.Key(sha256.New, []byte(key), []byte(accountID), "mocloud idempotency "+purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("derive from an idempotency key: %w", err)
	}
	return out, nil
}

// Done remembers the answer. One that is too large is remembered without its body.
func (a *Attempt) Done(ctx context.Context, answer Answer) error {
	sealed, err := a.seal(answer)
	if err == nil && len(sealed) > maxAnswer {
		answer.Body, answer.Cut = nil, true
		sealed, err = a.seal(answer)
	}
	if err != nil {
		return err
	}
	return a.service.repo.FinishKey(ctx, a.accountID, a.key, string(sealed))
}

// Release lets the next request with the key try again.
func (a *Attempt) Release(ctx context.Context) error {
	return a.service.repo.ReleaseKey(ctx, a.accountID, a.key)
}

// Purge forgets expired keys and returns how many.
func (s *Service) Purge(ctx context.Context) (int64, error) { return s.repo.PurgeKeys(ctx, s.now()) }

func (a *Attempt) cipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(a.secret)
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal compresses and encrypts an answer, in hex.
func (a *Attempt) seal(answer Answer) ([]byte, error) {
	aead, err := a.cipher()
	if err != nil {
		return nil, err
	}
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		return nil, fmt.Errorf("encode an answer: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress an answer: %w", err)
	}
	sealed := aead.Seal(nil, nil, compressed.Bytes(), []byte(a.key)) //nolint:gosec // it makes a random nonce, and must get none
	return hex.AppendEncode(nil, sealed), nil
}

func (a *Attempt) open(sealed string) (*Answer, error) {
	aead, err := a.cipher()
	if err != nil {
		return nil, err
	}
	raw, err := hex.DecodeString(sealed)
	if err != nil {
		return nil, fmt.Errorf("decode a remembered answer: %w", err)
	}
	compressed, err := aead.Open(nil, nil, raw, []byte(a.key))
	if err != nil {
		return nil, fmt.Errorf("decrypt a remembered answer: %w", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("decompress a remembered answer: %w", err)
	}
	var answer Answer
	if err := json.NewDecoder(io.LimitReader(r, maxOpened)).Decode(&answer); err != nil {
		return nil, fmt.Errorf("read a remembered answer: %w", err)
	}
	return &answer, nil
}
