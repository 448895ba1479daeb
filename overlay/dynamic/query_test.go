package dynamic

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// String writes an action down: probes as "ID/TTL".
func (a Action) String() string {
	var words []string
	for _, p := range a.Probes {
		words = append(words, fmt.Sprintf("%d/%d", p.ID, p.TTL))
	}
	if a.AskLeaf {
		words = append(words, "ask leaf")
	}
	if a.Done {
		words = append(words, "done")
	}
	return strings.Join(words, " ")
}

// ultrapeers are n neighbors of degree 32 and TTL 4, from ID first on, without
// tables, with empty queues.
func ultrapeers(first, n int, change ...func(*Candidate)) (all []Candidate) {
	for i := range n {
		c := Candidate{ID: uint64(first + i), Degree: 32, MaxTTL: 4}
		for _, f := range change {
			f(&c)
		}
		all = append(all, c)
	}
	return all
}

func matching(c *Candidate) { c.Table, c.Matches = true, true }
func missing(c *Candidate)  { c.Table, c.Matches = true, false }
func probing(c *Candidate)  { c.Probes = true }
func ttl(n uint8) func(*Candidate) {
	return func(c *Candidate) { c.MaxTTL = n }
}
func queue(n int) func(*Candidate) {
	return func(c *Candidate) { c.Queue = n }
}

func join(groups ...[]Candidate) (all []Candidate) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// event is something that happens to a query, and what it does then.
type event struct {
	after time.Duration // since the event before; or
	due   bool          // when the query says it is due
	hits  int
	kept  int // what the leaf says; 0 is nothing
	stop  bool
	from  []Candidate // who can be asked from now on
	want  string      // the action
	wait  time.Duration
	end   End
}

