package fabric

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"io"
	"net/netip"
	"slices"
	"time"
)

// Trace is what was delivered, in order, as a hash; and the last events themselves, as many as Config.Keep.
type Trace struct {
	Seed   uint64
	Counts [numKinds]uint64 // events by kind
	hash   uint64
	replay string
	keep   int
	ring   []Event // of at most keep events
	next   int     // where in a full ring the next one goes: the oldest one
}

// Event is a delivered segment, datagram or fault.
type Event struct {
	At       time.Duration // since the start of the Net
	Kind     Kind
	From, To netip.AddrPort // with the Kind's protocol, the connection
	N        uint64         // number on the link
	Len      int            // bytes of data; of a Window, bytes acknowledged
	Sum      uint32         // CRC-32C of the data
	Drop     DropReason     // zero if it was received
	Fault    string         // what a Faulted event did
}

// Hash returns a number that two runs share if they delivered the same bytes at the same times in the same order.
func (t *Trace) Hash() uint64 { return t.hash }

// Events returns the last events, the oldest one first.
func (t *Trace) Events() []Event {
	return slices.Concat(t.ring[t.next:], t.ring[:t.next])
}

// Total returns the number of events.
func (t *Trace) Total() uint64 {
	sum := uint64(0)
	for _, n := range t.Counts {
		sum += n
	}
	return sum
}

// WriteTo writes the seed, how to run it again, and the flow of the last messages: what to print when a test fails.
func (t *Trace) WriteTo(w io.Writer) (int64, error) {
	b := bufio.NewWriter(w)
	written, _ := fmt.Fprintf(b, "fabric: seed %d, %d events, hash %016x\nreplay: %s\n", t.Seed, t.Total(), t.hash, t.replay)
	if missing := t.Total() - uint64(len(t.ring)); missing > 0 {
		n, _ := fmt.Fprintf(b, "... %d events before these were not kept\n", missing)
		written += n
	}
	for _, ev := range t.Events() {
		n, _ := fmt.Fprintln(b, ev)
		written += n
	}
	return int64(written), b.Flush()
}

// String is one line of the flow: time, sender, receiver, kind, number on the link, length and sum.
func (ev Event) String() string {
	s := fmt.Sprintf("%14.6f  ", ev.At.Seconds())
	if ev.Kind == Faulted {
		return s + "*** " + ev.Fault
	}
	s += fmt.Sprintf("%21v -> %-21v %-7v #%d", ev.From, ev.To, ev.Kind, ev.N)
	if ev.Len > 0 {
		s += fmt.Sprintf(" %d B", ev.Len)
	}
	if ev.Sum != 0 {
		s += fmt.Sprintf(" %08x", ev.Sum)
	}
	if ev.Drop != 0 {
		s += " lost: " + ev.Drop.String()
	}
	return s
}

// record adds an event.
func (t *Trace) record(ev *event) {
	t.Counts[ev.kind]++
	e := Event{
		At: ev.at, Kind: ev.kind, From: ev.from, To: ev.to, N: ev.n, Len: ev.size, Drop: ev.drop,
		Sum: crc32.Checksum(ev.data, crc32.MakeTable(crc32.Castagnoli)),
	}
	if ev.kind == Faulted {
		e.Fault = ev.fault.String()
		e.Sum = crc32.ChecksumIEEE([]byte(e.Fault))
	}
	h := mix(t.hash ^ uint64(e.At))
	h = mix(h ^ uint64(e.Kind)<<8 ^ uint64(e.Drop) ^ e.N<<16)
	h = mix(mixAddr(h, e.From.Addr()) ^ uint64(e.From.Port()))
	h = mix(mixAddr(h, e.To.Addr()) ^ uint64(e.To.Port()))
	t.hash = mix(h ^ uint64(e.Len)<<32 ^ uint64(e.Sum))
	switch {
	case t.keep == 0:
	case len(t.ring) < t.keep:
		t.ring = append(t.ring, e)
	default:
		t.ring[t.next] = e
		t.next = (t.next + 1) % t.keep
	}
}

// snapshot returns a copy that does not change any more.
func (t *Trace) snapshot() *Trace {
	s := *t
	s.ring = slices.Clone(t.ring)
	return &s
}
