-- +goose Up
-- When the last request of an hour came; NULL of hours that were counted before this was.
ALTER TABLE request_counts ADD COLUMN last_at TIMESTAMPTZ;
