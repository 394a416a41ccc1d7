-- +goose Up
-- Who did what. There are no references: entries outlive what they are about, until they are purged by age.
CREATE TABLE audit (
    id           TEXT PRIMARY KEY, -- UUIDv7: its order is that of the time
    workspace_id TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    means        TEXT NOT NULL,
    action       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    target_id    TEXT NOT NULL,
    label        TEXT NOT NULL,
    request_id   TEXT NOT NULL,
    at           TIMESTAMPTZ NOT NULL
);
CREATE INDEX audit_by_workspace ON audit (workspace_id, id);
CREATE INDEX audit_by_action ON audit (workspace_id, action, id);
CREATE INDEX audit_by_account ON audit (workspace_id, account_id, id);
