-- +goose Up
-- The variables of workspaces, which their mocks read as env.NAME. They are in the index of the workspace's files, and collected with it:
-- for that there is no foreign key to the workspace.
CREATE TABLE variables (
    workspace_id TEXT NOT NULL,
    name         TEXT NOT NULL,
    value        TEXT NOT NULL, -- '' for a secret
    sealed       TEXT NOT NULL, -- the encrypted value of a secret, else ''
    updated_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, name)
);
