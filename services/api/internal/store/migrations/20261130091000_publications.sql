-- +goose Up
-- When the revision went live last; NULL if it never did, or before this was kept.
ALTER TABLE revisions ADD COLUMN published_at TIMESTAMPTZ;
