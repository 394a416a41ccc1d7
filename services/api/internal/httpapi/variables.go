package httpapi

import (
	"context"

	"github.com/mocloud/mocloud/services/api/internal/variable"
)

// ListVariables implements StrictServerInterface.
func (h *handlers) ListVariables(ctx context.Context, r ListVariablesRequestObject) (ListVariablesResponseObject, error) {
	found, err := h.Variables.List(ctx, caller(ctx), r.WorkspaceSlug, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, variableOf)
	return ListVariables200JSONResponse{Items: items, NextCursor: next}, nil
}

// PutVariable implements StrictServerInterface.
func (h *handlers) PutVariable(ctx context.Context, r PutVariableRequestObject) (PutVariableResponseObject, error) {
	v, err := h.Variables.Put(ctx, caller(ctx), r.WorkspaceSlug, variable.Variable{
		Name: r.VariableName, Value: r.Body.Value, Secret: value(r.Body.Secret, false),
	})
	if err != nil {
		return nil, err
	}
	return PutVariable200JSONResponse(variableOf(v)), nil
}

// DeleteVariable implements StrictServerInterface.
func (h *handlers) DeleteVariable(ctx context.Context, r DeleteVariableRequestObject) (DeleteVariableResponseObject, error) {
	if err := h.Variables.Delete(ctx, caller(ctx), r.WorkspaceSlug, r.VariableName); err != nil {
		return nil, err
	}
	return DeleteVariable204Response{}, nil
}

func variableOf(v variable.Variable) Variable {
	out := Variable{Name: v.Name, Secret: v.Secret, UpdatedAt: v.UpdatedAt}
	if !v.Secret {
		out.Value = &v.Value
	}
	return out
}