// TestEvents plays queries.
func TestEvents(t *testing.T) {
	const probe3 = 3 * (1500 + 3700) * time.Millisecond
	const step = 3700 * time.Millisecond
	none := []Candidate{}
	for _, test := range []struct {
		name   string
		cfg    Config
		events []event
	}{
		{"nobody there", Own(), []event{
			{from: none, want: "done", end: EndExhausted},
			{after: time.Hour, from: ultrapeers(1, 9), want: "done", end: EndExhausted},
		}},
		{"nobody there yet", Config{Linger: time.Minute}, []event{
			{from: none, want: "", wait: lingerWait},
			{due: true, from: ultrapeers(1, 1), want: "1/4", wait: step - hurry},
			{due: true, want: "", wait: lingerWait},
			{due: true, from: ultrapeers(1, 2), want: "2/4", wait: step - 2*hurry},
			{after: time.Minute, want: "done", end: EndExhausted},
		}},
		{"three are probed, then one after another, each once", Own(), []event{
			{from: ultrapeers(1, 5), want: "1/4 2/4 3/4", wait: probe3},
			{after: probe3 - 1, want: "", wait: 1},
			{after: 1, want: "4/4", wait: step - hurry},
			{due: true, want: "5/4", wait: step - 2*hurry},
			{due: true, want: "done", end: EndExhausted},
		}},
		{"no table matches: no probe", Own(), []event{
			{from: ultrapeers(1, 2, missing), want: "1/4", wait: step - hurry},
			{due: true, want: "2/4", wait: step - 2*hurry},
		}},
		{"those that match come first", Own(), []event{
			{from: join(ultrapeers(1, 3, missing), ultrapeers(4, 2, matching), ultrapeers(6, 2)), want: "4/4 5/4 6/4", wait: probe3},
			{due: true, want: "7/4", wait: step - hurry},
			{due: true, want: "1/4", wait: step - 2*hurry},
		}},
		{"a short queue is better than a match", Own(), []event{
			{from: join(ultrapeers(1, 3, matching, queue(queueGrain)), ultrapeers(4, 3, missing), ultrapeers(7, 3, queue(queueGrain-1))),
				want: "7/4 8/4 9/4", wait: probe3},
			{due: true, want: "4/4", wait: step - hurry},
		}},
		{"queues that hardly differ are alike", Own(), []event{
			{from: join(ultrapeers(1, 1, missing), ultrapeers(2, 1, matching, queue(2000)), ultrapeers(3, 1, matching, queue(100))),
				want: "3/4 2/4", wait: probe3 * 2 / 3},
			{due: true, want: "1/4"},
		}},
		{"something common is probed less far", Own(), []event{
			{from: ultrapeers(1, commonMatches), want: "1/4 2/4 3/4"},
		}},
		{"more than 9 match", Own(), []event{
			{from: ultrapeers(1, commonMatches+1, matching), want: "1/3 2/3 3/3"},
		}},
		{"more than 18 match", Own(), []event{
			{from: ultrapeers(1, plentyMatches+1, matching), want: "1/2 2/2 3/2"},
		}},
		{"no probe has TTL 0", Config{TTL: 1}, []event{
			{from: ultrapeers(1, plentyMatches+1, matching), want: "1/1 2/1 3/1"},
		}},
		{"a neighbor's own limit", Own(), []event{
			{from: join(ultrapeers(1, 3, ttl(3)), ultrapeers(4, 1, ttl(2)), ultrapeers(5, 1, ttl(0)), ultrapeers(6, 1, ttl(9))), want: "1/3 2/3 3/3"},
			{due: true, want: "4/2"}, {due: true, want: "5/4"}, {due: true, want: "6/4"},
		}},
		{"links at most", Config{Links: 2}, []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4", wait: probe3 * 2 / 3},
			{due: true, want: "done", end: EndExhausted},
		}},
		{"salt gives another order", Config{Salt: 3}, []event{
			{from: ultrapeers(1, 5), want: "3/4 2/4 1/4"}, // 3^3 = 0, 2^3 = 1, 1^3 = 2
			{due: true, want: "5/4"},                      // 5^3 = 6
			{due: true, want: "4/4"},                      // 4^3 = 7
		}},
		{"the target is reached", Own(), []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4", wait: probe3},
			{after: time.Second, hits: 149, want: "", wait: probe3 - time.Second},
			{after: time.Second, hits: 1, want: "done", end: EndTarget},
		}},
		{"a leaf's target", ForLeaf(), []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{after: time.Second, hits: 49, want: ""},
			{hits: 1, want: "done", end: EndTarget},
		}},
		{"a URN's target", Own().URN(), []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{hits: 5, want: ""},
			{hits: 1, want: "done", end: EndTarget},
		}},
		{"a leaf's target for a URN", ForLeaf().URN(), []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{hits: 1, want: ""},
			{hits: 1, want: "done", end: EndTarget},
		}},
		{"enough before anybody was asked", ForLeaf(), []event{
			{hits: 50, from: ultrapeers(1, 9), want: "done", end: EndTarget},
		}},
		// 3 probes with TTL 2 reach 3 * 25.6 = 76.8 hosts, TTL 3 would reach 635 each.
		{"TTL by what is missing, little", Own(), []event{
			{from: ultrapeers(1, 20, matching), want: "1/2 2/2 3/2", wait: probe3},
			// 140 hits: 1.8 a host; 10 are missing: 5.5 hosts, 0.3 through each of 17.
			{due: true, hits: 140, want: "4/1", wait: step},
			// Of 77.8 hosts; 5.6 hosts, 0.3 through each of 16.
			{due: true, want: "5/1", wait: step},
		}},
		{"TTL by what is missing, some", Own(), []event{
			{from: ultrapeers(1, 20, matching), want: "1/2 2/2 3/2", wait: probe3},
			// 22 hits, 0.286 a host; 128 are missing: 447 hosts, 26.3 through each of 17.
			{due: true, hits: 22, want: "4/3", wait: step},
		}},
		{"TTL by what is missing, a bit less", Own(), []event{
			{from: ultrapeers(1, 20, matching), want: "1/2 2/2 3/2", wait: probe3},
			// 23 hits, 0.299 a host; 127 are missing: 424 hosts, 24.9 through each of 17.
			{due: true, hits: 23, want: "4/2", wait: step},
		}},
		{"TTL by what is missing, nearly all", Own(), []event{
			{from: ultrapeers(1, 20, matching), want: "1/2 2/2 3/2", wait: probe3},
			// 1 hit, 0.013 a host; 149 are missing: 11,443 hosts, 673 through each of 17.
			{due: true, hits: 1, want: "4/4", wait: step - hurry},
		}},
		{"TTL by what is missing, none came", Own(), []event{
			{from: ultrapeers(1, 20, matching), want: "1/2 2/2 3/2", wait: probe3},
			{due: true, want: "4/4", wait: step - hurry},
		}},
		{"TTL 1 is not for tables that do not match", Own(), []event{
			{from: join(ultrapeers(1, 19, matching), ultrapeers(20, 1, missing)), want: "1/2 2/2 3/2"},
			{due: true, hits: 140, from: join(ultrapeers(1, 3, matching), ultrapeers(20, 9, missing), ultrapeers(4, 1, matching, queue(9999))), want: "4/1"},
			{due: true, want: "20/2"}, // none of the others match: one hop further
		}},
		{"TTL 1 is all that is left", Config{TTL: 1}, []event{
			{from: join(ultrapeers(1, 1, matching), ultrapeers(2, 9, missing)), want: "1/1"},
			{due: true, want: "done", end: EndExhausted},
		}},
		{"asked again further, those who take it", Own(), []event{
			{from: join(ultrapeers(1, 17, matching), ultrapeers(18, 2, matching, probing)), want: "1/2 2/2 3/2"},
			{due: true, from: join(ultrapeers(1, 2, matching), ultrapeers(3, 1, matching, probing)), want: "3/4"},
			{due: true, want: "done", end: EndExhausted},
		}},
		{"asked again, no further than it takes", Own(), []event{
			{from: ultrapeers(1, 19, matching, probing), want: "1/2 2/2 3/2"},
			// 80 hits of 76.8 hosts, 70 missing: 67 hosts.
			{due: true, hits: 80, from: ultrapeers(1, 1, matching, probing), want: "1/3"},
			{due: true, want: "1/4"},
			{due: true, want: "done", end: EndExhausted},
		}},
		{"others come first", Own(), []event{
			{from: ultrapeers(1, 19, matching, probing), want: "1/2 2/2 3/2"},
			{due: true, from: join(ultrapeers(1, 19, matching, probing), ultrapeers(20, 1, missing, queue(99999)))[3:], want: "4/4"},
		}},
		{"the wait shortens while hits are rare, down to 1.5 s", Own(), func() (events []event) {
			events = append(events, event{from: ultrapeers(1, 31), want: "1/2 2/2 3/2", wait: probe3})
			for i := range 25 {
				events = append(events, event{due: true, want: fmt.Sprintf("%d/4", i+4), wait: max(leastWait, step-time.Duration(i+1)*hurry)})
			}
			return events
		}()},
		{"the horizon", Own(), func() (events []event) {
			all := ultrapeers(1, 32)
			for i := range all {
				all[i].Degree = 33
			}
			events = append(events, event{from: all[:9], want: "1/4 2/4 3/4"})
			for i := range 26 { // 17,313 hosts each: 29 of them are 502,080
				events = append(events, event{due: true, from: all, want: fmt.Sprintf("%d/4", i+4)})
			}
			return append(events, event{due: true, want: "done", end: EndHorizon})
		}()},
		{"ten minutes", Own(), []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{after: maxAge - 1, want: "4/4", wait: 1},
			{after: 1, want: "done", end: EndAge},
		}},
		{"the search is closed", Own(), []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{stop: true, want: "done", end: EndStopped},
		}},
		{"the leaf says stop", ForLeaf(), []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{kept: stopKept, want: "done", end: EndLeaf},
		}},
		{"full queues: no more than three queries wait", Own(), []event{
			{from: ultrapeers(1, 5, queue(queueGrain)), want: "1/4 2/4 3/4", wait: probe3},
			{after: time.Second, want: "", wait: probe3 - time.Second},
			{due: true, want: "4/4", wait: step - hurry},                                                       // the first have waited for 10 s
			{due: true, from: ultrapeers(4, 9, queue(queueGrain)), want: "5/4", wait: 4700 * time.Millisecond}, // 1 more waits
			{after: time.Second, want: "", wait: 3700 * time.Millisecond},
			{due: true, want: "6/4", wait: 3400*time.Millisecond + 2*queuedWait}, // 2 more
			{due: true, from: join(ultrapeers(4, 2), ultrapeers(6, 9, queue(queueGrain))), want: "7/4", wait: 3300*time.Millisecond + queuedWait},
		}},
		{"full queues, short waits: the fourth is not asked", Config{Links: 99}, func() (events []event) {
			small := func(c *Candidate) { c.Degree = 20 }
			events = append(events, event{from: ultrapeers(1, 31, small), want: "1/2 2/2 3/2"})
			for i := range 27 {
				events = append(events, event{due: true, want: fmt.Sprintf("%d/4", i+4)})
			}
			return append(events,
				event{due: true, from: join(ultrapeers(1, 30, small), ultrapeers(50, 9, small, queue(queueGrain))), want: "50/4", wait: leastWait},
				event{due: true, want: "51/4", wait: leastWait + queuedWait},
				event{due: true, want: "52/4", wait: leastWait + 2*queuedWait},
				event{due: true, want: "", wait: leastWait}, // after 8.1 s
				event{due: true, want: "", wait: leastWait}, // after 9.6 s
				event{due: true, want: "53/4", wait: leastWait + 2*queuedWait},
			)
		}()},
		{"guided: asked after three neighbors and 20 hits", Config{Leaf: true, Guided: true, Target: 100}, []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4", wait: probe3},
			{due: true, hits: 20, want: "ask leaf", wait: statusWait},
			{after: time.Second, kept: 60, want: "4/4"}, // 20 count
			{due: true, hits: 79, want: "5/3"},          // 20 + 79
			{due: true, want: "6/3"},
			{due: true, want: "ask leaf", wait: statusWait},
			{kept: 237, want: "7/4"}, // 79, and none since
			{due: true, kept: 300, want: "done", end: EndTarget},
		}},
		{"guided: not asked for a few hits", Config{Leaf: true, Guided: true}, []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{due: true, hits: 19, want: "4/4"},
			{due: true, hits: 1, want: "ask leaf"},
		}},
		{"guided: silent twice, not asked again", Config{Leaf: true, Guided: true, Target: 500}, []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{due: true, hits: 20, want: "ask leaf", wait: statusWait},
			{after: statusWait - 1, want: ""},
			{after: 1, want: "4/4"},
			{due: true, hits: 20, want: "ask leaf", wait: statusWait},
			{due: true, want: "5/4"},
			{due: true, hits: 20, want: "6/4"},
			{due: true, hits: 20, want: "7/4"},
		}},
		{"a leaf that tells unasked is guided", ForLeaf(), []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{due: true, hits: 49, kept: 30, want: "4/4"}, // 10 count
			{due: true, want: "5/4"}, {due: true, want: "6/4"},
			{due: true, hits: 20, want: "ask leaf"},
		}},
		{"a leaf that keeps nothing", Config{Leaf: true, Guided: true}, func() (events []event) {
			events = append(events, event{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"})
			for range 25 {
				events = append(events, event{hits: 40, kept: 1, want: ""})
			}
			return append(events, event{hits: 1, kept: 1, want: "done", end: EndUnkept}) // the 1,001st
		}()},
		{"hits that go past us, a leaf that guides", Config{Leaf: true, Guided: true, Unseen: true}, []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{due: true, want: "ask leaf"},
			{kept: 90, want: "4/4"}, // 30 count
			{kept: 150, want: "done", end: EndTarget},
		}},
		{"hits that go past us, a leaf that does not guide", Config{Leaf: true, Unseen: true}, []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{due: true, want: "done", end: EndUnguided},
		}},
		{"our own filters: what was kept counts, and nobody is asked", Own(), []event{
			{from: ultrapeers(1, 9), want: "1/4 2/4 3/4"},
			{due: true, hits: 149, kept: 30, want: "4/4"},
			{due: true, hits: 100, want: "5/4"},
			{kept: 150, want: "done", end: EndTarget},
		}},
	} {
		t.Run(test.name, func(t *testing.T) { play(t, New(start, test.cfg), test.events) })
	}
}

