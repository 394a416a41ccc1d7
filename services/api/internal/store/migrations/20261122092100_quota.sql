-- +goose Up
-- How large the current revision is. Endpoints of revisions from before count when they are edited.
ALTER TABLE mocks ADD COLUMN endpoints BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mocks ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
UPDATE mocks SET bytes = (SELECT octet_length(r.content) FROM revisions r WHERE r.mock_id = mocks.id AND r.number = mocks.revision);
CREATE INDEX mocks_by_size ON mocks (workspace_id, endpoints, bytes);
