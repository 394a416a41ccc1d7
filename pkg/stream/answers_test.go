package stream

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
)

// TestOnlyItsOwnAnswers: what another instance asked for is not looked at, nor what cannot be.
func TestOnlyItsOwnAnswers(t *testing.T) {
	c := consumerOf(t, newSimBus(1, faults{}), newSimHandler())
	for text, understood := range map[string]bool{
		`{"v":1,"instance":"i1","epoch":"e1","to":1,"head":1}`: true,
		`{"v":1,"epoch":"e1","to":1,"head":1}`:                 true,
		`{"v":1,"instance":"i2","epoch":"e1","to":1,"head":1}`: false,
		`{"v":2,"instance":"i1","epoch":"e1","to":1,"head":1}`: false,
		`{"v":1`: false,
	} {
		got, err := c.decode(message{mocks.batch(), []byte(text)})
		if (err == nil && got != nil) != understood {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, understood := range map[string]bool{
		`{"stream":"mocks","epoch":"e1","number":1,"type":"mock.updated","version":1}`:   true,
		`{"stream":"unified","epoch":"e1","number":1,"type":"mock.updated","version":1}`: false,
		`{"stream":"mocks","epoch":"e1","type":"mock.updated","version":1}`:              false,
		`{"stream":"mocks","number":1,"type":"mock.updated","version":1}`:                false,
	} {
		if _, err := c.decode(message{"mock.updated", []byte(text)}); (err == nil) != understood {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestAnswersThatCannotBe are refused, whoever sent them.
func TestAnswersThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{`{"from":1,"to":4,"head":4,"changes":[{"number":2},{"number":4}]}`, true},
		{`{"from":4,"to":4,"head":4}`, true},
		{`{"from":5,"to":4,"head":6}`, false},
		{`{"from":1,"to":4,"head":3}`, false},
		{`{"from":1,"to":4,"head":4,"changes":[{"number":1}]}`, false},
		{`{"from":1,"to":4,"head":4,"changes":[{"number":5}]}`, false},
		{`{"from":1,"to":4,"head":9,"changes":[{"number":3},{"number":3}]}`, false},
		{`{"from":1,"to":4,"head":9,"changes":[{"number":3},{"number":2}]}`, false},
	} {
		var a answer
		if err := json.Unmarshal([]byte(c.text), &a); err != nil {
			t.Fatal(err)
		}
		if _, err := a.batch(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

// TestLateAnswers: the answer to a request that was given up is taken, but not in a replay from 0, whose pages depend on what each
// request said, and not as news of another epoch.
func TestLateAnswers(t *testing.T) {
	late := func(start Position, a answer) uint64 {
		l := newLoop(consumerOf(t, newSimBus(1, faults{}), newSimHandler()), start)
		a.Request = "given up"
		l.take(&a)
		if l.resync != "" {
			t.Errorf("%+v begins epoch %s", a, l.resync)
		}
		return l.tracker.head
	}
	if head := late(Position{"e1", 3}, answer{Epoch: "e1", From: 3, To: 5, Head: 5}); head != 5 {
		t.Error("what it says is lost")
	}
	if head := late(Position{}, answer{Epoch: "e1", From: 0, To: 5, Head: 5}); head != 0 {
		t.Error("it is a page of another replay from 0")
	}
	if head := late(Position{"e1", 3}, answer{Epoch: "e2", From: 3, To: 5, Head: 5}); head != 3 {
		t.Error("it is of another epoch")
	}
	if head := late(Position{"e1", 3}, answer{Epoch: "e1", From: 3, To: 3, Head: 5, TooOld: true}); head != 3 {
		t.Error("it says that the log forgot, which it may have said to another position")
	}
}

// TestAnswerThatIsNone: an answer that covers nothing although there is more does not end the request, which is repeated in its time.
func TestAnswerThatIsNone(t *testing.T) {
	l := newLoop(consumerOf(t, newSimBus(1, faults{}), newSimHandler()), Position{"e1", 3})
	l.connected, l.asked, l.askedFrom = true, "r", 3
	l.take(&answer{Request: "r", Epoch: "e1", From: 3, To: 3, Head: 5})
	if l.asked != "r" || l.want {
		t.Errorf("asked %q, want %v", l.asked, l.want)
	}
	l.take(&answer{Request: "r", Epoch: "e1", From: 3, To: 4, Head: 5})
	if l.asked != "" || !l.want {
		t.Errorf("after a real one: asked %q, want %v", l.asked, l.want)
	}
}

// hookedLog does something while it is read.
type hookedLog struct {
	*simLog
	while func()
}

func (l *hookedLog) After(ctx context.Context, number uint64, limit int) (Batch, error) {
	l.while()
	return l.simLog.After(ctx, number, limit)
}

// TestLogChangesWhileItIsRead: between the questions of one answer the log may forget, or be put back.
func TestLogChangesWhileItIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		while  func(*simLog)
		asks   request
		tooOld bool
		epoch  string
	}{
		"nothing":            {func(*simLog) {}, request{Epoch: "e1", After: 2}, false, "e1"},
		"forgets":            {func(l *simLog) { l.commit("a", true); l.purge() }, request{Epoch: "e1", After: 2}, true, "e1"},
		"forgets before":     {func(*simLog) {}, request{Epoch: "e0", After: 2}, true, "e1"},
		"is put back":        {func(l *simLog) { l.restore("e2") }, request{Epoch: "e1", After: 2}, true, "e2"},
		"is put back, anew":  {func(l *simLog) { l.restore("e2") }, request{}, false, "e2"},
		"forgets, as before": {func(l *simLog) { l.purge() }, request{Epoch: "e1", After: 4}, false, "e1"},
	} {
		l := newSimLog("e1")
		for _, key := range []string{"a", "b", "c", "d"} {
			l.commit(key, false)
		}
		p := producerOf(t, newSimBus(1, faults{}), &hookedLog{l, func() { c.while(l) }})
		a, err := p.replay(t.Context(), c.asks)
		if err != nil || a.TooOld != c.tooOld || a.Epoch != c.epoch {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

// TestForgottenToTheNumber: who stands at the last forgotten tombstone has seen it; who stands before it has not.
func TestForgottenToTheNumber(t *testing.T) {
	for after, misses := range map[uint64]bool{0: false, 1: true, 4: true, 5: false, 6: false} {
		if got := (request{After: after}).misses(5); got != misses {
			t.Errorf("after %d: %v", after, got)
		}
	}
}

// moreLog says that there is more than its head.
type moreLog struct{ *simLog }

func (l moreLog) After(ctx context.Context, number uint64, limit int) (Batch, error) {
	b, err := l.simLog.After(ctx, number, limit)
	b.More = true
	return b, err
}

// TestAnswerNeverLooksComplete when the log says that there is more, also where the head is not known to have moved.
func TestAnswerNeverLooksComplete(t *testing.T) {
	l := newSimLog("e1")
	l.commit("a", false)
	p := producerOf(t, newSimBus(1, faults{}), moreLog{l})
	a, err := p.replay(t.Context(), request{})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := a.batch(); err != nil || !b.More || b.To != 1 {
		t.Errorf("%+v, %v", b, err)
	}
}

// TestClaims: of two producers one answers; one that cannot read its log leaves the request to the other.
func TestClaims(t *testing.T) {
	b, l := newSimBus(1, faults{}), newSimLog("e1")
	l.commit("a", false)
	answers := tap(t, b, mocks.batch())
	broken := newSimLog("e1")
	broken.fail = true
	r := request{V: wireVersion, Request: "r", Instance: "i1"}
	if err := producerOf(t, b, broken).answer(t.Context(), r); !errors.Is(err, errSim) {
		t.Error(err)
	}
	if err := producerOf(t, b, newSimLog("")).answer(t.Context(), r); err != nil { // it has nothing to say yet
		t.Error(err)
	}
	for range 2 {
		if err := producerOf(t, b, l).answer(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	if len(answers.queue) != 1 {
		t.Errorf("%d answers", len(answers.queue))
	}
}
