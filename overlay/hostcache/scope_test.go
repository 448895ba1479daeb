package hostcache

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// TestClass tries the first and the last address of every range and their
// neighbors.
func TestClass(t *testing.T) {
	for _, c := range []struct {
		scope Scope
		addrs []string
	}{
		{Global, []string{"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
			"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.1", "179.1.2.3", "191.255.255.255", "192.0.1.0", "192.0.3.0",
			"192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255",
			"198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
			"2000::", "2001:200::1", "2001:db7:ffff::", "2001:db9::", "2400::1", "2a00:1450::1", "2002:808:808::1", "3fff:1000::", "3ffe::1", "::ffff:8.8.8.8"}},
		{Bogon, []string{"0.0.0.0", "0.255.255.255", "100.64.0.1", "100.127.255.255", "192.0.0.0", "192.0.0.255", "192.88.99.1",
			"198.18.0.0", "198.19.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
			"::", "::2", "::8.8.8.8", "64:ff9b::808:808", "100::1", "1fff::1", "4000::1", "fec0::1", "ff02::1", "ff0e::1", "fe00::1",
			"2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:1ff:ffff::1", "2002:a00:1::1", "2002:7f00:1::", "2002:c000:201::", "::ffff:0.1.2.3"}},
		{Loopback, []string{"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"}},
		{LinkLocal, []string{"169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::1", "febf:ffff::1", "fe80::1%eth0"}},
		{Private, []string{"10.0.0.0", "10.1.2.3", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255", "fc00::1", "fdff::1"}},
		{Documentation, []string{"192.0.2.0", "192.0.2.255", "198.51.100.7", "203.0.113.9", "2001:db8::1", "2001:db8:ffff::1", "3fff::1", "3fff:fff::1"}},
	} {
		for _, addr := range c.addrs {
			if got := Class(netip.MustParseAddr(addr)); got != c.scope {
				t.Errorf("%s is %v, want %v", addr, got, c.scope)
			}
		}
		if c.scope.Local() != (c.scope != Global && c.scope != Bogon) {
			t.Errorf("%v: local %v", c.scope, c.scope.Local())
		}
	}
	if got := Class(netip.Addr{}); got != Bogon {
		t.Errorf("the zero address is %v", got)
	}
}

// TestClassAgreesWithNetip holds the table against what the standard library
// knows, over random addresses.
func TestClassAgreesWithNetip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200_000 {
		var b [16]byte
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		for _, a := range []netip.Addr{netip.AddrFrom16(b), netip.AddrFrom4([4]byte(b[:]))} {
			s := Class(a)
			if a.IsPrivate() != (s == Private) || a.IsLoopback() != (s == Loopback) || a.IsLinkLocalUnicast() != (s == LinkLocal) {
				t.Fatalf("%v is %v", a, s)
			}
			if s == Global && !a.IsGlobalUnicast() {
				t.Fatalf("%v is no unicast address, yet global", a)
			}
		}
	}
}

func TestNet(t *testing.T) {
	for addr, want := range map[string]string{
		"5.6.7.8": "5.6.7.0/24", "::ffff:5.6.7.8": "5.6.7.0/24", "2a00:1:2:3::4": "2a00:1:2::/48", "fe80::1%eth0": "fe80::/48",
	} {
		if got := Net(netip.MustParseAddr(addr)); got.String() != want {
			t.Errorf("%s is in %v, want %s", addr, got, want)
		}
	}
	if got := Net(netip.Addr{}); got.IsValid() {
		t.Errorf("the zero address is in %v", got)
	}
}
