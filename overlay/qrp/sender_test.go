package qrp

import (
	"encoding/hex"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"filbert/overlay/wire"
	"pgregory.net/rapid"
)

// TestTinyUpdates: the published bytes.
func TestTinyUpdates(t *testing.T) {
	both, one := tableOf(EmptyBits, "test", "pdf"), tableOf(EmptyBits, "test")
	var s Sender
	for _, test := range []struct {
		name       string
		last, next *Table
		want       []string
	}{
		{"whole", nil, both, []string{"000800000007", "010101000400a00a00"}},
		{"pdf taken away", both, one, []string{"010101000400000600"}},
		{"nothing changed", both, both.Clone(), nil},
		{"nothing shared", nil, NewTable(EmptyBits), []string{"000800000007", "010101000400000000"}},
	} {
		var got []string
		for _, m := range s.Update(test.last, test.next) {
			got = append(got, hex.EncodeToString(m.AppendTo(nil)))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	if got := s.Update(nil, NewTable(16))[0]; !reflect.DeepEqual(got, reset(65536, 7)) {
		t.Errorf("RESET of 2^16 slots: %+v", got)
	}
}

// TestPublishedPatches: with infinity 2 an entry of -1 sets a slot.
func TestPublishedPatches(t *testing.T) {
	for _, test := range publishedTables {
		entries := appendEntries(nil, nil, tableOf(test.bits, test.words...), 0xF, 1)
		if got := digest(entries); test.patch != "" && got != test.patch {
			t.Errorf("%s: the digest is %s", test.name, got)
		}
	}
}

// TestShorterWay: what changed is sent, or RESET and all, whichever is shorter.
func TestShorterWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	full := NewTable(16)
	for range 5000 {
		full.Add(rng.Uint32())
	}
	more, few := full.Clone(), tableOf(16, gtkWords...)
	more.Add(rng.Uint32())
	for _, test := range []struct {
		name       string
		last, next *Table
		reset      bool
	}{
		{"one more word", full, more, false},
		{"nearly everything gone", full, few, true},
		{"another size", few, tableOf(17, gtkWords...), true},
		{"none yet", nil, few, true},
	} {
		got := new(Sender).Update(test.last, test.next)
		if _, isReset := got[0].(*wire.RouteReset); isReset != test.reset || len(got) == 0 {
			t.Errorf("%s: %+v", test.name, got[0])
		}
	}
}

// TestParts: parts are short, their count fits a byte, and none is empty.
func TestParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, bits := range []int{EmptyBits, 14, 16, 17, MaxBits} {
		dense, other := NewTable(bits), NewTable(bits)
		for range dense.Slots() / 4 {
			dense.Add(rng.Uint32())
			other.Add(rng.Uint32())
		}
		for _, last := range []*Table{nil, other} {
			messages := new(Sender).Update(last, dense)
			if _, ok := messages[0].(*wire.RouteReset); ok {
				messages = messages[1:]
			}
			for i, m := range messages {
				p := m.(*wire.RoutePatch)
				if int(p.Seq) != i+1 || int(p.Count) != len(messages) || p.Bits != 4 || len(p.Data) == 0 || len(p.Data) > chunkBytes ||
					i < len(messages)-1 && len(p.Data) != chunkBytes {
					t.Fatalf("2^%d slots, part %d of %d: %d/%d, %d bytes", bits, i+1, len(messages), p.Seq, p.Count, len(p.Data))
				}
			}
		}
	}
}

// TestUpdates is the model: whatever tables follow one another, a Receiver has
// them in the end, and a patch without RESET is enough where the size stays.
func TestUpdates(t *testing.T) {
	var s Sender
	rapid.Check(t, func(rt *rapid.T) {
		r, now := NewReceiver(MaxBits), start
		var last *Table
		for range rapid.IntRange(1, 6).Draw(rt, "tables") {
			var next *Table
			if last != nil && rapid.Bool().Draw(rt, "same size") {
				next = last.Clone()
				for range rapid.IntRange(0, 300).Draw(rt, "changes") {
					slot := rapid.Uint32Max(uint32(next.Slots()-1)).Draw(rt, "slot")
					next.put(slot, !next.at(slot))
				}
			} else {
				next = NewTable(rapid.IntRange(EmptyBits, 14).Draw(rt, "bits"))
				rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
				for range rapid.IntRange(0, next.Slots()).Draw(rt, "words") {
					next.Add(rng.Uint32())
				}
			}
			before, after := cloned(last), next.Clone()
			messages := s.Update(last, next)
			if !next.Equal(after) || before != nil && !last.Equal(before) {
				rt.Fatal("Update changed a table")
			}
			now = deliver(t, r, now.Add(time.Hour), messages)
			if !r.Table().Equal(next) {
				rt.Fatalf("%d slots are set, want %d", r.Table().set, next.set)
			}
			last = next
		}
	})
}

func cloned(t *Table) *Table {
	if t == nil {
		return nil
	}
	return t.Clone()
}

// TestWidths: entries of every width, plain and deflated, cut anywhere, make the
// same table.
func TestWidths(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		bits := rapid.IntRange(EmptyBits, 14).Draw(rt, "bits")
		want := NewTable(bits)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		for range rng.IntN(want.Slots()) {
			want.Add(rng.Uint32())
		}
		width := rapid.SampledFrom([]int{8, 4, 2, 1}).Draw(rt, "width")
		data := make([]byte, want.Slots()*width/8)
		for slot := range uint32(want.Slots()) {
			if want.at(slot) {
				at := int(slot) * width
				data[at/8] |= byte(0xFF<<(8-width)) >> (at % 8) // -1, or a flip
			}
		}
		compressor := rapid.Uint8Max(1).Draw(rt, "compressor")
		if compressor == compressZlib {
			data = zipped(data)
		}
		count := min(len(data), rapid.IntRange(1, 255).Draw(rt, "count"))
		r := NewReceiver(MaxBits)
		messages := []wire.Message{reset(uint32(want.Slots()), 2)}
		for i := range count {
			messages = append(messages, &wire.RoutePatch{
				Seq: uint8(i + 1), Count: uint8(count), Compressor: compressor, Bits: uint8(width),
				Data: data[i*len(data)/count : (i+1)*len(data)/count],
			})
		}
		deliver(t, r, start, messages)
		if !r.Table().Equal(want) {
			rt.Fatalf("%d slots are set, want %d", r.Table().set, want.set)
		}
	})
}
