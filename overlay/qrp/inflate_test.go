package qrp

import (
	"bytes"
	"math/bits"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filbert/overlay/wire"
)

// What the library reads of codes, in words (RFC 1951, 3.2.7).
const (
	maxLiterals = 286
	endOfBlock  = 256
)

// What the library leaves to the collector for its codes: so many bytes for each
// byte of a stream that brings ever larger ones, up to so many.
const (
	codeGarbage = 512
	mostGarbage = 2 << 20
)

// bitWriter writes as RFC 1951 does, the lowest bit first.
type bitWriter struct {
	b    []byte
	free int // bits of the last byte
}

func (w *bitWriter) put(v uint32, n int) {
	for i := range n {
		if w.free == 0 {
			w.b, w.free = append(w.b, 0), 8
		}
		w.b[len(w.b)-1] |= byte(v>>i&1) << (8 - w.free)
		w.free--
	}
}

// longCodes writes an empty block with a code that takes much room: m of its
// words, an even number up to 240, begin with 10 bits of their own, and one of
// them goes on to 15.
func (w *bitWriter) longCodes(m int) {
	lengths := make([]int, 0, maxLiterals)
	for range m - 1 {
		lengths = append(lengths, 10)
	}
	lengths = append(lengths, 11, 12, 13, 14, 15)
	for n := 1; n <= 9; n++ { // what is left, as few words as possible
		if (1024-m)>>(10-n)&1 != 0 {
			lengths = append(lengths, n)
		}
	}
	for len(lengths) < endOfBlock {
		lengths = append(lengths, 0)
	}
	lengths = append(lengths, 15)
	w.put(0, 1) // not the last block
	w.put(2, 2)
	w.put(uint32(len(lengths)-257), 5)
	w.put(0, 5)  // one distance
	w.put(15, 4) // 19 lengths of code lengths, in the order of section 3.2.7:
	for i := range 19 {
		if i < 3 { // no repetitions
			w.put(0, 3)
		} else {
			w.put(4, 3) // every length is 4 bits
		}
	}
	for _, n := range append(lengths, 1) {
		w.put(uint32(bits.Reverse8(uint8(n))>>4), 4)
	}
	w.put(1<<15-1, 15) // the end of the block is the last word of 15 bits
}

// costly is the beginning of a stream that brings ever larger codes and no output.
func costly() []byte {
	w := &bitWriter{b: []byte{0x78, 0x9C}}
	for m := 2; m <= 240; m += 2 {
		w.longCodes(m)
	}
	return w.b
}

// occupied is what is held in memory, stacks included.
func occupied() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

// TestInflaterMemory: what Memory says of an inflater is true of the worst
// stream, and what is left to the collector meanwhile has a bound.
func TestInflaterMemory(t *testing.T) {
	const inflaters = 30
	stream := costly()
	var kept [inflaters]*inflater
	before := occupied()
	for i := range kept {
		kept[i] = newInflater(func([]byte) *Fault { return nil })
		var f *Fault
		spent := allocated(func() { f = kept[i].push(stream, false) })
		if f != nil {
			t.Fatalf("%+v", f)
		}
		if most := min(len(stream)*codeGarbage, mostGarbage); spent > uint64(inflaterBytes+most) {
			t.Errorf("%d bytes allocated for %d", spent, len(stream))
		}
	}
	if each := (occupied() - before) / inflaters; each > inflaterBytes {
		t.Errorf("an inflater holds %d bytes, not %d", each, inflaterBytes)
	}
	for _, z := range kept {
		z.close()
	}
}

// TestPieces: a stream may be cut anywhere, and be followed by empty pieces. More
// than its end does not pass.
func TestPieces(t *testing.T) {
	want := make([]byte, 100_000) // beyond the window
	for i := range want {
		want[i] = byte(i * i >> 7 & i)
	}
	stream := zipped(want)
	for _, size := range []int{1, 2, 3, 7, 100, 4096, len(stream) - 1, len(stream), len(stream) + 1} {
		var got []byte
		z := newInflater(func(b []byte) *Fault { got = append(got, b...); return nil })
		for rest := stream; len(rest) > 0; {
			n := min(size, len(rest))
			if f := z.push(rest[:n], false); f != nil {
				t.Fatalf("pieces of %d: %+v", size, f)
			}
			rest = rest[n:]
		}
		if f := z.push(nil, true); f != nil || !bytes.Equal(got, want) {
			t.Errorf("pieces of %d: %d bytes, want %d, fault %+v", size, len(got), len(want), f)
		}
		if f := z.push([]byte{0}, true); f == nil || f.Reason != ReasonOverflow {
			t.Errorf("pieces of %d, one more: %+v", size, f)
		}
		z.close()
	}
}

// coroutines counts those that wait.
func coroutines() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte(" [coroutine"))
}

