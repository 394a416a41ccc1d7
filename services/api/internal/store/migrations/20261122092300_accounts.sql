-- +goose Up
ALTER TABLE accounts ADD COLUMN version BIGINT NOT NULL DEFAULT 1; -- counts changes of username and e-mail address
-- A deleted account has '~' and its id as username, and nothing that proves it; what it wrote forgets it bit by bit.
ALTER TABLE accounts ADD COLUMN deleted_at TIMESTAMPTZ;
CREATE INDEX accounts_deleted ON accounts (id) WHERE deleted_at IS NOT NULL;
