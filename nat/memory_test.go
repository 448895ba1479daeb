package nat

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func peerNumber(i int) *Peer {
	return &Peer{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}), 6346)}
}

// TestMemoryForgets fills the memory to its caps and beyond.
func TestMemoryForgets(t *testing.T) {
	m := NewMemory()
	for i := range MaxPeers {
		m.Note(peerNumber(i), Attempt{Rung: Direct4, At: epoch})
	}
	m.Note(peerNumber(0), Attempt{Rung: Direct4, At: epoch}) // which is not the oldest any more
	for _, i := range []int{0, 1, MaxPeers - 1} {
		if past := m.Past(peerNumber(i)); !past[Direct4].worked(epoch) {
			t.Errorf("peer %d is forgotten at the cap", i)
		}
	}
	m.Note(peerNumber(MaxPeers), Attempt{Rung: Direct4, At: epoch})
	if len(m.peers) != MaxPeers || m.recent.Len() != MaxPeers {
		t.Errorf("%d and %d peers", len(m.peers), m.recent.Len())
	}
	for i, want := range map[int]bool{0: true, 1: false, 2: true, MaxPeers: true} {
		if past := m.Past(peerNumber(i)); past[Direct4].worked(epoch) != want {
			t.Errorf("peer %d: %v, want %v", i, !want, want)
		}
	}

	p := walled().Peer
	p.Relays = make([]netip.AddrPort, maxHelpers+1)
	p.PunchProxies = make([]netip.AddrPort, maxHelpers+1)
	for i := range MaxAttempts + 1 {
		m.Note(&p, Attempt{Rung: Push, At: epoch, Outcome: Failed, Reason: fmt.Sprint(i, strings.Repeat("x", maxReason))})
	}
	last := m.Attempts(&p)
	if len(last) != MaxAttempts || !strings.HasPrefix(last[0].Reason, fmt.Sprint(MaxAttempts, "x")) || !strings.HasPrefix(last[MaxAttempts-1].Reason, "1x") ||
		len(last[0].Reason) != maxReason {
		t.Errorf("attempts %+v", last)
	}
	if found, ok := m.Find(netip.AddrPort{}, p.Servent); !ok || len(found.Relays) != maxHelpers || len(found.PunchProxies) != maxHelpers {
		t.Errorf("found %+v, %v", found, ok)
	}
}

// TestMemoryTellsPeersApart: who names the GUID of another beside an address of its own
// changes nothing for that one.
func TestMemoryTellsPeersApart(t *testing.T) {
	m := NewMemory()
	honest := walled().Peer
	liar := honest
	liar.Addr = netip.MustParseAddrPort("192.0.2.66:1")
	m.Note(&honest, Attempt{Rung: Push, At: epoch})
	m.Note(&liar, Attempt{Rung: Push, At: epoch, Outcome: Failed, Reason: "nobody came"})
	if past := m.Past(&honest); !past[Push].worked(epoch) {
		t.Errorf("the honest one: %+v", past)
	}
	if past := m.Past(&liar); !past[Push].failed(epoch) {
		t.Errorf("the liar: %+v", past)
	}
	if found, ok := m.Find(honest.Addr, [16]byte{}); !ok || found.Servent != honest.Servent {
		t.Errorf("by its address: %+v, %v", found, ok)
	}
	if _, ok := m.Find(netip.AddrPort{}, [16]byte{}); ok {
		t.Error("nobody is found")
	}
}

// TestGivenUpTellsNothing: a rung that was slower than another has not failed.
func TestGivenUpTellsNothing(t *testing.T) {
	m, p := NewMemory(), walled().Peer
	m.Note(&p, Attempt{Rung: Push, At: epoch})
	m.Note(&p, Attempt{Rung: Push, At: epoch.Add(time.Second), Outcome: GivenUp, Reason: "slow"})
	if past := m.Past(&p); !past[Push].worked(epoch.Add(time.Minute)) || past[Push].worked(epoch.Add(helpLifetime)) {
		t.Errorf("%+v", past)
	}
	if got := m.Attempts(&p); len(got) != 2 || got[0].Outcome != GivenUp {
		t.Errorf("%+v", got)
	}
}
