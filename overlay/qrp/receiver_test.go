package qrp

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"filbert/overlay/wire"
)

// start is when every test begins.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// deliver gives a receiver messages, as if they came one second apart, and fails
// on any fault. It returns the time after the last.
func deliver(t testing.TB, r *Receiver, now time.Time, messages []wire.Message) time.Time {
	t.Helper()
	for i, m := range messages {
		now = now.Add(time.Second)
		if _, f := receive(r, now, m); f != nil {
			t.Fatalf("message %d, %+v: %+v", i, m, f)
		}
	}
	return now
}

func receive(r *Receiver, now time.Time, m wire.Message) (bool, *Fault) {
	switch m := m.(type) {
	case *wire.RouteReset:
		return false, r.Reset(now, m)
	case *wire.RoutePatch:
		return r.Patch(now, m)
	}
	panic("no QRP message")
}

// reset and patch make messages; data is hex.
func reset(slots uint32, infinity uint8) *wire.RouteReset {
	return &wire.RouteReset{Slots: slots, Infinity: infinity}
}

func patch(seq, count, compressor, bits uint8, data string) *wire.RoutePatch {
	raw, err := hex.DecodeString(data)
	if err != nil {
		panic(err)
	}
	return &wire.RoutePatch{Seq: seq, Count: count, Compressor: compressor, Bits: bits, Data: raw}
}

