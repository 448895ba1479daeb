package node

import (
	"context"
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/rs/zerolog"

	"filbert/node/state"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// TestWhereAMemberIs: by what it says itself, else by how it was found, else where a neighbor takes connections.
func TestWhereAMemberIs(t *testing.T) {
	var (
		peer      = identity.PeerID{1}
		told      = netip.MustParseAddrPort("9.1.1.1:7000")
		found     = netip.MustParseAddrPort("9.2.1.1:7000")
		neighbors = netip.MustParseAddrPort("9.3.1.1:7000")
		relay     = netip.MustParseAddrPort("9.4.1.1:7000")
	)
	for _, c := range []struct {
		name string
		card string
		src  transfer.Source
		want netip.AddrPort
	}{
		{"it says", `{"at":"9.1.1.1:7000"}`, transfer.Source{Addr: found}, told},
		{"it was found", ``, transfer.Source{Addr: found}, found},
		{"a relay is known", ``, transfer.Source{Relays: []netip.AddrPort{relay}}, netip.AddrPort{}},
		{"it is a neighbor", ``, transfer.Source{}, neighbors},
		{"it says nothing of use", `{}`, transfer.Source{}, neighbors},
	} {
		t.Run(c.name, func(t *testing.T) {
			cards := newCards(state.Memory(), zerolog.Nop())
			cards.of[peer] = []byte(c.card)
			cards.where = func(identity.PeerID) transfer.Source { return c.src }
			cards.listens = func(_ context.Context, p identity.PeerID) netip.AddrPort {
				if p != peer {
					t.Errorf("asked for %v", p)
				}
				return neighbors
			}
			if got := cards.source(peer).Addr; got != c.want {
				t.Errorf("it is at %v, want %v", got, c.want)
			}
		})
	}
}

// TestCardWords: a card tells which of its push proxies pass on words about a path, and fits
// with all that it may tell.
func TestCardWords(t *testing.T) {
	c, ok := parseCard([]byte(`{"push":true,"proxies":["9.1.1.1:7000","9.2.1.1:7000"],"words":254}`))
	src := transfer.Source{PunchProxies: []netip.AddrPort{netip.MustParseAddrPort("9.9.1.1:7000")}}
	c.tell(&src)
	if want := netip.MustParseAddrPort("9.2.1.1:7000"); !ok || len(src.PunchProxies) != 1 || src.PunchProxies[0] != want {
		t.Errorf("%v, words through %v, want %v", ok, src.PunchProxies, want)
	}
	at := netip.MustParseAddrPort("[2001:db8:1111:2222:3333:4444:5555:6666]:65535")
	full := card{At: at, IPv6: at.Addr(), Push: true, Words: 255}
	for range maxAskedRelays {
		full.Relays = append(full.Relays, at)
	}
	for range maxAskedProxies {
		full.Proxies = append(full.Proxies, at)
	}
	text, err := json.Marshal(full)
	if err != nil || len(text) > maxCard {
		t.Errorf("a card of %d bytes, %v; at most %d are taken", len(text), err, maxCard)
	}
}
