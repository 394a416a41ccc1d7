package httpapi

import (
	"errors"

	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/quota"
)

// extendProblem adds to a problem what the resources know of its error.
func extendProblem(err error, p *gate.Problem) {
	if e, ok := errors.AsType[*mock.InvalidError](err); ok {
		p.Diagnostics = diagnostics(e.Diagnostics)
	}
	if e, ok := errors.AsType[*quota.ExceededError](err); ok {
		p.Quota = QuotaUse{Resource: QuotaResource(e.Use.Resource), Used: e.Use.Used, Limit: e.Use.Limit}
	}
	if e, ok := errors.AsType[*mock.LostUpdateError](err); ok {
		p.Revision = e.Mock.Revision
	}
}