// zipped is data as a zlib stream.
func zipped(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// flushedHex is data in hex as a zlib stream that may go on, in hex.
func flushedHex(data string) string {
	raw, err := hex.DecodeString(data)
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(raw)
	z.Flush()
	return hex.EncodeToString(b.Bytes())
}

func zippedHex(data string) string {
	raw, err := hex.DecodeString(data)
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(zipped(raw))
}

// TestConversation plays what one neighbor sends and what its table is then.
func TestConversation(t *testing.T) {
	type step struct {
		send  wire.Message
		slots []uint32 // set in the table afterwards
		none  bool     // there is no table
		done  bool     // what Patch reports
	}
	both := []uint32{2, 5} // test and pdf
	flushed := flushedHex("00a00a00")
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"infinity 7, 4 bits, as published", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 0, 4, "00a00a00"), slots: both, done: true},
			{send: patch(1, 1, 0, 4, "00000600"), slots: []uint32{2}, done: true},
		}},
		{"infinity 2, 4 bits", []step{
			{send: reset(8, 2), none: true},
			{send: patch(1, 1, 0, 4, "00f00f00"), slots: both, done: true},
			{send: patch(1, 1, 0, 4, "00000100"), slots: []uint32{2}, done: true},
		}},
		{"infinity 1: to set is 0, which changes nothing", []step{
			{send: reset(8, 1), none: true},
			{send: patch(1, 1, 0, 4, "00000000"), slots: nil, done: true},
		}},
		{"set one, clear another", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 0, 4, "0000a000"), slots: []uint32{4}, done: true},
			{send: patch(1, 1, 0, 4, "00a06000"), slots: []uint32{2}, done: true},
		}},
		{"8 bits", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 0, 8, "0000fa0000fa0000"), slots: both, done: true},
			{send: patch(1, 1, 0, 8, "800000000006007f"), slots: []uint32{0, 2}, done: true},
		}},
		{"2 bits", []step{
			{send: reset(8, 2), none: true},
			{send: patch(1, 1, 0, 2, "0c30"), slots: both, done: true},
			{send: patch(1, 1, 0, 2, "8010"), slots: []uint32{0, 2}, done: true},
		}},
		{"1 bit flips, the first slot on top", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 0, 1, "24"), slots: both, done: true},
			{send: patch(1, 1, 0, 1, "81"), slots: []uint32{0, 2, 5, 7}, done: true},
			{send: patch(1, 1, 0, 1, "24"), slots: []uint32{0, 7}, done: true},
		}},
		{"deflated, as published", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 1, 4, "789c6358c0c5000001f800ab"), slots: both, done: true},
		}},
		{"deflated, the example of the specification", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 1, 4, "789c6358c0c0000001e400a1"), slots: []uint32{2}, done: true},
		}},
		{"deflated in parts, some of them empty", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 5, 1, 4, "78"), none: true},
			{send: patch(2, 5, 1, 4, "9c6358"), none: true},
			{send: patch(3, 5, 1, 4, ""), none: true},
			{send: patch(4, 5, 1, 4, "c0c5000001f8"), none: true},
			{send: patch(5, 5, 1, 4, "00ab"), slots: both, done: true},
		}},
		{"deflated without the end of the stream", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 1, 4, "789c6358c0c50000"), slots: both, done: true},
		}},
		{"deflated and flushed, without an end", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 2, 1, 4, flushed[:6]), none: true},
			{send: patch(2, 2, 1, 4, flushed[6:]), slots: both, done: true},
		}},
		{"plain in parts", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 3, 0, 4, "00"), none: true},
			{send: patch(2, 3, 0, 4, "a00a"), none: true},
			{send: patch(3, 3, 0, 4, "00"), slots: both, done: true},
			{send: patch(1, 2, 0, 4, "a000"), slots: []uint32{0, 2, 5}},
			{send: patch(2, 2, 0, 4, "0600"), slots: []uint32{0, 2}, done: true},
		}},
		{"plain, deflated and 1 bit in turn", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 0, 4, "a0000000"), slots: []uint32{0}, done: true},
			{send: patch(1, 1, 1, 4, zippedHex("0a000000")), slots: []uint32{0, 1}, done: true},
			{send: patch(1, 1, 0, 1, "c1"), slots: []uint32{7}, done: true},
		}},
		{"a RESET in the middle of a patch begins anew", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 2, 0, 4, "aaaa"), none: true},
			{send: reset(16, 7), none: true},
			{send: patch(1, 1, 0, 4, "00000000000000a0"), slots: []uint32{14}, done: true},
		}},
		{"a RESET of the same size clears", []step{
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 0, 4, "aaaaaaaa"), slots: []uint32{0, 1, 2, 3, 4, 5, 6, 7}, done: true},
			{send: reset(8, 7), none: true},
			{send: patch(1, 1, 0, 4, "00000000"), slots: nil, done: true},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewReceiver(MaxBits)
			for i, s := range test.steps {
				done, f := receive(r, start, s.send)
				if done != s.done || f != nil {
					t.Fatalf("step %d: done %v, fault %+v", i, done, f)
				}
				table := r.Table()
				if (table == nil) != s.none {
					t.Fatalf("step %d: table %v", i, table)
				}
				if table == nil {
					continue
				}
				if got := slotsOf(table); !slices.Equal(got, s.slots) || table.set != len(got) {
					t.Fatalf("step %d: slots %v, %d counted, want %v", i, got, table.set, s.slots)
				}
			}
		})
	}
}

