package bench

import (
	"testing"
	"time"

	"filbert/overlay/qrp"
	"filbert/overlay/wire"
	"filbert/query/keyword"
)

// brief measures some cases with a small network.
func brief(t *testing.T, cfg RelayConfig) *Report {
	t.Helper()
	cfg.Duration, cfg.Runs = 200*time.Millisecond, 2
	r, err := Relay(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

func (s *RelaySide) checkExact(t *testing.T, name string) {
	t.Helper()
	if !s.Exact() || s.Stalls != 0 || s.Copies == 0 || s.Copies != s.Expected || len(s.Drops) > 0 {
		t.Errorf("%s: %d of %d copies, lost %d, repeated %d, altered %d, strays %d, stalls %d, drops %v", name,
			s.Copies, s.Expected, s.Lost, s.Repeated, s.Altered, s.Strays, s.Stalls, s.Drops)
	}
	if s.CPUShare.Min <= 0 || s.Resident < 1<<20 || s.Latency.P50 <= 0 {
		t.Errorf("%s: %v seconds of processor time a second, %d bytes, latency %v", name, s.CPUShare.Min, s.Resident, s.Latency.P50)
	}
}

// TestRate: at a modest rate nothing is lost, whatever else the machine does.
func TestRate(t *testing.T) {
	all := brief(t, RelayConfig{Cases: []Case{CaseRate}, Rate: 2000, Connections: 4})
	r := all.Rate
	r.Bare.checkExact(t, "bare")
	r.Filbert.checkExact(t, "filbert")
	if sent := r.Filbert.MessagesPerSecond.Max; sent <= 0 || sent > 1.1*2000 {
		t.Errorf("%.0f messages a second were sent, more than 2000", sent)
	}
	reads(t, all, "2000 messages/s", "CPU per copy, filbert to bare", "target: at least 99 %")
}

// TestLeaves: each query reaches the ultrapeers and the leaves it is for, and no
// other leaf, with deflate and without.
func TestLeaves(t *testing.T) {
	all := brief(t, RelayConfig{Cases: []Case{CaseLeaves}, Connections: 3, Leaves: 20})
	r := all.Leaves
	r.Bare.checkExact(t, "bare")
	r.Plain.checkExact(t, "plain")
	r.Routed.checkExact(t, "leaves")
	r.Deflated.checkExact(t, "leaves, deflate")
	if !r.Held || r.Match != 0.05 {
		t.Errorf("held %v, match %v", r.Held, r.Match)
	}
	if r.Plain.Expected%2 != 0 || r.Routed.Expected%3 != 0 {
		t.Errorf("%d copies of two each, %d of two and a leaf's each", r.Plain.Expected, r.Routed.Expected)
	}
	reads(t, all, "3 ultrapeers and 20 leaves", "leaves, deflate to plain", "to the wrong leaf")
}

// TestIdle and TestTables hold a smaller network against the bound of the whole,
// which the race detector's own memory fits in, and its heap against a smaller one.
func TestIdle(t *testing.T) {
	all := brief(t, RelayConfig{Cases: []Case{CaseIdle}, Neighbors: 4, Leaves: 40})
	r := all.Idle
	for name, s := range map[string]*IdleSide{"deflate": &r.Deflated, "TLS": &r.Secured} {
		if s.Heap+s.Stacks > 16<<20 || s.Resident <= 0 || s.Peak < s.Resident || s.Start <= 0 || s.Heap <= 0 || s.Stacks <= 0 {
			t.Errorf("%s: %+v", name, s)
		}
		if s.Goroutines < 2*44 || s.BytesPerLeaf < 8<<10 || s.BytesPerLeaf > 200<<10 {
			t.Errorf("%s: %d goroutines, %.0f bytes a leaf", name, s.Goroutines, s.BytesPerLeaf)
		}
	}
	if !r.Held {
		t.Error("not held")
	}
	reads(t, all, "4 ultrapeers and 40 leaves", "KiB a leaf", "at most 160.0 MiB resident: held")
}

func TestTables(t *testing.T) {
	all := brief(t, RelayConfig{Cases: []Case{CaseTables}, Neighbors: 3, Leaves: 30})
	r := all.Tables
	const tables = 30 * (1 << qrp.LeafBits / 8)
	if r.Heap < tables || r.Heap > tables+16<<20 || r.Peak < r.Resident || r.Peak < r.Halfway {
		t.Errorf("30 tables of %d bytes: heap %d, resident %d, %d, at most %d", tables/30, r.Heap, r.Halfway, r.Resident, r.Peak)
	}
	if !r.Held || r.Slots != 1<<21 || r.WireBytes < 10_000 || r.Seconds <= 0 || r.CPU <= 0 {
		t.Errorf("%+v", r)
	}
	reads(t, all, "30 leaves send a table of 2097152 slots each", "patch under way", "never more than 160.0 MiB resident: held")
}

// TestShelf: a query is let through by the tables of its group and by no other.
func TestShelf(t *testing.T) {
	const leaves, groups = 60, 25
	s := shelf{groups: groups, room: textRoom(100), bits: leafBits, leaves: leaves}
	m := newGroupMessages(2, 100, groups)
	var sizes int64
	for g := range groups {
		sizes += s.size(g)
	}
	if sizes != leaves {
		t.Errorf("groups have %d leaves, want %d", sizes, leaves)
	}
	tables := make([]*qrp.Table, leaves)
	for i := range tables {
		tables[i] = s.table(i)
		if fill := tables[i].Fill(); fill < 0.009 || fill > 0.0105 {
			t.Errorf("table %d is %.4f full", i, fill)
		}
	}
	for number := range int64(200) {
		_, text, _, _ := wire.QueryText(wire.Frame(m.appendTo(nil, 1, number)).Payload())
		var q qrp.Words
		for w := range keyword.Words(keyword.Normalize(string(text))) {
			q.Hashes = append(q.Hashes, keyword.Hash(w))
		}
		if len(q.Hashes) != 1+wordsOfGroup {
			t.Fatalf("%q has %d words", text, len(q.Hashes))
		}
		for i, table := range tables {
			if want := s.of(i) == m.group(1, number); table.Routes(q) != want {
				t.Fatalf("table %d lets %q through: %v", i, text, !want)
			}
		}
	}
}

// TestGroupMessages are recognised, of every size that has room.
func TestGroupMessages(t *testing.T) {
	for _, size := range []int{minGroupSize, 100, maxSize} {
		m := newGroupMessages(8, size, 100)
		for number := range int64(300) {
			f := afterHop(&m, 3, number)
			if s, n, ok := m.recognise(f); len(f) != size || !ok || s != 3 || n != number {
				t.Fatalf("message %d of %d bytes is taken for %d of %d, %v", number, len(f), n, s, ok)
			}
		}
	}
}

// TestStraysAreCounted has a leaf get what another should.
func TestStraysAreCounted(t *testing.T) {
	m := newGroupMessages(2, 100, 10)
	l := &load{plan: plan{messages: m, shelf: shelf{groups: 10, leaves: 10}}}
	for range 2 {
		l.senders = append(l.senders, newSender(l, len(l.senders), nil))
	}
	r := newReceiver(l, 5, 3, nil)
	for number := range int64(20) {
		if err := r.batch(afterHop(&m, 0, number)); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.take(); got.Copies != 2 || got.Strays != 18 {
		t.Errorf("of 20 messages 2 are its own; counted %d and %d strays", got.Copies, got.Strays)
	}
}
