-- +goose Up
ALTER TABLE workspaces ADD COLUMN version BIGINT NOT NULL DEFAULT 1; -- counts changes of slug and name
-- A deleted workspace has no members, and '~' and its id as slug; what it held is removed bit by bit, and then itself.
ALTER TABLE workspaces ADD COLUMN deleted_at TIMESTAMPTZ;
CREATE INDEX workspaces_deleted ON workspaces (id) WHERE deleted_at IS NOT NULL;

CREATE INDEX members_in_order ON members (workspace_id, account_id);

-- Slugs that were in use. Hosts and links with them are still about, so that nobody else gets them for a while.
CREATE TABLE held_slugs (
    slug       TEXT PRIMARY KEY,
    account_id TEXT NOT NULL, -- who gave it up, and may have it back
    until      TIMESTAMPTZ NOT NULL
);
CREATE INDEX held_slugs_by_end ON held_slugs (until);

-- An invitation is for one account, or for whoever shows the secret first.
CREATE TABLE invitations (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    role         TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    account_id   TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    secret_hash  TEXT UNIQUE, -- SHA-256 in hex
    inviter_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    UNIQUE (workspace_id, account_id)
);
CREATE INDEX invitations_by_workspace ON invitations (workspace_id, id);
CREATE INDEX invitations_by_account ON invitations (account_id, id);
CREATE INDEX invitations_by_inviter ON invitations (inviter_id);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