func play(t *testing.T, q *Query, events []event) {
	now := start
	var from []Candidate
	for i, e := range events {
		if e.due {
			now = q.Due()
		}
		now = now.Add(e.after)
		if e.from != nil {
			from = e.from
		}
		if e.hits > 0 {
			q.Hits(e.hits)
		}
		if e.kept > 0 {
			q.Kept(uint16(e.kept))
		}
		if e.stop {
			q.Stop()
		}
		if got := q.Step(now, from).String(); got != e.want {
			t.Fatalf("event %d: %q, want %q (horizon %d, %d results)", i, got, e.want, q.Horizon(), q.Results())
		}
		if q.End() != e.end {
			t.Fatalf("event %d: end %v, want %v", i, q.End(), e.end)
		}
		if got := q.Due().Sub(now); e.wait != 0 && got != e.wait {
			t.Fatalf("event %d: due in %v, want %v", i, got, e.wait)
		}
	}
}

// TestPace: the whole schedule is faster in proportion: the wait for the probe,
// the waits that shorten down to the least, and those for queues.
func TestPace(t *testing.T) {
	small := func(c *Candidate) { c.Degree = 20 }
	for _, times := range []time.Duration{1, 2, 10, 1000} {
		t.Run(fmt.Sprintf("%d times as fast", times), func(t *testing.T) {
			events := []event{{from: ultrapeers(1, 31, small), want: "1/2 2/2 3/2", wait: 3 * (probeWait + stepWait) / times}}
			wait := stepWait
			for i := range 27 {
				wait = max(leastWait, wait-hurry)
				events = append(events, event{due: true, want: fmt.Sprintf("%d/4", i+4), wait: wait / times})
			}
			full := join(ultrapeers(1, 30, small), ultrapeers(50, 9, small, queue(queueGrain)))
			events = append(events,
				event{due: true, from: full, want: "50/4", wait: leastWait / times},
				event{due: true, want: "51/4", wait: (leastWait + queuedWait) / times},
				event{due: true, want: "52/4", wait: (leastWait + 2*queuedWait) / times},
				event{due: true, want: "", wait: leastWait / times},
			)
			play(t, New(start, Config{Links: 99, Pace: stepWait / times}), events)
		})
	}
}