// TestFaults: what ends a link, and what a BYE then says.
func TestFaults(t *testing.T) {
	begun := []wire.Message{reset(8, 7), patch(1, 3, 0, 4, "00")}
	zip := zippedHex("00a00a00")
	send := func(m ...wire.Message) []wire.Message { return m }
	for _, test := range []struct {
		name   string
		send   []wire.Message // the last one is at fault
		reason Reason
		code   uint16
	}{
		{"no slots", send(reset(0, 7)), ReasonSize, 413},
		{"4 slots", send(reset(4, 7)), ReasonSize, 413},
		{"9 slots", send(reset(9, 7)), ReasonSize, 413},
		{"65,535 slots", send(reset(65535, 7)), ReasonSize, 413},
		{"2^22 slots", send(reset(1<<22, 7)), ReasonSize, 413},
		{"2^31 slots", send(reset(1<<31, 7)), ReasonSize, 413},
		{"4 Gi - 1 slots", send(reset(1<<32-1, 7)), ReasonSize, 413},
		{"infinity 0", send(reset(8, 0)), ReasonInfinity, 413},
		{"no RESET", send(patch(1, 1, 0, 4, "00a00a00")), ReasonNoReset, 413},
		{"part 0", send(reset(8, 7), patch(0, 1, 0, 4, "00a00a00")), ReasonSequence, 413},
		{"part 2 first", send(reset(8, 7), patch(2, 2, 0, 4, "00a0")), ReasonSequence, 413},
		{"part 1 of 0", send(reset(8, 7), patch(1, 0, 0, 4, "00a0")), ReasonSequence, 413},
		{"part 1 twice", append(begun, patch(1, 3, 0, 4, "00")), ReasonSequence, 413},
		{"part 3 after 1", append(begun, patch(3, 3, 0, 4, "00")), ReasonSequence, 413},
		{"count changed", append(begun, patch(2, 4, 0, 4, "00")), ReasonSequence, 413},
		{"part after the last", append(begun, patch(2, 3, 0, 4, "00"), patch(3, 3, 0, 4, "0000"), patch(4, 3, 0, 4, "00")),
			ReasonSequence, 413},
		{"compressor 2", send(reset(8, 7), patch(1, 1, 2, 4, "00a00a00")), ReasonCompressor, 413},
		{"compressor changed", append(begun, patch(2, 3, 1, 4, "00")), ReasonCompressor, 413},
		{"entries of 0 bits", send(reset(8, 7), patch(1, 1, 0, 0, "00a00a00")), ReasonEntryBits, 413},
		{"entries of 3 bits", send(reset(8, 7), patch(1, 1, 0, 3, "00a00a00")), ReasonEntryBits, 413},
		{"entries of 16 bits", send(reset(8, 7), patch(1, 1, 0, 16, "00a00a00")), ReasonEntryBits, 413},
		{"width changed", append(begun, patch(2, 3, 0, 8, "00")), ReasonEntryBits, 413},
		{"one entry byte too many", send(reset(8, 7), patch(1, 1, 0, 4, "0000000000")), ReasonOverflow, 413},
		{"too many in the second part", append(begun, patch(2, 3, 0, 4, "00000000")), ReasonOverflow, 413},
		{"one entry byte too few", send(reset(8, 7), patch(1, 1, 0, 4, "000000")), ReasonIncomplete, 413},
		{"nothing", send(reset(8, 7), patch(1, 1, 0, 4, "")), ReasonIncomplete, 413},
		{"deflated, one too many", send(reset(8, 7), patch(1, 1, 1, 4, zippedHex("0000000000"))), ReasonOverflow, 413},
		{"deflated, one too few", send(reset(8, 7), patch(1, 1, 1, 4, zippedHex("000000"))), ReasonIncomplete, 413},
		{"deflated, cut", send(reset(8, 7), patch(1, 1, 1, 4, zip[:12])), ReasonIncomplete, 413},
		{"deflated, more behind the end", send(reset(8, 7), patch(1, 1, 1, 4, zip+"00")), ReasonOverflow, 413},
		{"a bomb", send(reset(8, 7), &wire.RoutePatch{Seq: 1, Count: 1, Compressor: 1, Bits: 4, Data: zipped(make([]byte, 1<<20))}),
			ReasonOverflow, 413},
		{"no zlib header", send(reset(8, 7), patch(1, 1, 1, 4, "00a00a00")), ReasonInflate, 500},
		{"another method", send(reset(8, 7), patch(1, 1, 1, 4, "7906")), ReasonInflate, 500},
		{"a dictionary", send(reset(8, 7), patch(1, 1, 1, 4, "78bb00000000")), ReasonInflate, 500},
		{"a block of type 3", send(reset(8, 7), patch(1, 1, 1, 4, "789c07")), ReasonInflate, 500},
		{"a bad stored block", send(reset(8, 7), patch(1, 1, 1, 4, "789c010400040000a00a00")), ReasonInflate, 500},
		{"a bad checksum", send(reset(8, 7), patch(1, 1, 1, 4, zip[:len(zip)-2]+"ff")), ReasonInflate, 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, last := NewReceiver(MaxBits), len(test.send)-1
			deliver(t, r, start, test.send[:last])
			done, f := receive(r, start.Add(time.Minute), test.send[last])
			if f == nil || done || f.Reason != test.reason || f.Code != test.code || f.Text == "" {
				t.Fatalf("done %v, fault %+v", done, f)
			}
			if r.Table() != nil || r.Memory() != 0 {
				t.Errorf("after the fault: table %v, %d bytes", r.Table(), r.Memory())
			}
			if again := r.Reset(start.Add(time.Hour), reset(8, 7)); again != f {
				t.Errorf("after the fault: %+v", again)
			}
			if _, again := r.Patch(start.Add(time.Hour), patch(1, 1, 0, 4, "00000000")); again != f {
				t.Errorf("after the fault: %+v", again)
			}
		})
	}
}

