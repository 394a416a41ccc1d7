-- +goose Up
-- A domain that is lost is kept for a while from then on.
ALTER TABLE domains ADD COLUMN suspended_at TIMESTAMPTZ;
UPDATE domains SET suspended_at = lost_at WHERE ownership = 'lost';
-- All who claim a host.
CREATE INDEX domains_by_host ON domains (host);
