-- +goose Up
-- The files of workspaces. Rows of a workspace that is gone are collected by the housekeeping, with their objects: for
-- that there is no foreign key to it.
CREATE TABLE files (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    name         TEXT NOT NULL,
    object       TEXT NOT NULL, -- last segment of the key of its content
    size         BIGINT NOT NULL,
    sha256       TEXT NOT NULL, -- hex
    media_type   TEXT NOT NULL,
    author_id    TEXT REFERENCES accounts (id) ON DELETE SET NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX files_by_name ON files (workspace_id, name);
CREATE INDEX files_by_author ON files (author_id);

-- What the index of a workspace's files in the object store should be: version, and is: written. And what the files take.
CREATE TABLE file_indexes (
    workspace_id TEXT PRIMARY KEY,
    version      BIGINT NOT NULL,
    written      BIGINT NOT NULL,
    files        BIGINT NOT NULL,
    bytes        BIGINT NOT NULL
);
CREATE INDEX file_indexes_pending ON file_indexes (workspace_id) WHERE written < version;

-- Objects that no row needs, or none yet: uploads under way, replaced and deleted contents. They are removed when due.
CREATE TABLE file_garbage (
    object_key TEXT PRIMARY KEY,
    due_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX file_garbage_by_due ON file_garbage (due_at);

-- Which revisions name which files.
CREATE TABLE file_references (
    mock_id      TEXT NOT NULL REFERENCES mocks (id) ON DELETE CASCADE,
    revision     BIGINT NOT NULL,
    workspace_id TEXT NOT NULL,
    name         TEXT NOT NULL,
    PRIMARY KEY (mock_id, revision, name)
);
CREATE INDEX file_references_by_name ON file_references (workspace_id, name, mock_id);
