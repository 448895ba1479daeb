package overlay

import (
	"encoding/binary"
	"sync"

	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// Matcher finds what this node shares. It is called by one goroutine at a time,
// not by the loop, and may take its time; queries it has no time for are
// dropped and counted.
type Matcher interface {
	// Match returns at most max records that answer the query whose payload is
	// given. The payload is valid during the call only.
	Match(payload []byte, max int) []wire.Record
}

// matching hands queries to a Matcher in a goroutine of its own: the loop adds
// to one buffer while the goroutine works through the other.
type matching struct {
	matcher Matcher
	post    func(letter) bool
	adding  []byte // owned by the loop: requests of this step

	mu      sync.Mutex
	waiting []byte // handed over
	ended   bool
	wake    *sync.Cond
}

// requestHeader is link 8, GUID 16, hops 1, OOB 1, payload length 2.
const requestHeader = 8 + 16 + 1 + 1 + 2

func newMatching(m Matcher, post func(letter) bool) *matching {
	t := &matching{matcher: m, post: post}
	t.wake = sync.NewCond(&t.mu)
	return t
}

// push adds a query to this step's requests.
func (t *matching) push(e *Match) bool {
	if t.matcher == nil || len(t.adding)+requestHeader+len(e.Payload) > maxMatching {
		return false
	}
	b := binary.LittleEndian.AppendUint64(t.adding, uint64(e.Link))
	b = append(b, e.GUID[:]...)
	b = append(b, byte(e.Hops), byte(e.OOB))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(e.Payload)))
	t.adding = append(b, e.Payload...)
	return true
}

// flush hands the requests of a step over, unless the goroutine is so far
// behind that there is no room; they then stay for the next step.
func (t *matching) flush() {
	if len(t.adding) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case len(t.waiting) == 0:
		t.waiting, t.adding = t.adding, t.waiting[:0]
	case len(t.waiting)+len(t.adding) <= maxMatching:
		t.waiting = append(t.waiting, t.adding...)
		t.adding = t.adding[:0]
	default:
		return
	}
	t.wake.Signal()
}

func (t *matching) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	t.wake.Signal()
}

// run is the matching goroutine.
func (t *matching) run() {
	var work []byte
	for {
		t.mu.Lock()
		for len(t.waiting) == 0 && !t.ended {
			t.wake.Wait()
		}
		work, t.waiting = t.waiting, work[:0]
		ended := t.ended
		t.mu.Unlock()
		if ended {
			return
		}
		for rest := work; len(rest) > 0; {
			rest = t.one(rest)
		}
	}
}

// one answers the first request of b and returns the others.
func (t *matching) one(b []byte) []byte {
	var ev Matched
	ev.Link = link.ID(binary.LittleEndian.Uint64(b))
	copy(ev.GUID[:], b[8:])
	ev.Hops = wire.Hops(b[24])
	ev.OOB = OOB(b[25])
	end := requestHeader + int(binary.LittleEndian.Uint16(b[26:]))
	if ev.Records = t.matcher.Match(b[requestHeader:end], maxRecords); len(ev.Records) > 0 {
		t.post(letter{event: &Matched{ev.Link, ev.GUID, ev.Hops, ev.OOB, ev.Records}})
	}
	return b[end:]
}
