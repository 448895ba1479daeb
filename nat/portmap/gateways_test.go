package portmap

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// native is an address as /proc/net/route has it.
func native(addr string) string {
	a := netip.MustParseAddr(addr).As4()
	return fmt.Sprintf("%08X", binary.NativeEndian.Uint32(a[:]))
}

func TestRoutes4(t *testing.T) {
	const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	row := func(destination, gateway, flags, metric, mask string) string {
		return fmt.Sprintf("eth0\t%s\t%s\t%s\t0\t0\t%s\t%s\t0\t0\t0   \n", native(destination), native(gateway), flags, metric, native(mask))
	}
	for _, test := range []struct{ text, want string }{
		{"", "[]"},
		{head, "[]"},
		{head + row("0.0.0.0", "192.168.1.1", "0003", "100", "0.0.0.0"), "[192.168.1.1]"},
		{head + row("192.168.1.0", "0.0.0.0", "0001", "0", "255.255.255.0"), "[]"},
		{head + row("0.0.0.0", "192.168.1.1", "0003", "600", "0.0.0.0") + row("0.0.0.0", "10.0.0.1", "0003", "100", "0.0.0.0"), "[10.0.0.1 192.168.1.1]"},
		{head + row("0.0.0.0", "192.168.1.1", "0003", "1", "0.0.0.0") + row("0.0.0.0", "192.168.1.1", "0003", "2", "0.0.0.0"), "[192.168.1.1]"},
		{head + row("0.0.0.0", "192.168.1.1", "0002", "0", "0.0.0.0"), "[]"},   // down
		{head + row("0.0.0.0", "192.168.1.1", "0203", "0", "0.0.0.0"), "[]"},   // reject
		{head + row("0.0.0.0", "192.168.1.1", "0003", "0", "128.0.0.0"), "[]"}, // half of everywhere
		{head + row("0.0.0.0", "0.0.0.0", "0003", "0", "0.0.0.0"), "[]"},
		{"eth0 0 zz 0003 0 0 0 0\neth0 0 0\n\n", "[]"},
		{strings.Repeat(row("0.0.0.0", "192.168.1.1", "0003", "0", "0.0.0.0"), 9), "[192.168.1.1]"},
	} {
		if got := fmt.Sprint(parseRoutes4(test.text)); got != test.want {
			t.Errorf("%q: %s, want %s", test.text, got, test.want)
		}
	}
	many := ""
	for i := range 2 * maxGateways {
		many += row("0.0.0.0", fmt.Sprintf("10.0.0.%d", i+1), "0003", "0", "0.0.0.0")
	}
	if got := parseRoutes4(many); len(got) != maxGateways {
		t.Errorf("%v", got)
	}
}

func TestRoutes6(t *testing.T) {
	const zero = "00000000000000000000000000000000"
	const near = "fe800000000000000000000000000001"
	row := func(destination, length, hop, metric, flags string) string {
		return fmt.Sprintf("%s %s %s 00 %s %s 00000001 00000000 %s     eth0\n", destination, length, zero, hop, metric, flags)
	}
	for _, test := range []struct{ text, want string }{
		{"", "[]"},
		{row(zero, "00", near, "00000400", "00000003"), "[fe80::1%eth0]"},
		{row(zero, "00", near, "00000400", "00450003"), "[fe80::1%eth0]"}, // by router advertisement
		{row(zero, "00", "20010db8000000000000000000000001", "00000400", "00000003"), "[2001:db8::1]"},
		{row(zero, "00", zero, "ffffffff", "00200200"), "[]"}, // the end of the table: reject
		{row(zero, "00", near, "00000400", "00000001"), "[]"},
		{row(near, "40", near, "00000400", "00000003"), "[]"},
		{row(zero, "00", near, "00000400", "00000003") + row(zero, "00", "20010db8000000000000000000000001", "00000001", "00000003"), "[2001:db8::1 fe80::1%eth0]"},
		{zero + " 00\n", "[]"},
		{row(zero, "00", near[:30], "00000400", "00000003"), "[]"},
		{row(zero, "00", "zz"+near[2:], "00000400", "00000003"), "[]"},
	} {
		if got := fmt.Sprint(parseRoutes6(test.text)); got != test.want {
			t.Errorf("%q: %s, want %s", test.text, got, test.want)
		}
	}
}

