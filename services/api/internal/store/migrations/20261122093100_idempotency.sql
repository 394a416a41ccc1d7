-- +goose Up
-- The answers of requests that created something. key is a hash of what the client sent, and answer is encrypted with it
-- (internal/idempotency); it is empty while the first request is worked on, until locked_until at most.
CREATE TABLE idempotency_keys (
    account_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key          TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    answer       TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    locked_until TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (account_id, created_at);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
