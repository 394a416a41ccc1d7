package api_test

import (
	"net/http"
	"testing"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// unaudited are the operations that write and leave no entry in the audit log of a workspace, with the reason.
var unaudited = map[string]string{
	"validateContent":      "it stores nothing",
	"formatContent":        "nor does it",
	"tryContent":           "nor does a try",
	"tryMock":              "nor does a try",
	"verifyMock":           "nor does a verification",
	"checkTraffic":         "nor does a check",
	"importDocument":       "nor does it",
	"previewInvitation":    "nor does looking at an invitation",
	"createSession":        "signing in changes nothing in a workspace",
	"createAccount":        "the account's own workspace begins with it",
	"deleteCurrentSession": "nor does signing out",
}

// Every operation that writes leaves an entry with its own name, or is excused by name.
func TestEveryWriteIsAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, op := range operations(t) {
		if !op.mutates() {
			continue
		}
		a := w.send(op, op.fixture(w.acme, workspace.Owner), w.acme.user(workspace.Owner))
		if a.status >= 300 {
			t.Errorf("%s: %d %s", op.OperationID, a.status, a.body)
			continue
		}
		entries := w.count("SELECT COUNT(*) FROM audit WHERE action = ? AND request_id = ?", op.OperationID, a.header.Get("X-Request-Id"))
		if excused := unaudited[op.OperationID] != ""; entries > 0 == excused {
			t.Errorf("%s: %d entries in the audit log, excused: %t", op.OperationID, entries, excused)
		}
	}
}

// Whoever has the role that the document asks for may call an operation, and nobody with a lesser one.
func TestEveryRoleAndOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, op := range operations(t) {
		if op.public() {
			continue
		}
		for _, role := range roles {
			a := w.send(op, op.fixture(w.acme, role), w.acme.user(role))
			if may := op.least() == "" || role.AtLeast(op.least()); may && a.status >= 300 || !may && a.status != http.StatusForbidden {
				t.Errorf("%s as %s: %d %s", op.OperationID, role, a.status, a.body)
			}
		}
	}
}