// TestCap: a table up to the cap is kept as it is, a larger one folded into it,
// one beyond the largest refused before memory is taken.
func TestCap(t *testing.T) {
	for _, test := range []struct{ cap, sent, kept int }{
		{UltrapeerBits, UltrapeerBits - 1, UltrapeerBits - 1},
		{UltrapeerBits, UltrapeerBits, UltrapeerBits},
		{UltrapeerBits, UltrapeerBits + 1, UltrapeerBits},
		{UltrapeerBits, MaxBits, UltrapeerBits},
		{MaxBits, MaxBits - 1, MaxBits - 1},
		{MaxBits, MaxBits, MaxBits},
		{MaxBits + 1, MaxBits, MaxBits},
	} {
		r := NewReceiver(test.cap)
		if r.Memory() != 0 {
			t.Errorf("cap 2^%d: %d bytes before a RESET", test.cap, r.Memory())
		}
		if f := r.Reset(start, reset(1<<test.sent, 7)); f != nil {
			t.Errorf("cap 2^%d, 2^%d slots: %+v", test.cap, test.sent, f)
		}
		if got := r.Memory(); got != 1<<test.kept/8 {
			t.Errorf("cap 2^%d, 2^%d slots: %d bytes", test.cap, test.sent, got)
		}
	}
	r := NewReceiver(MaxBits)
	if f := r.Reset(start, reset(1<<(MaxBits+1), 7)); f == nil || f.Reason != ReasonSize || r.Memory() != 0 {
		t.Errorf("2^%d slots: %+v, %d bytes", MaxBits+1, f, r.Memory())
	}
}

// TestFold: a folded table has what the sender has, and what it must have
// forgotten it may still claim, until the next RESET.
func TestFold(t *testing.T) {
	steps := []struct {
		bits  uint8
		data  string // 16 slots, kept in 8
		slots []uint32
	}{
		{4, "a00a00aa00000006", []uint32{0, 1, 3}}, // set 0, 3, 6, 7
		{4, "0000000600000000", []uint32{0, 1, 3}}, // clear 7; 6 is left
		{4, "0000006600000000", []uint32{0, 1}},    // clear 6 and 7
		{4, "6600000000000000", []uint32{1}},       // clear 0 and 1, which never was
		{4, "0006000000000000", []uint32{1}},       // clear 3: 2 may be there still
		{1, "3000", nil},                           // flip 2 and 3
		{1, "0001", []uint32{7}},                   // flip 15
		{8, "00000000000000000000000000000006", []uint32{7}},
		{8, "00000000000000000000000000000606", nil},
		{2, "c0000000", []uint32{0}},
	}
	r, now := NewReceiver(EmptyBits), start
	deliver(t, r, now, []wire.Message{reset(16, 7)})
	for i, s := range steps {
		now = now.Add(time.Hour)
		if done, f := r.Patch(now, patch(1, 1, 0, s.bits, s.data)); !done || f != nil {
			t.Fatalf("step %d: %+v", i, f)
		}
		if got := slotsOf(r.Table()); !slices.Equal(got, s.slots) {
			t.Errorf("step %d: %v, want %v", i, got, s.slots)
		}
	}
}

