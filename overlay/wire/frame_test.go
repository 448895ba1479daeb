package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestFrame(t *testing.T) {
	m := &Bye{Code: ByeIdle, Text: "idle"}
	b := AppendFrame([]byte("before"), guid(queryMUID), 4, 2, m)
	f, rest, err := SplitFrame(append(b[len("before"):], "after"...))
	if err != nil || string(rest) != "after" {
		t.Fatalf("%q is left, error %v", rest, err)
	}
	if f.GUID().String() != queryMUID || f.Type() != TypeBye || f.TTL() != 4 || f.Hops() != 2 ||
		f.Len() != HeaderLen+7 || !bytes.Equal(f.Payload(), m.AppendTo(nil)) {
		t.Errorf("frame %x", []byte(f))
	}
	h, err := ParseHeader(f)
	if want := (Header{guid(queryMUID), TypeBye, 4, 2, 7}); h != want || err != nil {
		t.Errorf("header %+v, error %v", h, err)
	}
	if !bytes.Equal(h.AppendTo(nil), f[:HeaderLen]) {
		t.Errorf("header encodes to %x", h.AppendTo(nil))
	}
	if f.SetTTL(3, 3); f.TTL() != 3 || f.Hops() != 3 {
		t.Errorf("TTL %d hops %d", f.TTL(), f.Hops())
	}
	if _ = append(f, '!'); string(rest) != "after" {
		t.Error("appending to a frame runs into the next")
	}
}

func TestSplitFrameRefuses(t *testing.T) {
	f := frameOf(TypePong, 1, 14)
	long := Header{Type: TypeQueryHit, Length: MaxPayload + 1}.AppendTo(nil)
	for name, b := range map[string][]byte{
		"nothing":          nil,
		"half a header":    f[:11],
		"half a payload":   f[:30],
		"too long":         append(long, make([]byte, MaxPayload+1)...),
		"negative as int":  Header{Length: 1<<32 - 1}.AppendTo(nil),
		"flags in length":  Header{Length: 1 << 31}.AppendTo(nil),
		"length not there": Header{Length: 1}.AppendTo(nil),
	} {
		if got, rest, err := SplitFrame(b); err != ErrFrame || got != nil || !bytes.Equal(rest, b) {
			t.Errorf("%s: frame %x, error %v", name, []byte(got), err)
		}
	}
	if _, err := ParseHeader(f[:HeaderLen-1]); err != ErrFrame {
		t.Errorf("half a header: %v", err)
	}
}

// TestGarbageCostsNothing: turning down random datagrams does not allocate.
func TestGarbageCostsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	datagram := make([]byte, 512)
	accepted := 0
	if allocs := testing.AllocsPerRun(1000, func() {
		for i := range datagram {
			datagram[i] = byte(r.Uint32())
		}
		if _, rest, err := SplitFrame(datagram); err == nil && len(rest) == 0 {
			accepted++
		}
	}); allocs > 0 || accepted > 0 {
		t.Errorf("%v allocations, %d accepted", allocs, accepted)
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	var msg Message = &Query{Flags: 0x9800, Text: "blue sky", Ext: AppendSHA1(nil, [20]byte{1})}
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendFrame(buf[:0], GUID{1}, 3, 0, msg)
	}
}