// TestNothingLeft: however a patch ends, its coroutine ends with it.
func TestNothingLeft(t *testing.T) {
	zip := zippedHex("00a00a00")
	for _, test := range []struct {
		name string
		end  func(r *Receiver)
	}{
		{"its last part", func(r *Receiver) { r.Patch(start, patch(2, 2, 1, 4, zip[8:])) }},
		{"a last part without the end of the stream", func(r *Receiver) { r.Patch(start, patch(2, 2, 1, 4, zip[8:len(zip)-8])) }},
		{"a last part that leaves slots out", func(r *Receiver) { r.Patch(start, patch(2, 2, 1, 4, "")) }},
		{"what does not inflate", func(r *Receiver) { r.Patch(start, patch(2, 3, 1, 4, "ffffffffffffffff")) }},
		{"entries for too many slots", func(r *Receiver) { r.Patch(start, patch(2, 2, 1, 4, zippedHex("0000000000")[8:])) }},
		{"a part out of order", func(r *Receiver) { r.Patch(start, patch(1, 2, 1, 4, "")) }},
		{"a RESET", func(r *Receiver) { r.Reset(start, reset(16, 7)) }},
		{"a RESET at fault", func(r *Receiver) { r.Reset(start, reset(9, 7)) }},
		{"the end of the link", (*Receiver).Close},
		{"the end of the link, told twice", func(r *Receiver) { r.Close(); r.Close() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewReceiver(MaxBits)
			deliver(t, r, start, []wire.Message{reset(8, 7), patch(1, 2, 1, 4, zip[:8])})
			if got := coroutines(); got != 1 {
				t.Fatalf("%d coroutines during a patch", got)
			}
			test.end(r)
			if got := coroutines(); got != 0 {
				t.Errorf("%d coroutines are left", got)
			}
			if got := r.Memory(); got > 8 {
				t.Errorf("%d bytes are held", got)
			}
		})
	}
}

// TestCloseIsNew: a closed Receiver has no table, takes no patch, and takes a
// RESET as a new one.
func TestCloseIsNew(t *testing.T) {
	r := NewReceiver(UltrapeerBits)
	deliver(t, r, start, []wire.Message{reset(8, 7), patch(1, 1, 1, 4, zippedHex("00a00a00"))})
	r.Close()
	if r.Table() != nil || r.Memory() != 0 {
		t.Errorf("table %v, %d bytes", r.Table(), r.Memory())
	}
	deliver(t, r, start, []wire.Message{reset(1<<MaxBits, 7)})
	if got := r.Memory(); got != 1<<UltrapeerBits/8 {
		t.Errorf("%d bytes are held", got)
	}
	r.Close()
	if _, f := r.Patch(start, patch(1, 1, 0, 4, "00a00a00")); f == nil || f.Reason != ReasonNoReset {
		t.Errorf("%+v", f)
	}
}

// TestBubble: in virtual time a patch may wait for its next part while nothing
// else happens, and another goroutine may bring it.
func TestBubble(t *testing.T) {
	table := sparse(18)
	messages := new(Sender).Update(nil, table)
	if len(messages) < 3 {
		t.Fatalf("%d messages", len(messages))
	}
	synctest.Test(t, func(t *testing.T) {
		r := NewReceiver(LeafBits)
		defer r.Close()
		for _, m := range messages {
			done := make(chan *Fault)
			go func() {
				_, f := receive(r, time.Now(), m)
				done <- f
			}()
			if f := <-done; f != nil {
				t.Fatalf("%+v", f)
			}
			synctest.Wait()
			time.Sleep(time.Minute)
		}
		if !r.Table().Equal(table) {
			t.Error("another table")
		}
		deliver(t, r, time.Now().Add(time.Hour), messages[:2]) // and then the link is gone
	})
}

// TestHostileLeaves: as many leaves as an ultrapeer has, each with the largest
// table that is kept and a patch under way, every tenth with a bomb in its
// place. They hold no more than Memory says, and less than 75 MiB.
func TestHostileLeaves(t *testing.T) {
	const leaves, most = 300, 75 << 20
	whole := []wire.Message{reset(1<<LeafBits, 7)}
	for seq := uint8(1); seq <= 4; seq++ {
		whole = append(whole, &wire.RoutePatch{Seq: seq, Count: 4, Bits: 1, Data: make([]byte, 1<<LeafBits/8/4)})
	}
	begun := patch(1, 2, 1, 4, zippedHex(strings.Repeat("00a00600", 1000))[:60])
	bomb := zipped(make([]byte, 2<<20))
	var kept [leaves]*Receiver
	before, memory, ended := occupied(), 0, 0
	for i := range kept {
		r := NewReceiver(LeafBits)
		kept[i] = r
		now := deliver(t, r, start, whole)
		if i%10 > 0 {
			deliver(t, r, now, []wire.Message{begun})
		} else if _, f := r.Patch(now, &wire.RoutePatch{Seq: 1, Count: 1, Compressor: 1, Bits: 4, Data: bomb}); f != nil {
			ended++
		}
		memory += r.Memory()
	}
	held := occupied() - before
	t.Logf("%d bytes held, %d told", held, memory)
	if want := (leaves - ended) * (128<<10 + inflaterBytes); ended != leaves/10 || memory != want || held > memory || held > most {
		t.Errorf("%d ended, %d bytes told, want %d, %d held", ended, memory, want, held)
	}
	for _, r := range kept {
		r.Close()
	}
}