// TestFoldIsMerge: a whole table folds to what merging makes of it.
func TestFoldIsMerge(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	sent, want := NewTable(18), NewTable(14)
	for range 500 {
		sent.Add(rng.Uint32())
	}
	want.Merge(sent)
	r := NewReceiver(14)
	deliver(t, r, start, new(Sender).Update(nil, sent))
	if !r.Table().Equal(want) {
		t.Errorf("%d slots are set, want %d", r.Table().set, want.set)
	}
}

// TestRates: tables and patches come at a rate, with some at once.
func TestRates(t *testing.T) {
	empty := patch(1, 1, 0, 4, "00000000")
	whole := func(r *Receiver, now time.Time) *Fault {
		if f := r.Reset(now, reset(8, 7)); f != nil {
			return f
		}
		_, f := r.Patch(now, empty)
		return f
	}
	change := func(r *Receiver, now time.Time) *Fault {
		_, f := r.Patch(now, empty)
		return f
	}
	for _, test := range []struct {
		name  string
		send  func(*Receiver, time.Time) *Fault
		pause time.Duration
		burst int
	}{
		{"tables", whole, resetPause, resetBurst},
		{"patches", change, patchPause, patchBurst},
	} {
		t.Run(test.name, func(t *testing.T) {
			fresh := func() *Receiver {
				r := NewReceiver(MaxBits)
				if test.name == "patches" {
					deliver(t, r, start, []wire.Message{reset(8, 7), empty})
				}
				return r
			}
			r, now := fresh(), start
			for i := range test.burst {
				if f := test.send(r, now); f != nil {
					t.Fatalf("number %d at once: %+v", i, f)
				}
			}
			for i := range 100 { // and then for ever at the rate
				now = now.Add(test.pause)
				if f := test.send(r, now); f != nil {
					t.Fatalf("number %d at the rate: %+v", i, f)
				}
			}
			if f := test.send(r, now.Add(test.pause-1)); f == nil || f.Reason != ReasonTooOften || f.Code != wire.ByeRoute {
				t.Errorf("one too early: %+v", f)
			}

			r, now = fresh(), start.Add(100*time.Hour)
			for range test.burst {
				test.send(r, now)
			}
			if f := test.send(r, now); f == nil || f.Reason != ReasonTooOften {
				t.Errorf("one too many at once, after a silence: %+v", f)
			}

			r, now = fresh(), start.Add(100*time.Hour)
			test.send(r, now)
			for i := range test.burst { // a clock set back condemns nobody
				if f := test.send(r, start); f != nil {
					t.Errorf("number %d of a past: %+v", i, f)
				}
			}
		})
	}
}

// TestBombCostsNothing: what a stream inflates to is never held, and it stops
// where the table ends.
func TestBombCostsNothing(t *testing.T) {
	bomb := zipped(make([]byte, 8<<20))
	r := NewReceiver(MaxBits)
	r.Reset(start, reset(1<<MaxBits, 7))
	spent := allocated(func() {
		for i := 0; i < len(bomb) && r.fault == nil; i += chunkBytes {
			end := min(len(bomb), i+chunkBytes)
			r.Patch(start, &wire.RoutePatch{Seq: uint8(i/chunkBytes + 1), Count: 255, Compressor: 1, Bits: 4, Data: bomb[i:end]})
			if got := r.Memory(); got > 256<<10+inflaterBytes {
				t.Fatalf("%d bytes are held", got)
			}
		}
	})
	if r.fault == nil || r.fault.Reason != ReasonOverflow {
		t.Errorf("%+v", r.fault)
	}
	if spent > inflaterBytes {
		t.Errorf("%d bytes allocated", spent)
	}
}