// TestZeroConfig: nothing needs to be set.
func TestZeroConfig(t *testing.T) {
	for _, test := range []struct{ got, want Config }{
		{Config{}.withDefaults(), Config{Target: 150, TTL: 4, Links: 32, Pace: stepWait}},
		{Own(), Config{Target: 150, TTL: 4, Links: 32, Pace: stepWait}},
		{ForLeaf(), Config{Target: 50, TTL: 4, Links: 32, Leaf: true, Pace: stepWait}},
		{Own().URN(), Config{Target: 6, TTL: 4, Links: 32, Pace: stepWait}},
		{ForLeaf().URN(), Config{Target: 2, TTL: 4, Links: 32, Leaf: true, Pace: stepWait}},
		{Config{Target: 3}.URN(), Config{Target: 1, TTL: 4, Links: 32, Pace: stepWait}},
		{Config{Pace: -1}.withDefaults(), Config{Target: 150, TTL: 4, Links: 32, Pace: stepWait}},
		{Config{Pace: 1}.withDefaults(), Config{Target: 150, TTL: 4, Links: 32, Pace: leastPace}},
		{Config{Pace: time.Second}.withDefaults(), Config{Target: 150, TTL: 4, Links: 32, Pace: time.Second}},
		{Config{Pace: stepWait + 1}.withDefaults(), Config{Target: 150, TTL: 4, Links: 32, Pace: stepWait}},
		{Config{TTL: 7}.withDefaults(), Config{Target: 150, TTL: 4, Links: 32, Pace: stepWait}},
	} {
		if test.got != test.want {
			t.Errorf("%+v, want %+v", test.got, test.want)
		}
	}
}

