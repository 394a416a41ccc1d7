package publication

import (
	"context"
	"fmt"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
)

// Outcomes applies the unified stream: it learns which changes the generator rejected.
type Outcomes struct{ service *Service }

var _ stream.Handler = Outcomes{}

// Outcomes returns the handler of the unified stream.
func (s *Service) Outcomes() Outcomes { return Outcomes{s} }

// Position implements stream.Handler.
func (o Outcomes) Position(ctx context.Context) (stream.Position, error) {
	return o.service.repo.UnifiedPosition(ctx)
}

// Reset implements stream.Handler.
func (o Outcomes) Reset(ctx context.Context, epoch string) error {
	return o.service.repo.ResetOutcomes(ctx, epoch)
}

// Apply implements stream.Handler.
func (o Outcomes) Apply(ctx context.Context, b stream.Batch) error {
	var rejections []Rejection
	var touched []string
	for _, e := range b.Changes {
		switch e.Type {
		case event.TypeSingleRejected:
			r, err := event.Decode[event.SingleRejected](e)
			if err != nil {
				// A newer generator's event says nothing that this program could show; the stream goes on.
				o.service.log.WarnContext(ctx, "skip an outcome", "number", e.Number, "error", err)
				continue
			}
			rejections = append(rejections, Rejection{MockID: r.MockID, Change: e.Number, Diagnostics: r.Diagnostics})
			touched = append(touched, r.MockID)
		case event.TypeSingleGenerated:
			if g, err := event.Decode[event.SingleGenerated](e); err == nil {
				o.service.waits.expect(g.MockID, e.Number) // perhaps another replica of the api wrote it
				touched = append(touched, g.MockID)
			}
		case event.TypeSingleRemoved:
			switch r, err := event.Decode[event.SingleRemoved](e); {
			case err == nil && r.Deleted:
				// Who deleted it told the others over Pub/Sub; this is never lost. Meanwhile it may be restored.
				o.service.waits.poke(r.MockID)
				o.service.touched.add(r.WorkspaceID, r.MockID)
			case err == nil:
				o.service.waits.expect(r.MockID, e.Number)
				touched = append(touched, r.MockID)
			}
		default: // no other type is in this stream
		}
	}
	if err := o.service.repo.SaveOutcomes(ctx, stream.Position{Epoch: b.Epoch, Number: b.To}, rejections); err != nil {
		return fmt.Errorf("store outcomes up to %d: %w", b.To, err)
	}
	o.service.touch(touched...)
	return nil
}
