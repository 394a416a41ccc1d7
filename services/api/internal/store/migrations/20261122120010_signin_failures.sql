-- +goose Up
-- How many tries to sign in failed lately, by what they have in common: see the guard of the package signin.
CREATE TABLE signin_failures (
    key     TEXT PRIMARY KEY, -- SHA-256
    number  INTEGER NOT NULL,
    last_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX signin_failures_by_age ON signin_failures (last_at);
