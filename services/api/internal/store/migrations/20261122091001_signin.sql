-- +goose Up
ALTER TABLE accounts ADD COLUMN email TEXT; -- in lower case; nobody has proved that it is theirs
ALTER TABLE accounts ADD COLUMN password TEXT NOT NULL DEFAULT ''; -- PHC string; '' if there is none
CREATE UNIQUE INDEX accounts_by_email ON accounts (email);

-- An account of an identity provider: its issuer and subject (RFC 7519).
CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_account ON identities (account_id);

-- Sessions of the version before have no id: they are not listed, and end as they would have.
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN means TEXT NOT NULL DEFAULT 'link';
ALTER TABLE sessions ADD COLUMN last_used_at TIMESTAMPTZ; -- NULL: when it began
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
DROP INDEX sessions_by_account;
CREATE INDEX sessions_by_account ON sessions (account_id, id);
