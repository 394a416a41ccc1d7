-- +goose Up
-- What was seen of a custom domain's records, and what the providers have of it.
ALTER TABLE domains ADD COLUMN observed TEXT NOT NULL DEFAULT '';
ALTER TABLE domains ADD COLUMN next_look_at TIMESTAMPTZ;
ALTER TABLE domains ADD COLUMN certificate TEXT NOT NULL DEFAULT 'none';
ALTER TABLE domains ADD COLUMN certificate_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE domains ADD COLUMN certificate_expires_at TIMESTAMPTZ;
ALTER TABLE domains ADD COLUMN applied TEXT NOT NULL DEFAULT '';
ALTER TABLE domains ADD COLUMN applied_reason TEXT NOT NULL DEFAULT '';
-- What the providers have of the hosts of mocks, where each has a record of its own.
CREATE TABLE hosts (
    mock_id  TEXT PRIMARY KEY REFERENCES mocks (id) ON DELETE CASCADE,
    host     TEXT NOT NULL,
    state    TEXT NOT NULL,
    reason   TEXT NOT NULL
);
