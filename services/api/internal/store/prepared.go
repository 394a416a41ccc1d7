package store

// The statements of a mock's edit, for which somebody waits, are prepared: the database reads and plans each once a
// connection, and the values travel beside it. Everywhere else bun writes the values into the text; with the content and
// the change of an edit in it, reading that text was a third of what SQLite had to do.
const (
	insertRevision = `INSERT INTO revisions (mock_id, number, content, diagnostics, author_id, message, size, errors, warnings, created_at, published_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	pruneRevision = `DELETE FROM revisions WHERE mock_id = ? AND number IN (
		SELECT number FROM revisions WHERE mock_id = ? AND NOT pinned AND number NOT IN (?, ?) ORDER BY number DESC LIMIT ? OFFSET ?)`
	pruneReferences = `DELETE FROM file_references WHERE mock_id = ? AND revision NOT IN (SELECT number FROM revisions WHERE mock_id = ?)`
	selectGrowth    = `SELECT endpoints < ?, bytes < ? FROM mocks WHERE id = ?`
	updateSize      = `UPDATE mocks SET endpoints = ?, bytes = ? WHERE id = ?`
	updateMock      = `UPDATE mocks SET workspace_id = ?, slug = ?, name = ?, description = ?, version = ?, errors = ?, revision = ?,
		published_revision = ?, updated_at = ?, deleted_at = ?, deleted_slug = ? WHERE id = ?`
	updateChange = `UPDATE mocks SET change = ? WHERE id = ?`
	insertAudit  = `INSERT INTO audit (id, workspace_id, account_id, means, action, kind, target_id, label, request_id, at)
		VALUES (?, COALESCE(NULLIF(?, ''), (SELECT w.id FROM workspaces w JOIN accounts a ON a.username = w.slug WHERE a.id = ?), ''),
			?, ?, ?, ?, ?, ?, ?, ?)`
	// A database that goes on from an earlier state, as after a failover to a replica that lagged behind, has another life: its
	// numbers may have been given before, so that they begin a new epoch.
	nextNumber = `UPDATE streams SET head = head + 1, epoch = CASE WHEN life IN ('', {life}) THEN epoch ELSE ? END, life = {life}
		WHERE name = ? RETURNING head, epoch`
	insertChange = `INSERT INTO changes (stream, key, number, tombstone, id, type, version, time, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (stream, key) DO UPDATE SET number = EXCLUDED.number, tombstone = EXCLUDED.tombstone, id = EXCLUDED.id,
			type = EXCLUDED.type, version = EXCLUDED.version, time = EXCLUDED.time, payload = EXCLUDED.payload`
)