// TestSystem reads what this machine says.
func TestSystem(t *testing.T) {
	if _, err := os.Stat("/proc/net/route"); err != nil {
		t.Skip("no /proc/net/route here")
	}
	addrs, err := gateways()
	if err != nil || len(addrs) > 2*maxGateways {
		t.Fatalf("%v, %v", addrs, err)
	}
	if local, err := localTowards(netip.MustParseAddr("127.0.0.1")); err != nil || local != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("%v, %v", local, err)
	}
	if local, err := localTowards(netip.MustParseAddr("fe80::1%lo")); err == nil {
		t.Errorf("%v on loopback", local)
	}
}

func TestEnds(t *testing.T) {
	for prefix, want := range map[string]string{
		"192.168.1.7/24": "[192.168.1.1 192.168.1.254]",
		"10.1.2.3/8":     "[10.0.0.1 10.255.255.254]",
		"10.1.2.3/30":    "[10.1.2.1 10.1.2.2]",
		"10.1.2.3/31":    "[]",
		"fd00::1/64":     "[]",
	} {
		if got := fmt.Sprint(ends(netip.MustParsePrefix(prefix))); got != want {
			t.Errorf("%s: %s, want %s", prefix, got, want)
		}
	}
}

func TestPublic(t *testing.T) {
	for addr, want := range map[string]bool{
		"9.1.1.1": true, "100.63.255.255": true, "100.64.0.0": false, "100.127.255.255": false, "100.128.0.0": true,
		"10.0.0.1": false, "172.16.0.1": false, "172.32.0.1": true, "192.168.1.1": false, "169.254.1.1": false, "127.0.0.1": false,
		"0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "192.0.0.1": false,
		"192.0.2.1": false, "198.18.0.1": false, "198.51.100.1": false, "203.0.113.1": false, "::ffff:10.0.0.1": false, "::ffff:9.1.1.1": true,
		"2600::1": true, "fd00::1": false, "fe80::1": false, "::1": false, "::": false, "2001:db8::1": false, "ff02::1": false,
	} {
		if got := public(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: public %v", addr, got)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestRestarted(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	t0 := stamp{ok: true, seconds: 1000, at: start}
	for _, test := range []struct {
		m       Method
		elapsed int
		seconds uint32
		want    bool
	}{
		{PCP, 45, 1045, false}, {PCP, 45, 1043, false}, {PCP, 45, 1047, false}, {PCP, 45, 0, true}, {PCP, 45, 999, true},
		{PCP, 0, 999, false}, {PCP, 0, 998, true}, {PCP, 3600, 4600, false}, {PCP, 3600, 4600 - 220, false}, {PCP, 3600, 4600 - 300, true},
		{PCP, 3600, 4600 + 220, false}, {PCP, 3600, 4600 + 300, true},
		{NATPMP, 45, 1045, false}, {NATPMP, 45, 1040, false}, {NATPMP, 45, 1037, false}, {NATPMP, 45, 1036, true}, {NATPMP, 45, 0, true}, {NATPMP, 45, 1052, false}, {NATPMP, 45, 1053, true}, {NATPMP, 45, 9999, true},
	} {
		now := stamp{ok: true, seconds: test.seconds, at: start.Add(time.Duration(test.elapsed) * time.Second)}
		if got := restarted(test.m, t0, now); got != test.want {
			t.Errorf("%v after %d s from 1000 to %d: %v", test.m, test.elapsed, test.seconds, got)
		}
		if restarted(test.m, stamp{}, now) || restarted(test.m, t0, stamp{}) {
			t.Error("restarted without two answers")
		}
	}
}
