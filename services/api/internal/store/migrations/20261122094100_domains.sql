-- +goose Up
-- Custom host names of mocks. A domain belongs to its mock's workspace. Rows whose mock is gone are collected by the
-- housekeeping, which tells the others: for that there is no foreign key to it.
CREATE TABLE domains (
    id          TEXT PRIMARY KEY,
    mock_id     TEXT NOT NULL,
    host        TEXT NOT NULL,
    token       TEXT NOT NULL,
    target      TEXT NOT NULL,
    ownership   TEXT NOT NULL CHECK (ownership IN ('pending', 'verified', 'grace', 'lost')),
    routing     TEXT NOT NULL CHECK (routing IN ('missing', 'conflict', 'ok')),
    reason      TEXT NOT NULL,
    lost_at     TIMESTAMPTZ, -- since when the proof of a verified domain is missing
    checked_at  TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX domains_by_mock ON domains (mock_id, host);
-- Many may claim a host; one may have it.
CREATE UNIQUE INDEX domains_by_owner ON domains (host) WHERE ownership IN ('verified', 'grace');
