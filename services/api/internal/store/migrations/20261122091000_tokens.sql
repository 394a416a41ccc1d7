-- +goose Up
-- Takes the place of the table tokens, which stays for instances of the version before. A workspace's token ends with the
-- membership that it comes from: a foreign key with an empty column holds nothing (MATCH SIMPLE).
CREATE TABLE api_tokens (
    id           TEXT PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE, -- SHA-256 in hex
    kind         TEXT NOT NULL CHECK (kind IN ('personal', 'workspace', 'configured')),
    account_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    workspace_id TEXT CHECK ((workspace_id IS NOT NULL) = (kind = 'workspace')),
    name         TEXT NOT NULL,
    scopes       TEXT NOT NULL, -- with a space between them; * is all
    created_at   TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,
    expires_at   TIMESTAMPTZ,
    FOREIGN KEY (account_id, workspace_id) REFERENCES members (account_id, workspace_id) ON DELETE CASCADE
);
CREATE INDEX api_tokens_by_account ON api_tokens (account_id, id);
CREATE INDEX api_tokens_by_workspace ON api_tokens (workspace_id, id);

INSERT INTO api_tokens (id, hash, kind, account_id, name, scopes, created_at, expires_at)
SELECT hash, hash, 'configured', account_id, name, '*', created_at, expires_at FROM tokens;
