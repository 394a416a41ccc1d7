-- The same statements run on Postgres and SQLite: TEXT ids (UUIDv7), TEXT for JSON, TIMESTAMPTZ always in UTC.

-- +goose Up
CREATE TABLE accounts (
    id         TEXT PRIMARY KEY,
    username   TEXT NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE workspaces (
    id         TEXT PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE members (
    account_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    role         TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    created_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, workspace_id)
);
CREATE INDEX members_by_workspace ON members (workspace_id);

-- Hashes are SHA-256 in hex.
CREATE TABLE tokens (
    hash       TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ
);
CREATE INDEX tokens_by_account ON tokens (account_id, name);

CREATE TABLE sessions (
    hash       TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE signin_codes (
    hash       TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE mocks (
    id                 TEXT PRIMARY KEY,
    workspace_id       TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    slug               TEXT NOT NULL,
    revision           BIGINT NOT NULL,
    published_revision BIGINT NOT NULL DEFAULT 0, -- 0: offline
    change             BIGINT NOT NULL DEFAULT 0, -- number of its latest change in the mocks stream
    rejected           BIGINT NOT NULL DEFAULT 0, -- the change that the generator refused
    rejection          TEXT NOT NULL DEFAULT '[]', -- its diagnostics, as JSON
    created_at         TIMESTAMPTZ NOT NULL,
    updated_at         TIMESTAMPTZ NOT NULL,
    UNIQUE (workspace_id, slug)
);

CREATE TABLE revisions (
    mock_id     TEXT NOT NULL REFERENCES mocks (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    content     TEXT NOT NULL,
    diagnostics TEXT NOT NULL, -- JSON
    author_id   TEXT REFERENCES accounts (id) ON DELETE SET NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (mock_id, number)
);
CREATE INDEX revisions_by_author ON revisions (author_id);

-- A stream that this database numbers. epoch is the life of the numbers: to renew it after a restored backup, write any
-- new text there; consumers then begin again. Nobody can follow from a number below floor, except from 0.
CREATE TABLE streams (
    name  TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    head  BIGINT NOT NULL DEFAULT 0,
    floor BIGINT NOT NULL DEFAULT 0
);

-- The change log: of every key the latest change.
CREATE TABLE changes (
    stream      TEXT NOT NULL REFERENCES streams (name),
    key         TEXT NOT NULL,
    number      BIGINT NOT NULL,
    tombstone   BOOLEAN NOT NULL,
    id          TEXT NOT NULL,
    type        TEXT NOT NULL,
    version     BIGINT NOT NULL,
    time        TIMESTAMPTZ NOT NULL,
    payload     TEXT NOT NULL, -- JSON
    PRIMARY KEY (stream, key)
);
CREATE UNIQUE INDEX changes_by_number ON changes (stream, number);

-- How far this service has applied the streams of others.
CREATE TABLE positions (
    stream TEXT PRIMARY KEY,
    epoch  TEXT NOT NULL,
    number BIGINT NOT NULL
);
