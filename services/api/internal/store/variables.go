package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/variable"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type variableRow struct {
	bun.BaseModel `bun:"table:variables,alias:v"`

	WorkspaceID string    `bun:"workspace_id,pk"`
	Name        string    `bun:"name,pk"`
	Value       string    `bun:"value"`
	Sealed      string    `bun:"sealed"`
	UpdatedAt   time.Time `bun:"updated_at"`
}

// indexedVariables are the variables of a workspace as mock servers get them.
func indexedVariables(ctx context.Context, db bun.IDB, workspaceID string) (map[string]env.Variable, error) {
	var rows []variableRow
	if err := db.NewSelect().Model(&rows).Where("v.workspace_id = ?", workspaceID).Scan(ctx); err != nil {
		return nil, err
	}
	out := make(map[string]env.Variable, len(rows))
	for i := range rows {
		out[rows[i].Name] = env.Variable{Value: rows[i].Value, Sealed: rows[i].Sealed}
	}
	return out, nil
}

// Variables implements variable.Repository.
func (s variableStore) Variables(ctx context.Context, who workspace.Caller, slug, after string, limit int) ([]variable.Variable, error) {
	in, err := findMembership(ctx, s.read, who, slug)
	if err == nil {
		err = in.Require(workspace.Editor)
	}
	if err != nil {
		return nil, failed("list variables", err)
	}
	var rows []variableRow
	err = s.read.NewSelect().Model(&rows).Where("v.workspace_id = ?", in.ID).Where("v.name > ?", after).Order("v.name").Limit(int64(limit)).Scan(ctx)
	out := make([]variable.Variable, len(rows))
	for i := range rows {
		out[i] = variable.Variable{Name: rows[i].Name, Value: rows[i].Value, Secret: rows[i].Sealed != "", UpdatedAt: rows[i].UpdatedAt.UTC()}
	}
	return out, failed("list variables", err)
}

// PutVariable implements variable.Repository.
func (s variableStore) PutVariable(ctx context.Context, who workspace.Caller, slug, name string, seal func(workspaceID string) (variable.Sealed, error)) (workspaceID string, err error) {
	err = s.changeVariable(ctx, who, slug, name, func(ctx context.Context, tx bun.Tx, in workspace.Membership) error {
		workspaceID = in.ID
		v, err := seal(in.ID)
		if err != nil {
			return err
		}
		row := variableRow{WorkspaceID: in.ID, Name: name, Value: v.Value, Sealed: v.Sealed, UpdatedAt: v.UpdatedAt.UTC()}
		if _, err := tx.NewInsert().Model(&row).On("CONFLICT (workspace_id, name) DO UPDATE").
			Set("value = EXCLUDED.value").Set("sealed = EXCLUDED.sealed").Set("updated_at = EXCLUDED.updated_at").Exec(ctx); err != nil {
			return err
		}
		var n int
		if err := tx.NewRaw("SELECT COUNT(*) FROM variables WHERE workspace_id = ?", in.ID).Scan(ctx, &n); err != nil {
			return err
		}
		if n > env.MaxVariables {
			return apperr.New(apperr.QuotaExceeded, "The workspace %q has %d variables, which is the limit. Delete one that no mock needs.", in.Slug, env.MaxVariables)
		}
		return nil
	})
	return workspaceID, failed("set a variable", err)
}

// DeleteVariable implements variable.Repository.
func (s variableStore) DeleteVariable(ctx context.Context, who workspace.Caller, slug, name string) (workspaceID string, err error) {
	err = s.changeVariable(ctx, who, slug, name, func(ctx context.Context, tx bun.Tx, in workspace.Membership) error {
		workspaceID = in.ID
		result, err := tx.NewRaw("DELETE FROM variables WHERE workspace_id = ? AND name = ?", in.ID, name).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return apperr.New(apperr.NotFound, "The workspace %q has no variable %q.", in.Slug, name).WithField("variable_name").WithCause(err)
		}
		return nil
	})
	return workspaceID, failed("delete a variable", err)
}

// changeVariable does something with a variable as the only one among those who change what is in the workspace's index.
func (s variableStore) changeVariable(ctx context.Context, who workspace.Caller, slug, name string, do func(context.Context, bun.Tx, workspace.Membership) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		in, err := findMembership(ctx, tx, who, slug)
		if err != nil {
			return err
		}
		if err := in.Require(workspace.Editor); err != nil {
			return err
		}
		if err := lockFiles(ctx, tx, in.ID); err != nil {
			return err
		}
		if err := do(ctx, tx, in); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, audit.Entry{WorkspaceID: in.ID, Kind: "variable", TargetID: name, Label: name})
	})
}
