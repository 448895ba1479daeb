package bench

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"filbert/overlay/wire"
)

func guid(n uint64) (g wire.GUID) {
	binary.LittleEndian.PutUint64(g[:], n)
	return g
}

// TestSetForgetsTheOldest fills one set.
func TestSetForgetsTheOldest(t *testing.T) {
	h := newHorizon(ways)
	for _, step := range []struct {
		guid  uint64
		first bool
	}{
		{1, true}, {1, false}, {2, true}, {3, true}, {4, true}, {1, false}, {4, false},
		{5, true}, {2, false}, {1, true}, {5, false}, {3, false}, {2, true},
	} {
		if got := h.first(guid(step.guid)); got != step.first {
			t.Fatalf("GUID %d is new: %v, want %v", step.guid, got, step.first)
		}
	}
}

// TestHorizon feeds GUIDs of all kinds: what came lately is known.
func TestHorizon(t *testing.T) {
	const size, lately = 1 << 12, 1 << 6
	for name, make := range map[string]func(n uint64) wire.GUID{
		"counted": guid,
		"of the load": func(n uint64) (g wire.GUID) {
			lo, hi := guidOf(n)
			binary.LittleEndian.PutUint64(g[:], lo)
			binary.LittleEndian.PutUint64(g[8:], hi)
			return g
		},
		"random": func(n uint64) wire.GUID { return wire.NewGUID(rand.New(rand.NewPCG(n, 1))) },
	} {
		h := newHorizon(size)
		for n := range uint64(4 * size) {
			if !h.first(make(n + 1)) {
				t.Fatalf("%s: GUID %d is taken for one before", name, n)
			}
			if n >= lately && h.first(make(n+1-lately)) {
				t.Fatalf("%s: after %d others a GUID is forgotten", name, lately)
			}
		}
	}
}

// FuzzFilter gives the relay any bytes: what it keeps is whole frames that came,
// each once, with one hop more.
func FuzzFilter(f *testing.F) {
	m := newMessages(8, 100)
	two := m.appendTo(m.appendTo(nil, 1, 1), 2, 1)
	f.Add(two)
	f.Add(append(two, two...))
	f.Add(two[:150])
	f.Add(wire.AppendFrame(two, wire.GUID{1}, 1, 3, &wire.Ping{}))
	f.Add(append(bytes.Repeat([]byte{9}, wire.HeaderLen-4), 1, 0, 1, 0))
	f.Fuzz(func(t *testing.T, batch []byte) {
		h := newHorizon(1 << 10)
		came := map[wire.GUID][]wire.Frame{}
		size := 0
		for rest := bytes.Clone(batch); ; {
			frame, tail, err := wire.SplitFrame(rest)
			if err != nil {
				break
			}
			came[frame.GUID()] = append(came[frame.GUID()], frame)
			size += len(frame)
			rest = tail
		}
		kept, whole, err := h.filter(batch)
		if whole != size || kept > whole {
			t.Fatalf("%d bytes of %d are kept; %d are whole frames", kept, whole, size)
		}
		if long := len(batch)-whole >= wire.HeaderLen &&
			binary.LittleEndian.Uint32(batch[whole+wire.HeaderLen-4:]) > wire.MaxPayload; (err != nil) != long {
			t.Fatalf("error %v, but a frame too long is there: %v", err, long)
		}
		for rest := batch[:kept]; len(rest) > 0; {
			frame, tail, err := wire.SplitFrame(rest)
			if err != nil {
				t.Fatalf("kept %d bytes that are no frame", len(rest))
			}
			found := false
			for _, c := range came[frame.GUID()] {
				if c.TTL() > 1 && c.TTL()-1 == frame.TTL() && c.Hops()+1 == frame.Hops() && bytes.Equal(c.Payload(), frame.Payload()) {
					found = true
				}
			}
			if !found {
				t.Fatalf("kept a frame with GUID %v that did not come, or once more", frame.GUID())
			}
			delete(came, frame.GUID())
			rest = tail
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	m := newMessages(8, 100)
	h := newHorizon(bareHorizon)
	var batch []byte
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		batch = m.appendTo(batch[:0], 1, i)
		if kept, _, _ := h.filter(batch); kept != len(batch) {
			b.Fatal("not kept")
		}
	}
}
