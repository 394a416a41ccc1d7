package reconcile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
)

// Apps makes the domains of an app what they should be. A platform's domains carry no mark, so that a ledger in the object store
// says which are ours: a host is entered before it is added, and struck out after it is gone, so that a crash at any instant leaves
// nothing unknown.
type Apps struct {
	cfg     plan.AppConfig
	app     provider.Apps
	objects objstore.Store
	log     *slog.Logger
}

// LedgerKey is the key of the ledger.
const LedgerKey = "cloudops/app-domains.json"

const (
	maxLedger = 16 << 20
	poll      = 15 * time.Second // while the platform works on something
)

// NewApps makes the part of a reconciler that looks after an app.
func NewApps(cfg plan.AppConfig, app provider.Apps, objects objstore.Store, log *slog.Logger) *Apps {
	return &Apps{cfg, app, objects, log.With("component", "apps")}
}

// ledger is the object, and where it was read.
type ledger struct {
	Hosts map[string]string `json:"hosts"` // with the domains' ids
	etag  string
}

func (a *Apps) readLedger(ctx context.Context) (ledger, error) {
	l := ledger{Hosts: map[string]string{}}
	object, err := a.objects.Get(ctx, LedgerKey)
	if errors.Is(err, objstore.ErrNotFound) {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("read %s: %w", LedgerKey, err)
	}
	defer object.Body.Close() // it was only read
	raw, err := io.ReadAll(io.LimitReader(object.Body, maxLedger))
	if err == nil {
		err = json.Unmarshal(raw, &l)
	}
	if err != nil || l.Hosts == nil {
		return l, fmt.Errorf("read %s: it is not a ledger: %w", LedgerKey, err)
	}
	l.etag = object.ETag
	return l, nil
}

// write replaces the ledger as it was read; it fails if somebody else has replaced it since.
func (a *Apps) write(ctx context.Context, l *ledger, hosts map[string]string) error {
	if maps.Equal(l.Hosts, hosts) {
		return nil
	}
	raw, err := json.Marshal(ledger{Hosts: hosts})
	if err != nil {
		return fmt.Errorf("encode %s: %w", LedgerKey, err)
	}
	opts := objstore.PutOptions{IfMatch: l.etag, IfAbsent: l.etag == "", ContentType: "application/json"}
	etag, err := a.objects.Put(ctx, LedgerKey, bytes.NewReader(raw), int64(len(raw)), opts)
	if err != nil {
		return fmt.Errorf("write %s: %w", LedgerKey, err)
	}
	l.Hosts, l.etag = hosts, etag
	return nil
}

// reconcile observes, plans, applies and reads back. It returns no statuses if the app could not be read, and when to look again.
func (a *Apps) reconcile(ctx context.Context, snapshot desired.Snapshot) (map[string]plan.Status, time.Duration, error) {
	l, err := a.readLedger(ctx)
	if err != nil {
		return nil, 0, err
	}
	p, state, err := a.look(ctx, snapshot, l)
	if err != nil {
		return nil, 0, err
	}
	if p.Refused != "" {
		a.log.WarnContext(ctx, "keeping domains of the app that are no longer needed", "reason", p.Refused)
	}
	var applyErr error
	switch {
	case p.Empty():
		hosts := without(l.Hosts, p.Forget)
		maps.Copy(hosts, p.Adopt)
		if applyErr = a.write(ctx, &l, hosts); applyErr == nil && len(p.Adopt) > 0 {
			a.log.InfoContext(ctx, "domains of the app were adopted", "hosts", slices.Sorted(maps.Keys(p.Adopt)))
		}
	case state.Busy:
		for id, status := range p.Statuses {
			if status.State == plan.Publishing {
				status.Reason = "The app is being deployed; the domain will be added afterwards."
				p.Statuses[id] = status
			}
		}
	default:
		applyErr = a.apply(ctx, &l, p)
		// What is true now, whatever the calls seemed to do.
		if p, _, err = a.look(ctx, snapshot, l); err != nil {
			return nil, 0, errors.Join(applyErr, err)
		}
		refused(p, applyErr)
	}
	again := time.Duration(1<<63 - 1)
	if state.Busy || slices.ContainsFunc(slices.Collect(maps.Values(p.Statuses)), func(s plan.Status) bool { return s.State == plan.Publishing }) {
		again = poll
	}
	return p.Statuses, again, applyErr
}

// refused explains what could not be added.
func refused(p plan.AppPlan, err error) {
	e, known := provider.Of(err)
	if !known {
		return
	}
	for _, id := range p.Add {
		status := plan.Status{State: plan.Publishing, Reason: "The app platform did not accept the change; mocloud will try again."}
		if e.Terminal() {
			status = plan.Status{State: plan.OfflineInvalid, Reason: "The app platform rejected the domain: " + e.Message}
		}
		p.Statuses[id] = status
	}
}

func (a *Apps) look(ctx context.Context, snapshot desired.Snapshot, l ledger) (plan.AppPlan, provider.AppState, error) {
	state, err := a.app.Domains(ctx)
	if err != nil {
		return plan.AppPlan{}, state, err
	}
	return plan.Apps(a.cfg, plan.AppInput{Desired: snapshot, App: state, Ledger: l.Hosts, Now: time.Now()}), state, nil
}

// apply makes the changes in one step, because each rolls the app. If the platform refuses them as a whole, they are made one by
// one: a domain's fault is its own.
func (a *Apps) apply(ctx context.Context, l *ledger, p plan.AppPlan) error {
	hosts := maps.Clone(l.Hosts)
	maps.Copy(hosts, p.Add)
	maps.Copy(hosts, p.Adopt)
	if err := a.write(ctx, l, hosts); err != nil {
		return err
	}
	add := slices.Sorted(maps.Keys(p.Add))
	err := a.app.Apply(ctx, add, p.Remove)
	if e, known := provider.Of(err); known && e.Terminal() && len(add)+len(p.Remove) > 1 {
		err = a.oneByOne(ctx, add, p.Remove)
	}
	a.log.InfoContext(ctx, "domains of the app changed", "added", add, "removed", p.Remove, "error", err)
	if err != nil {
		return err
	}
	return a.write(ctx, l, without(l.Hosts, append(slices.Clone(p.Remove), p.Forget...)))
}

func (a *Apps) oneByOne(ctx context.Context, add, remove []string) error {
	var errs []error
	for _, host := range remove {
		errs = append(errs, a.app.Apply(ctx, nil, []string{host}))
	}
	for _, host := range add {
		errs = append(errs, a.app.Apply(ctx, []string{host}, nil))
	}
	return errors.Join(errs...)
}

func without(hosts map[string]string, gone []string) map[string]string {
	rest := maps.Clone(hosts)
	for _, host := range gone {
		delete(rest, host)
	}
	return rest
}
