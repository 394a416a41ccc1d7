-- What can be done with mocks beside editing them: names, deleting with a way back, and a history that is told and bounded.

-- +goose Up
ALTER TABLE mocks ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE mocks ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE mocks ADD COLUMN settings BIGINT NOT NULL DEFAULT 1; -- counts changes of slug, workspace, name and description
ALTER TABLE mocks ADD COLUMN errors BIGINT NOT NULL DEFAULT 0; -- of the current revision

-- A deleted mock can be restored for a while. Its slug is '~' and its id then, which no living mock can have, so that its
-- own slug is free for others.
ALTER TABLE mocks ADD COLUMN deleted_at TIMESTAMPTZ;
ALTER TABLE mocks ADD COLUMN deleted_slug TEXT NOT NULL DEFAULT '';

ALTER TABLE revisions ADD COLUMN message TEXT NOT NULL DEFAULT '';
ALTER TABLE revisions ADD COLUMN pinned BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE revisions ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE revisions ADD COLUMN size BIGINT NOT NULL DEFAULT 0; -- bytes of content
ALTER TABLE revisions ADD COLUMN errors BIGINT NOT NULL DEFAULT 0; -- among the diagnostics
ALTER TABLE revisions ADD COLUMN warnings BIGINT NOT NULL DEFAULT 0;

UPDATE revisions SET
    size = octet_length(content),
    errors = (length(diagnostics) - length(replace(diagnostics, '"severity":"error"', ''))) / length('"severity":"error"'),
    warnings = (length(diagnostics) - length(replace(diagnostics, '"severity":"warning"', ''))) / length('"severity":"warning"');
UPDATE mocks SET errors = (SELECT r.errors FROM revisions r WHERE r.mock_id = mocks.id AND r.number = mocks.revision);

-- One for each order of the list of mocks; by slug there is the unique one.
CREATE INDEX mocks_by_updated ON mocks (workspace_id, updated_at, id);
CREATE INDEX mocks_by_created ON mocks (workspace_id, created_at, id);
CREATE INDEX mocks_by_deleted ON mocks (workspace_id, deleted_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX mocks_to_purge ON mocks (deleted_at) WHERE deleted_at IS NOT NULL;
