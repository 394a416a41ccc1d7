package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// unaudited are the operations that write and leave no entry in the audit log of a workspace, with the reason.
var unaudited = map[string]string{
	"validateContent": "it stores nothing",
	"formatContent":   "nor does it",
	"tryContent":      "nor does a try",
	"tryMock":         "nor does a try",
	"createSession":   "signing in changes nothing in a workspace",
	"createAccount":   "the account's own workspace begins with it",
	"deleteSession":   "nor does signing out",
}

// Every operation that writes leaves an entry with its own name, or is excused by name.
func TestEveryWriteIsAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, op := range operations(t) {
		if !op.mutates() {
			continue
		}
		_, excused := unaudited[op.OperationID]
		owner := w.acme.user(workspace.Owner)
		c := op.fixture(w.acme, workspace.Owner)
		if c.as == "" {
			c.as = owner
		}
		a := w.send(op, c, "")
		if a.status >= 300 {
			t.Errorf("%s: %d %s", op.OperationID, a.status, a.body)
			continue
		}
		if found := slices.Contains(append(w.audited(w.acme.slug, owner), w.audited(c.as, c.as)...), op.OperationID); found == excused {
			t.Errorf("%s: found in the audit log: %t, excused: %t", op.OperationID, found, excused)
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
