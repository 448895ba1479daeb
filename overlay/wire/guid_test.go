package wire

import (
	"math/rand/v2"
	"testing"
)

func TestNewGUID(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[GUID]bool{}
	for range 1000 {
		g, p := NewGUID(r), NewPingGUID(r)
		if g[8] != 0xFF || g[15] != 0 || p[8] != 0xFF || p[15] != 1 {
			t.Fatalf("marks of %v and %v", g, p)
		}
		if seen[g] || seen[p] {
			t.Fatalf("%v or %v came twice", g, p)
		}
		seen[g], seen[p] = true, true
	}
	if a, b := NewGUID(rand.New(rand.NewPCG(7, 7))), NewGUID(rand.New(rand.NewPCG(7, 7))); a != b {
		t.Errorf("one seed gave %v and %v", a, b)
	}
}

func TestParseGUID(t *testing.T) {
	g, err := ParseGUID("A1A2A3A4A5A6A7A8FFAAABACADAEAF00")
	if err != nil || g.String() != pingMUID || g.IsZero() {
		t.Errorf("%v, error %v", g, err)
	}
	if g, err := ParseGUID(noGUID); err != nil || !g.IsZero() {
		t.Errorf("%v, error %v", g, err)
	}
	for _, s := range []string{"", pingMUID[1:], pingMUID + "0", "x" + pingMUID[1:]} {
		if g, err := ParseGUID(s); err == nil || !g.IsZero() {
			t.Errorf("%q: %v, error %v", s, g, err)
		}
	}
}

// TestOOBAddr: the query says where its hits shall go.
func TestOOBAddr(t *testing.T) {
	g := guid("aabbccddaabbccddff01020304050600").WithOOBAddr(addr("203.0.113.9:6346"))
	if got := g.String(); got != "cb007109aabbccddff01020304ca1800" {
		t.Errorf("GUID %s", got)
	}
	if got := g.OOBAddr(); got != addr("203.0.113.9:6346") {
		t.Errorf("address %v", got)
	}
	if got := g.WithOOBAddr(addr("[2001:db8::1]:6346")).OOBAddr(); got != addr("127.0.0.0:6346") {
		t.Errorf("IPv6 is told as %v", got)
	}
}
