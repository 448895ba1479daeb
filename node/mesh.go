package node

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"filbert/overlay/hostcache"
	"filbert/transfer"
	"filbert/transfer/mesh"
	"filbert/transfer/urn"
)

// anybody stands for a peer of whom nothing is known: only addresses that reach
// everywhere may be told.
var anybody = netip.IPv4Unspecified()

// meshTable is the download mesh as the parts of a node share it: searches tell
// it what hits name, downloads and uploads what headers do. Safe for concurrent
// use; no method blocks for long.
type meshTable struct {
	hosts hostcache.Config
	port  uint16 // ours

	mu   sync.Mutex
	mesh *mesh.Mesh   // guarded by mu
	own  []netip.Addr // guarded by mu: where we are, as far as is known
}

func newMeshTable(hosts hostcache.Config, self netip.AddrPort, external netip.Addr, rand *rand.Rand) *meshTable {
	t := &meshTable{hosts: hosts, port: self.Port()}
	t.mesh = mesh.New(t, rand)
	t.am(self.Addr())
	t.am(external)
	return t
}

// am notes an address of ours; the invalid one is none.
func (t *meshTable) am(addr netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !addr.IsValid() || addr.IsUnspecified() || t.isOwnLocked(addr) {
		return
	}
	if len(t.own) == maxOwnAddrs {
		t.own = t.own[:copy(t.own, t.own[1:])]
	}
	t.own = append(t.own, addr.Unmap())
}

func (t *meshTable) isOwnLocked(addr netip.Addr) bool {
	for _, own := range t.own {
		if own == addr.Unmap() {
			return true
		}
	}
	return false
}

// Usable implements mesh.Addresses. It is called with mu held.
func (t *meshTable) Usable(addr netip.AddrPort, teller netip.Addr) bool {
	if addr.Port() == t.port && t.isOwnLocked(addr.Addr()) {
		return false
	}
	return t.hosts.Acceptable(addr, teller) == hostcache.Kept
}

// Network implements mesh.Addresses. Where networks say nothing about owners,
// each address is one.
func (t *meshTable) Network(addr netip.Addr) netip.Prefix {
	if addr = addr.Unmap(); hostcache.Class(addr).Local() {
		return netip.PrefixFrom(addr, addr.BitLen())
	}
	return hostcache.Net(addr)
}

// Heard takes the sources of a file that a peer named.
func (t *meshTable) Heard(sha1 urn.SHA1, from netip.Addr, alts []mesh.AltLoc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mesh.Heard(time.Now(), sha1, from, alts)
}

// Reported takes the sources of a file that a peer calls failed.
func (t *meshTable) Reported(sha1 urn.SHA1, from netip.Addr, alts []mesh.AltLoc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mesh.Reported(time.Now(), sha1, from, alts)
}

// Worked notes that a source gave us verified bytes of a file.
func (t *meshTable) Worked(sha1 urn.SHA1, alt mesh.AltLoc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mesh.Worked(time.Now(), sha1, alt)
}

// Failed notes that a source does not have a file, or lies.
func (t *meshTable) Failed(sha1 urn.SHA1, alt mesh.AltLoc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mesh.Failed(time.Now(), sha1, alt)
}

// Offer is the sources of a file that a peer at to may be told.
func (t *meshTable) Offer(sha1 urn.SHA1, to netip.Addr) []mesh.AltLoc {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mesh.Offer(time.Now(), sha1, to, maxOffered)
}

// Bad is the sources of a file that failed us, as a peer at to may be told.
func (t *meshTable) Bad(sha1 urn.SHA1, to netip.Addr) []mesh.AltLoc {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mesh.Bad(time.Now(), sha1, to, maxBad)
}

// Self is how we name ourselves to a peer at to over a connection from local: by
// that address, unless the peer could not connect to it, as from behind a NAT.
func (t *meshTable) Self(local, to netip.Addr) (mesh.AltLoc, bool) {
	at := netip.AddrPortFrom(local, t.port)
	return mesh.AltLoc{Addr: at}, at.IsValid() && t.hosts.Acceptable(at, to) == hostcache.Kept
}

// heardHit takes the alternates of a hit. Who brought it is the witness: it can
// say what it likes of who sent it.
func (t *meshTable) heardHit(sha1 urn.SHA1, via netip.Addr, alternates []netip.AddrPort) {
	var alts []mesh.AltLoc
	for _, addr := range alternates {
		alts = append(alts, mesh.AltLoc{Addr: addr})
	}
	t.Heard(sha1, via, alts)
}

// Sources is at most n sources for us to try.
func (t *meshTable) Sources(sha1 urn.SHA1, n int) []transfer.Source {
	t.mu.Lock()
	defer t.mu.Unlock()
	var sources []transfer.Source
	for _, a := range t.mesh.Sources(time.Now(), sha1, n) {
		sources = append(sources, transfer.Source{Addr: a.Addr, Servent: a.Servent, Push: a.Firewalled, Proxies: a.Proxies})
	}
	return sources
}

// Alternates implements flood.Mesh.
func (t *meshTable) Alternates(sha1 [20]byte) []netip.AddrPort {
	var addrs []netip.AddrPort
	for _, a := range t.Offer(sha1, anybody) {
		if !a.Firewalled && len(addrs) < maxAlternates {
			addrs = append(addrs, a.Addr)
		}
	}
	return addrs
}
