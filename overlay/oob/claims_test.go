package oob

import (
	"net/netip"
	"testing"
)

func TestClaims(t *testing.T) {
	var c Claims
	if n := c.Offered(guid(1), alice, 7); n != 0 {
		t.Errorf("claimed %d for a query nobody asked", n)
	}
	c.Begin(start, guid(1), 60)
	for try := range Tries + 1 {
		want := uint8(7)
		if try == Tries {
			want = 0
		}
		if n := c.Offered(guid(1), alice, 7); n != want {
			t.Errorf("offer %d: claimed %d, want %d", try+1, n, want)
		}
	}
	if n := c.Offered(guid(1), bob, 255); n != mostWanted {
		t.Errorf("claimed %d of everything", n)
	}
	if c.Received(guid(1), netip.AddrPortFrom(alice.Addr(), 1), 1) {
		t.Error("took results of one who was asked for none")
	}
	if !c.Received(guid(1), bob, mostWanted) || !c.Received(guid(1), bob, slack) || c.Received(guid(1), bob, 1) {
		t.Error("took more, or less, than what was asked for and a little")
	}
	if n := c.Offered(guid(1), alice, 7); n != 0 {
		t.Errorf("claimed %d more with enough results", n)
	}
	if c.Received(guid(2), bob, 1) {
		t.Error("took results of an unknown query")
	}
}

func TestClaimBounds(t *testing.T) {
	from := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 7000)
	}
	var c Claims
	for i := range maxQueries + 10 {
		c.Begin(start, guid(i), 1000)
	}
	if len(c.queries) != maxQueries {
		t.Errorf("%d queries", len(c.queries))
	}
	last := guid(maxQueries + 9)
	for i := range claimsPerQuery + 10 {
		c.Offered(last, from(i), 1)
	}
	if n := len(c.find(last).hosts); n != claimsPerQuery {
		t.Errorf("%d claims of one query", n)
	}
	for q := range maxQueries {
		for i := range claimsPerQuery / 4 {
			c.Offered(guid(q+10), from(i), 1)
		}
	}
	if c.claims != maxClaims {
		t.Errorf("%d claims", c.claims)
	}
	c.Expire(start.Add(queryLifetime))
	if len(c.queries) != 0 || c.claims != 0 {
		t.Errorf("%d queries, %d claims after their time", len(c.queries), c.claims)
	}
}
