package gate

import (
	"github.com/labstack/echo/v4"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// Admit puts what is no operation itself, but calls some on behalf of its caller, behind a token: any that is known will do, as each
// call is checked again. It may take as long as an operation that waits. leave is for when it has ended.
func (g *Gate) Admit(c echo.Context) (leave func(), err error) {
	if c.Request().Header.Get("Authorization") == "" {
		return nil, apperr.New(apperr.Unauthorized, "Authentication required: send Authorization: Bearer TOKEN, with a token of the API.")
	}
	op := &Operation{duration: wait, anyScope: true}
	end, err := op.setDeadlines(c)
	if err != nil {
		return nil, err
	}
	left, err := g.identify(c, op)
	if err != nil {
		end()
		return nil, err
	}
	return func() { left(); end() }, nil
}
