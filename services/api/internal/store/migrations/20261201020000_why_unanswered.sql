-- +goose Up
-- Which revision answered a request, and for one that nothing answered, the endpoints that came near.
ALTER TABLE requests ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN nearest TEXT NOT NULL DEFAULT '';
