package qrp

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/compress/zlib"

	"filbert/overlay/wire"
)

// allocated returns how many bytes f allocates. Others allocate in this process
// too, so the figure may be too large, never too small.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// FuzzReceiver feeds a Receiver and a simple one that holds everything: they
// agree on the table and on when the link ends, and ours takes no more memory
// than the announced tables and an inflater.
//
// The input is a list of payloads, each behind its length in two bytes.
func FuzzReceiver(f *testing.F) {
	for _, name := range []string{"plain-gnet-B-to-A.B", "plain-gnet-L-to-A.L", "deflate-gnet-B-to-A.A"} {
		f.Add(uint8(14), payloads(captured(f, name)))
		f.Add(uint8(12), payloads(captured(f, name)))
	}
	dense := NewTable(12)
	rng := rand.New(rand.NewPCG(11, 12))
	for range 1000 {
		dense.Add(rng.Uint32())
	}
	f.Add(uint8(MaxBits), payloads(new(Sender).Update(nil, dense)))
	f.Add(uint8(4), payloads([]wire.Message{reset(8, 7), patch(1, 2, 0, 4, "00a0"), patch(2, 2, 0, 4, "0a00"), patch(1, 1, 0, 1, "24")}))
	f.Add(uint8(4), payloads([]wire.Message{reset(64, 1), patch(1, 1, 0, 2, "000102030405060708090a0b0c0d0e0f")}))
	f.Add(uint8(MaxBits), payloads([]wire.Message{reset(1<<31, 7)}))
	f.Add(uint8(MaxBits), payloads([]wire.Message{reset(1<<16, 7),
		&wire.RoutePatch{Seq: 1, Count: 1, Compressor: 1, Bits: 8, Data: zipped(make([]byte, 1<<22))}}))
	inParts := []wire.Message{reset(1<<12, 7)}
	stream := zipped(appendEntries(nil, nil, dense, nibblePresent, nibbleAbsent))
	for seq := range 5 {
		inParts = append(inParts, &wire.RoutePatch{
			Seq: uint8(seq + 1), Count: 5, Compressor: compressZlib, Bits: 4, Data: stream[seq*len(stream)/5 : (seq+1)*len(stream)/5],
		})
	}
	f.Add(uint8(10), payloads(inParts))
	f.Fuzz(func(t *testing.T, maxBits uint8, input []byte) {
		maxBits = EmptyBits + maxBits%(MaxBits-EmptyBits+1)
		ours, simple := NewReceiver(int(maxBits)), &simpleReceiver{maxBits: int(maxBits)}
		defer ours.Close()
		for now := start; len(input) >= 2; now = now.Add(time.Hour) {
			n := min(int(binary.LittleEndian.Uint16(input)), len(input)-2)
			m, err := wire.Parse(wire.TypeRoute, input[2:2+n])
			input = input[2+n:]
			if err != nil {
				continue
			}
			var done bool
			var fault *Fault
			spent := allocated(func() { done, fault = receive(ours, now, m) })
			limit := uint64(64<<10 + inflaterBytes)
			switch m := m.(type) {
			case *wire.RouteReset:
				if m.Slots <= 1<<MaxBits {
					limit += uint64(min(m.Slots, 1<<maxBits)) / 8
				}
			case *wire.RoutePatch:
				limit += min(uint64(len(m.Data))*codeGarbage, mostGarbage)
			}
			if spent > limit {
				t.Errorf("%d bytes allocated for %d", spent, n)
			}
			if most := 1<<maxBits/8 + inflaterBytes + 8; ours.Memory() > most {
				t.Errorf("%d bytes are held, more than %d", ours.Memory(), most)
			}
			wantDone, ok := simple.receive(m)
			if fault != nil {
				// What does not fit is noticed at once by ours, with the last
				// part by the other.
				if ok && wantDone {
					t.Fatalf("%+v: %+v", m, fault)
				}
				return
			}
			if done != wantDone || !ok {
				t.Fatalf("%+v: done %v, want %v, fault expected: %v", m, done, wantDone, !ok)
			}
			if table := ours.Table(); done && !reflect.DeepEqual(slotsOf(table), simple.slots()) {
				t.Fatalf("%+v: slots %v, want %v", m, slotsOf(table), simple.slots())
			} else if table != nil && table.set != len(slotsOf(table)) {
				t.Fatalf("%d slots are counted, %d set", table.set, len(slotsOf(table)))
			}
		}
	})
}

func payloads(messages []wire.Message) (b []byte) {
	for _, m := range messages {
		p := m.AppendTo(nil)
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(p))), p...)
	}
	return b
}

// simpleReceiver takes a patch as a whole, inflates it at once, and keeps a slot
// in a bool.
type simpleReceiver struct {
	maxBits int
	table   []bool // nil before the first RESET
	size    int    // slots as sent
	first   *wire.RoutePatch
	parts   int
	data    []byte
}

func (s *simpleReceiver) slots() (slots []uint32) {
	for i, present := range s.table {
		if present {
			slots = append(slots, uint32(i))
		}
	}
	return slots
}

func (s *simpleReceiver) receive(m wire.Message) (done, ok bool) {
	if m, isReset := m.(*wire.RouteReset); isReset {
		s.size = int(m.Slots)
		if s.size&(s.size-1) != 0 || s.size < 8 || s.size > 1<<MaxBits || m.Infinity < 1 {
			return false, false
		}
		s.table, s.first = make([]bool, min(s.size, 1<<s.maxBits)), nil
		return false, true
	}
	p := m.(*wire.RoutePatch)
	if s.first == nil {
		s.first, s.parts, s.data = p, 0, nil
	}
	s.parts++
	s.data = append(s.data, p.Data...)
	if s.table == nil || int(p.Seq) != s.parts || p.Seq > p.Count || p.Count != s.first.Count ||
		p.Compressor > 1 || p.Compressor != s.first.Compressor || p.Bits != s.first.Bits ||
		p.Bits != 8 && p.Bits != 4 && p.Bits != 2 && p.Bits != 1 {
		return false, false
	}
	if p.Seq < p.Count {
		return false, true
	}
	data, want := s.data, s.size*int(p.Bits)/8
	if p.Compressor == 1 {
		// A stream may lack its end, not its entries.
		data = nil
		stream := bytes.NewReader(s.data)
		if z, err := zlib.NewReader(stream); err == nil {
			data, err = io.ReadAll(io.LimitReader(z, int64(want)+1))
			if err != nil && err != io.ErrUnexpectedEOF || err == nil && stream.Len() > 0 {
				return false, false
			}
		}
	}
	if len(data) != want {
		return false, false
	}
	s.apply(data, int(p.Bits))
	s.first = nil
	return true, true
}

func (s *simpleReceiver) apply(data []byte, bits int) {
	per := s.size / len(s.table)
	for i := range s.table {
		present := false
		for slot := i * per; slot < (i+1)*per; slot++ {
			entry := data[slot*bits/8] << (slot * bits % 8) >> (8 - bits)
			one := s.table[i]
			switch sign := byte(1) << (bits - 1); {
			case entry == 0:
			case bits == 1:
				one = !one
			default:
				one = entry&sign != 0
			}
			present = present || one
		}
		s.table[i] = present
	}
}
