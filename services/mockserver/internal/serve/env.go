package serve

import (
	"context"
	"net/http"

	"github.com/mocloud/mocloud/pkg/env"
)

// Environment knows the variables of workspaces. The Set may be nil.
type Environment interface {
	Variables(ctx context.Context, workspaceID string) (*env.Set, error)
}

// loadEnv brings the variables of the workspace within reach of the request. Without them it refuses the request and reports false.
func (c *Core) loadEnv(x *exchange) bool {
	if c.deps.Env == nil {
		return true
	}
	ctx, cancel := withTimeout(x.ctx)
	defer cancel()
	set, err := c.deps.Env.Variables(ctx, x.mock.site.WorkspaceID)
	if err != nil {
		x.refuse(http.StatusServiceUnavailable, refusal{
			Error: "env_unavailable", Message: "the variables of this mock's workspace cannot be read at the moment; try again", Endpoint: x.label(),
		})
		x.answer.add("Retry-After", "1")
		return false
	}
	x.scope.Request.Env = set
	return true
}

// mask takes the secrets of the workspace out of what is told about endpoints.
func mask(set *env.Set, told []near) {
	for i := range told {
		told[i].Why = set.Mask(told[i].Why)
	}
}

// mask takes the secrets of the workspace out of a refusal.
func (r *refusal) mask(set *env.Set) {
	if !set.HasSecrets() {
		return
	}
	r.Message = set.Mask(r.Message)
	for i := range r.Problems {
		p := &r.Problems[i]
		p.Got, p.Expected, p.Hint = set.Mask(p.Got), set.Mask(p.Expected), set.Mask(p.Hint)
	}
	mask(set, r.Nearest)
}
