package live

import (
	"context"
)

// set are followers.
type set = map[*EventFollower]struct{}

// EventFollower reads those Events that concern it, from a place. What concerns others costs it nothing. It belongs to one goroutine,
// which closes it.
type EventFollower struct {
	events  *Events
	account string        // OfAccount
	wake    chan struct{} // has something when there may be events

	// Guarded by the feed's lock.
	topics map[string]bool // the account, and the workspaces
	seen   uint64          // number of the last event that is behind it, whether it was given or concerned others
	first  uint64          // number of the first event that may concern it; 0 for none
	lost   bool            // where it wanted to begin is not known any more
}

// Follow begins after the event with the id after, or with the next event if that is empty. If what came after it is
// not known any more, a ResetEvent comes first. Until Concern, nothing but what the account alone may see comes, and resets.
func (e *Events) Follow(after, accountID string) *EventFollower {
	account := OfAccount(accountID)
	fl := &EventFollower{events: e, account: account, wake: make(chan struct{}, 1), topics: map[string]bool{account: true}}
	e.feed.mu.Lock()
	defer e.feed.mu.Unlock()
	e.followers[fl] = struct{}{}
	fl.begin(account)
	fl.seen = e.feed.end() - 1
	if after == "" {
		return fl
	}
	if seen, ok := e.number(after); ok && seen+1 >= e.feed.first && seen <= fl.seen {
		fl.seen = seen
		fl.again()
	} else {
		fl.lost = true
	}
	return fl
}

// Concern says which workspaces the follower may see from now on: it gets their events, those included that came since the last one
// that Next returned.
func (fl *EventFollower) Concern(workspaces map[string]bool) {
	f := fl.events.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	changed := false
	for topic := range fl.topics {
		if !workspaces[topic] && topic != fl.account {
			fl.end(topic)
			delete(fl.topics, topic)
		}
	}
	for topic, in := range workspaces {
		if in && !fl.topics[topic] {
			changed = true
			fl.topics[topic] = true
			fl.begin(topic)
		}
	}
	if changed {
		fl.again()
	}
}

// Close ends following.
func (fl *EventFollower) Close() {
	f := fl.events.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(fl.events.followers, fl)
	for topic := range fl.topics {
		fl.end(topic)
	}
	clear(fl.topics)
}

// begin has it woken by the events of a topic, and end has that no more.
func (fl *EventFollower) begin(topic string) {
	if fl.events.following[topic] == nil {
		fl.events.following[topic] = set{}
	}
	fl.events.following[topic][fl] = struct{}{}
}

func (fl *EventFollower) end(topic string) {
	delete(fl.events.following[topic], fl)
	if len(fl.events.following[topic]) == 0 {
		delete(fl.events.following, topic)
	}
}

// again has the events looked through once more that came since the last one that is behind it.
func (fl *EventFollower) again() {
	if fl.seen+1 < fl.events.feed.end() {
		fl.first = 0
		fl.notice(fl.seen + 1)
	}
}

// notice says that an event may concern it.
func (fl *EventFollower) notice(number uint64) {
	if fl.first == 0 {
		fl.first = number
	}
	select {
	case fl.wake <- struct{}{}:
	default:
	}
}

// Next waits for more events, and returns them in order. If some are gone that the follower has not seen, it is a ResetEvent that
// comes in their place. An event after which its access has to be asked is the last one of those that it returns, so that what follows
// is chosen by what Concern says then. position is the id to go on after, which is known beside an error, too. It returns ctx's error when ctx ends, and ErrStopping when the
// service does.
func (fl *EventFollower) Next(ctx context.Context) (events []Event, position string, err error) {
	for {
		if events, position = fl.take(); len(events) > 0 {
			return events, position, nil
		}
		select {
		case <-fl.wake:
		case <-fl.events.stopping:
			return nil, position, ErrStopping
		case <-ctx.Done():
			return nil, fl.pass(), ctx.Err()
		}
	}
}

// pass puts behind it what came since and concerned others, and returns the id of the last of it.
func (fl *EventFollower) pass() string {
	f := fl.events.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.first == 0 && !fl.lost {
		fl.seen = f.end() - 1
	}
	return fl.events.id(fl.seen)
}

// take returns the events that are there for it, and the id of the last one that is behind it then.
func (fl *EventFollower) take() (events []Event, position string) {
	f := fl.events.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	reset := func() ([]Event, string) {
		e, at := resetEvent(), fl.events.id(fl.seen)
		e.ID = at
		return []Event{e}, at
	}
	switch {
	case fl.lost:
		fl.lost = false
		return reset()
	case fl.first == 0:
		return nil, fl.events.id(fl.seen)
	case fl.first < f.first:
		fl.first, fl.seen = 0, f.end()-1 // what is left of them is in the lists, too
		return reset()
	}
	for number := fl.first; number < f.end(); number++ {
		e := f.items[number-f.first]
		if e.Name != ResetEvent && !fl.topics[e.topic] {
			continue
		}
		e.ID = fl.events.id(number)
		if events = append(events, e); e.concernsAccess() {
			if fl.seen, fl.first = number, number+1; fl.first == f.end() {
				fl.first = 0
			}
			return events, e.ID
		}
	}
	fl.first, fl.seen = 0, f.end()-1
	return events, fl.events.id(fl.seen)
}