// TestOwnLeaves takes our own leaves for a sample: when many of them match their
// hits are waited for, and a probe goes only as far as it takes if other
// ultrapeers have as many.
func TestOwnLeaves(t *testing.T) {
	for _, test := range []struct {
		leaves int
		first  string // the probe
		wait   time.Duration
	}{
		{0, "1/4 2/4 3/4", 0},
		{7, "1/4 2/4 3/4", 0},        // too few to tell
		{8, "1/1 2/1 3/1", stepWait}, // 3 * 25.6 * 8 > 150
	} {
		q := New(start, Config{Leaves: test.leaves})
		if got := q.Due().Sub(start); got != test.wait {
			t.Errorf("with %d leaves: waits %v, want %v", test.leaves, got, test.wait)
		}
		if got := q.Step(q.Due(), ultrapeers(1, 5)).String(); got != test.first {
			t.Errorf("with %d leaves: %q, want %q", test.leaves, got, test.first)
		}
	}
	small := func(c *Candidate) { c.Degree = 4 } // 3 * 3.2 * 8 <= 150 < 3 * 8.3 * 8
	q := New(start, Config{Leaves: 8})
	if got := q.Step(q.Due(), ultrapeers(1, 5, small)).String(); got != "1/2 2/2 3/2" {
		t.Errorf("neighbors of degree 4: %q", got)
	}
}

// TestEndNames: every end has a name of its own.
func TestEndNames(t *testing.T) {
	seen := map[string]bool{}
	for e := range ends + 1 {
		if name := e.String(); name == "" || seen[name] {
			t.Errorf("end %d is called %q", int(e), name)
		} else {
			seen[name] = true
		}
	}
}
