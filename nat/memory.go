package nat

import (
	"container/list"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Outcome is how an attempt ended.
type Outcome uint8

// The outcomes. GivenUp is for a rung that another one was faster than, or that nobody
// waited for any longer: it tells nothing.
const (
	Worked Outcome = iota
	Failed
	GivenUp
)

var outcomeNames = [...]string{"worked", "failed", "given up"}

func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return fmt.Sprintf("Outcome(%#x)", uint8(o))
}

// Attempt is one try of one rung.
type Attempt struct {
	Rung
	At      time.Time // when it began
	Took    time.Duration
	Outcome Outcome
	Reason  string // why it failed, or was given up
}

// Past is what came of each rung at last.
type Past [rungs]Verdict

// Verdict is what came of a rung at last; the zero value is for one not tried.
type Verdict struct {
	rung Rung
	at   time.Time
	ok   bool
	why  string
}

// worked reports whether the rung worked when it was last tried, and that still counts.
func (v *Verdict) worked(now time.Time) bool {
	lifetime := helpLifetime
	if v.rung.Direct() {
		lifetime = directLifetime
	}
	return !v.at.IsZero() && v.ok && now.Sub(v.at) < lifetime
}

// failed likewise.
func (v *Verdict) failed(now time.Time) bool {
	return !v.at.IsZero() && !v.ok && now.Sub(v.at) < failedLifetime
}

// text says what came of it, as far as that counts.
func (v *Verdict) text(now time.Time) string {
	ago := now.Sub(v.at).Truncate(time.Second)
	switch {
	case v.worked(now):
		return fmt.Sprintf("it worked %v ago", ago)
	case v.failed(now):
		return fmt.Sprintf("it failed %v ago: %s", ago, v.why)
	}
	return ""
}

// Memory is what worked and what did not, by peer. Methods take the time as now. It is
// not safe for concurrent use.
type Memory struct {
	peers  map[peerKey]*list.Element // of *known
	recent list.List                 // the one tried last first; at most MaxPeers
}

// peerKey is a peer as it is told of: who names another's GUID with an address of its
// own, or the other way round, has an entry of its own.
type peerKey struct {
	servent [16]byte
	addr    netip.AddrPort
}

// known is what is remembered of one peer.
type known struct {
	peer     Peer
	past     Past
	attempts []Attempt // oldest first, at most MaxAttempts
}

// NewMemory is empty.
func NewMemory() *Memory { return &Memory{peers: make(map[peerKey]*list.Element)} }

// Past is what is known of a peer's rungs.
func (m *Memory) Past(p *Peer) Past {
	if e, ok := m.peers[peerKey{p.Servent, p.Addr}]; ok {
		return e.Value.(*known).past
	}
	return Past{}
}

// Note remembers an attempt. The peer tried longest ago is forgotten for a new one.
func (m *Memory) Note(p *Peer, a Attempt) {
	a.Reason = a.Reason[:min(len(a.Reason), maxReason)]
	key := peerKey{p.Servent, p.Addr}
	e, ok := m.peers[key]
	if !ok {
		if len(m.peers) == MaxPeers {
			oldest := m.recent.Back()
			old := m.recent.Remove(oldest).(*known)
			delete(m.peers, peerKey{old.peer.Servent, old.peer.Addr})
		}
		e = m.recent.PushFront(&known{})
		m.peers[key] = e
	}
	m.recent.MoveToFront(e)
	k := e.Value.(*known)
	k.peer = *p
	k.peer.Proxies = slices.Clone(p.Proxies[:min(len(p.Proxies), maxHelpers)])
	k.peer.Relays = slices.Clone(p.Relays[:min(len(p.Relays), maxHelpers)])
	k.peer.PunchProxies = slices.Clone(p.PunchProxies[:min(len(p.PunchProxies), maxHelpers)])
	if len(k.attempts) == MaxAttempts {
		k.attempts = slices.Delete(k.attempts, 0, 1)
	}
	k.attempts = append(k.attempts, a)
	if a.Outcome != GivenUp {
		k.past[a.Rung] = Verdict{a.Rung, a.At.Add(a.Took), a.Outcome == Worked, a.Reason}
	}
}

// Attempts is the last attempts at a peer, the newest first.
func (m *Memory) Attempts(p *Peer) []Attempt {
	e, ok := m.peers[peerKey{p.Servent, p.Addr}]
	if !ok {
		return nil
	}
	last := slices.Clone(e.Value.(*known).attempts)
	slices.Reverse(last)
	return last
}

// Find is the peer tried last that listens at an address, or has a GUID.
func (m *Memory) Find(addr netip.AddrPort, servent [16]byte) (Peer, bool) {
	for e := m.recent.Front(); e != nil; e = e.Next() {
		p := e.Value.(*known).peer
		if addr.IsValid() && p.Addr == addr || servent != [16]byte{} && p.Servent == servent {
			return p, true
		}
	}
	return Peer{}, false
}
