package hostcache

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestAcceptable(t *testing.T) {
	public, private, link, loop, lab := "8.8.4.4", "10.0.0.9", "169.254.1.1", "127.0.0.1", "192.0.2.9"
	for _, c := range []struct {
		addr   string
		teller []string
		want   DropReason
	}{
		{"5.6.7.8", []string{public, private, link, loop, lab, ""}, Kept},
		{"[2a00::1]:6346", []string{public, "2a00::2", loop, ""}, Kept},
		{"10.1.2.3", []string{private, link, loop, "fd00::1", "::1", "::ffff:10.0.0.9", ""}, Kept},
		{"10.1.2.3", []string{public, lab, "2a00::2", "0.1.2.3"}, DropScope},
		{"169.254.1.2", []string{link, loop, ""}, Kept},
		{"169.254.169.254", []string{public, private}, DropScope},
		{"127.0.0.1", []string{loop, "::1", ""}, Kept},
		{"127.0.0.1", []string{public, private, link, lab}, DropScope},
		{"[::1]:6346", []string{loop, ""}, Kept},
		{"[::1]:6346", []string{public, private}, DropScope},
		{"[fd00::1]:6346", []string{private, loop}, Kept},
		{"[fd00::1]:6346", []string{public}, DropScope},
		{"[::ffff:10.1.2.3]:6346", []string{public}, DropScope},
		{"[fe80::1]:6346", []string{public, private, "fe80::2", loop, ""}, DropBogon},
		{"[fe80::1%eth0]:6346", []string{"fe80::2%eth0", ""}, DropBogon},
		{"[fd00::1%eth0]:6346", []string{""}, DropBogon},
		{"0.0.0.0", []string{public, loop, ""}, DropBogon},
		{"224.0.0.1", []string{public, loop, ""}, DropBogon},
		{"100.64.0.1", []string{public, private, ""}, DropBogon},
		{"192.0.2.1", []string{public, lab, loop, ""}, DropBogon},
		{"5.6.7.8:0", []string{public, loop, ""}, DropPort},
		{"5.6.7.8:1", []string{public, loop}, DropPort},
		{"5.6.7.8:1023", []string{public, loop}, DropPort},
		{"5.6.7.8:1024", []string{public, loop}, Kept},
		{"5.6.7.8:80", []string{""}, Kept},
	} {
		for _, teller := range c.teller {
			from, _ := netip.ParseAddr(teller)
			if got := (Config{}).Acceptable(host(c.addr), from); got != c.want {
				t.Errorf("%s told by %q: %v, want %v", c.addr, teller, got, c.want)
			}
		}
	}
	laboratory := Config{AllowDocumentation: true}
	for _, teller := range []string{public, lab, loop, ""} {
		from, _ := netip.ParseAddr(teller)
		if got := laboratory.Acceptable(host("203.0.113.9"), from); got != Kept {
			t.Errorf("in a laboratory, told by %q: %v", teller, got)
		}
	}
	if got := laboratory.Acceptable(host("10.1.2.3"), peer(lab)); got != DropScope {
		t.Errorf("a private address told by a laboratory: %v", got)
	}
	if got := (Config{}).Acceptable(netip.AddrPortFrom(netip.Addr{}, 6346), peer(public)); got != DropBogon {
		t.Errorf("no address: %v", got)
	}
}

// TestPublicPeersCannotNameHostsInside: whatever a peer of the public network
// tells, what is kept is global.
func TestPublicPeersCannotNameHostsInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	kept := 0
	for range 200_000 {
		var b [16]byte
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		copy(b[:2], [][]byte{{10, 1}, {127, 0}, {192, 168}, {169, 254}, {172, 16}, {0xfe, 0x80}, {0xfd, 0}, {0x20, 0x01}, b[:2]}[rng.IntN(9)])
		for _, a := range []netip.Addr{netip.AddrFrom16(b), netip.AddrFrom4([4]byte(b[:]))} {
			addr := netip.AddrPortFrom(a, uint16(rng.IntN(1<<16)))
			if (Config{}).Acceptable(addr, peer("8.8.4.4")) == Kept {
				kept++
				if Class(a) != Global || addr.Port() < minPort {
					t.Fatalf("%v was kept", addr)
				}
			}
		}
	}
	if kept < 1000 {
		t.Errorf("only %d were kept: the test tries the wrong addresses", kept)
	}
}
