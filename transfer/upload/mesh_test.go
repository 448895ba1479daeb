package upload

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"filbert/transfer/mesh"
	"filbert/transfer/urn"
)

// notebook is a Mesh that writes down what it hears and always offers the same.
type notebook struct {
	mu       sync.Mutex
	heard    []string
	reported []string
}

func (n *notebook) Heard(_ urn.SHA1, from netip.Addr, alts []mesh.AltLoc) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range alts {
		n.heard = append(n.heard, fmt.Sprint(from, " ", a.Addr))
	}
}

func (n *notebook) Reported(_ urn.SHA1, from netip.Addr, alts []mesh.AltLoc) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range alts {
		n.reported = append(n.reported, fmt.Sprint(from, " ", a.Addr))
	}
}

func (n *notebook) Offer(urn.SHA1, netip.Addr) []mesh.AltLoc {
	return []mesh.AltLoc{
		{Addr: netip.MustParseAddrPort("198.51.100.20:6346")},
		{Firewalled: true, Servent: [16]byte{1}, Proxies: []netip.AddrPort{netip.MustParseAddrPort("198.51.100.21:7000")}},
	}
}

func (n *notebook) Bad(urn.SHA1, netip.Addr) []mesh.AltLoc {
	return []mesh.AltLoc{{Addr: netip.MustParseAddrPort("198.51.100.22:7001")}}
}

// TestMesh exchanges sources with a peer: its are heard with every request, ours
// are named once a connection and file, firewalled ones to who can use them.
func TestMesh(t *testing.T) {
	book := &notebook{}
	s := share(t, map[string]string{"first": "one file", "second": "another file"}, Config{Mesh: book})
	first, second := n2r("one file"), n2r("another file")
	p := s.dial()
	named := func(res reply) [3]string {
		return [3]string{res.Header.Get("X-Alt"), res.Header.Get("X-Nalt"), res.Header.Get("X-Falt")}
	}
	const alt, bad = "198.51.100.20", "198.51.100.22:7001"
	for i, ask := range []struct {
		target string
		lines  []string
		want   [3]string
	}{
		{first, nil, [3]string{alt, bad, ""}},
		{first, []string{"X-Alt: 203.0.113.1, 203.0.113.2:7000"}, [3]string{}},
		{second, []string{"X-NAlt: 203.0.113.3:7000", "X-Features: browse/1.0, fwalt/0.1"},
			[3]string{alt, bad, "01000000000000000000000000000000;198.51.100.21:7000"}},
		{first, nil, [3]string{alt, bad, "01000000000000000000000000000000;198.51.100.21:7000"}},
	} {
		p.get(ask.target, ask.lines...)
		if got := named(p.want(http.StatusOK)); got != ask.want {
			t.Errorf("request %d: named %q, want %q", i, got, ask.want)
		}
	}
	const from = "198.51.100.1" // the first guest
	if want := []string{from + " 203.0.113.1:6346", from + " 203.0.113.2:7000"}; !slices.Equal(book.heard, want) {
		t.Errorf("heard %q, want %q", book.heard, want)
	}
	if want := []string{from + " 203.0.113.3:7000"}; !slices.Equal(book.reported, want) {
		t.Errorf("reported %q, want %q", book.reported, want)
	}
}
