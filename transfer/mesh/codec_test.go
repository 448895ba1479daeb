package mesh

import (
	"fmt"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"filbert/transfer/urn"
)

func direct(addrs ...string) []AltLoc {
	var alts []AltLoc
	for _, a := range addrs {
		s, tls := strings.CutSuffix(a, "!")
		alts = append(alts, AltLoc{Addr: netip.MustParseAddrPort(s), TLS: tls})
	}
	return alts
}

// TestAlt reads and writes X-Alt; "!" marks addresses with TLS.
func TestAlt(t *testing.T) {
	for _, test := range []struct {
		in, out string
		want    []AltLoc
	}{
		{"203.0.113.3:6348", "203.0.113.3:6348", direct("203.0.113.3:6348")}, // sent by gtk-gnutella 1.2.3
		{"1.2.3.4", "1.2.3.4", direct("1.2.3.4:6346")},
		{" 1.2.3.4:1 ,5.6.7.8:6346,", "1.2.3.4:1, 5.6.7.8", direct("1.2.3.4:1", "5.6.7.8:6346")},
		{"[2001:db8::1]:7, [2001:db8::2], 2001:db8::3", "[2001:db8::1]:7, [2001:db8::2], [2001:db8::3]",
			direct("[2001:db8::1]:7", "[2001:db8::2]:6346", "[2001:db8::3]:6346")},
		{"[::ffff:1.2.3.4]:5", "1.2.3.4:5", direct("1.2.3.4:5")},
		// The vectors of the reference: the first three of five, and only the fifth.
		{"tls=E, 1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5", "tls=E, 1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4, 1.1.1.5",
			direct("1.1.1.1:6346!", "1.1.1.2:6346!", "1.1.1.3:6346!", "1.1.1.4:6346", "1.1.1.5:6346")},
		{"TLS=08,1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5", "tls=08, 1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4, 1.1.1.5",
			direct("1.1.1.1:6346", "1.1.1.2:6346", "1.1.1.3:6346", "1.1.1.4:6346", "1.1.1.5:6346!")},
		{"tls=4, nonsense, 1.1.1.2", "tls=8, 1.1.1.2", direct("1.1.1.2:6346!")}, // the bits count what is skipped
		{"tls=xyz, 1.1.1.2", "1.1.1.2", direct("1.1.1.2:6346")},
		{"host.example:6346, 1.2.3.4:0, 1.2.3.4:70000, 0.0.0.0:5, [fe80::1%eth0]:5, [::1, :6346", "", nil},
		{"", "", nil},
	} {
		got := ParseAlt(test.in)
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %v, want %v", test.in, got, test.want)
		}
		if out := string(AppendAlt(nil, got)); out != test.out {
			t.Errorf("%q: written as %q, want %q", test.in, out, test.out)
		}
	}
}

func TestFirewalled(t *testing.T) {
	const guid = "9dbc52eeebca2c8a79036d626b959900"
	servent := [16]byte{0x9d, 0xbc, 0x52, 0xee, 0xeb, 0xca, 0x2c, 0x8a, 0x79, 0x03, 0x6d, 0x62, 0x6b, 0x95, 0x99, 0x00}
	proxies := func(s ...string) (out []netip.AddrPort) {
		for _, p := range s {
			out = append(out, netip.MustParseAddrPort(p))
		}
		return out
	}
	for _, test := range []struct {
		in, out string
		want    []AltLoc
	}{
		{strings.ToUpper(guid) + ";1.2.3.4:5", guid + ";1.2.3.4:5", []AltLoc{{Firewalled: true, Servent: servent, Proxies: proxies("1.2.3.4:5")}}},
		{guid + ";fwt/1;6346:9.8.7.6;pptls=8;1.2.3.4:5;5.6.7.8:9", guid + ";fwt/1;6346:9.8.7.6;1.2.3.4:5;5.6.7.8:9",
			[]AltLoc{{Addr: netip.MustParseAddrPort("9.8.7.6:6346"), Firewalled: true, Servent: servent, Proxies: proxies("1.2.3.4:5", "5.6.7.8:9")}}},
		{guid + ";6346:9.8.7.6;1.2.3.4:5", guid + ";1.2.3.4:5", []AltLoc{{Firewalled: true, Servent: servent, Proxies: proxies("1.2.3.4:5")}}}, // without fwt
		{guid + ";1.1.1.1:1;1.1.1.1:2;1.1.1.1:3;1.1.1.1:4;1.1.1.1:5", guid + ";1.1.1.1:1;1.1.1.1:2;1.1.1.1:3;1.1.1.1:4",
			[]AltLoc{{Firewalled: true, Servent: servent, Proxies: proxies("1.1.1.1:1", "1.1.1.1:2", "1.1.1.1:3", "1.1.1.1:4")}}},
		{guid + ";[2001:db8::1]:5;junk;, " + guid, guid + ";[2001:db8::1]:5", []AltLoc{{Firewalled: true, Servent: servent, Proxies: proxies("[2001:db8::1]:5")}}},
		{guid + ";1.2.3.4", "", nil}, // a proxy names its port
		{strings.Repeat("0", 32) + ";1.2.3.4:5", "", nil},
		{guid + "00;1.2.3.4:5", "", nil},
		{guid[1:] + ";1.2.3.4:5", "", nil},
		{"TW6FF3XLZIWIU6IDNVRGXFMZAA;1.2.3.4:5", "", nil}, // the base32 of an old draft
	} {
		got := ParseFirewalled(test.in)
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %v, want %v", test.in, got, test.want)
		}
		if out := string(AppendFirewalled(nil, got)); out != test.out {
			t.Errorf("%q: written as %q, want %q", test.in, out, test.out)
		}
	}
}

func TestHeaders(t *testing.T) {
	abc, err := urn.ParseSHA1("VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5")
	if err != nil {
		t.Fatal(err)
	}
	const guid = "9dbc52eeebca2c8a79036d626b959900"
	h := http.Header{}
	h.Add("X-Alt", "1.1.1.1:1")
	h.Add("X-Alt", "1.1.1.1:2")
	h.Add("X-NAlt", "1.1.1.1:3")
	h.Add("X-Falt", guid+";1.1.1.1:4")
	h.Add("X-NFalt", guid+";1.1.1.1:5")
	h.Add("X-FW-Node-Info", guid+";1.1.1.1:6")
	h.Add("X-Gnutella-Alternate-Location", "http://1.1.1.1:7/uri-res/N2R?"+abc.URN()+" 2003-05-02T20:31Z, "+
		"http://1.1.1.1/uri-res/N2R?urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ 2003-05-02T20:31Z, http://1.1.1.1:9/get/1/name, 1.1.1.1:10")
	have, failed := Read(h, abc)
	if got := fmt.Sprintf("%d %s %s", len(have), AppendAlt(nil, have), string(AppendFirewalled(nil, have))); got != "4 1.1.1.1:1, 1.1.1.1:2, 1.1.1.1:7 "+guid+";1.1.1.1:4" {
		t.Errorf("have %s", got)
	}
	if got := fmt.Sprintf("%d %s %s", len(failed), AppendAlt(nil, failed), string(AppendFirewalled(nil, failed))); got != "2 1.1.1.1:3 "+guid+";1.1.1.1:5" {
		t.Errorf("failed %s", got)
	}
	if node, ok := ReadNode(h); !ok || node.Proxies[0].Port() != 6 {
		t.Errorf("the node is %v, %v", node, ok)
	}
	if _, ok := ReadNode(http.Header{}); ok {
		t.Error("a node was found in no header")
	}

	out := map[string][]string{}
	Write(out, have, failed, false)
	if len(out) != 2 || out["X-Alt"][0] != "1.1.1.1:1, 1.1.1.1:2, 1.1.1.1:7" || out["X-NAlt"][0] != "1.1.1.1:3" {
		t.Errorf("written as %v", out)
	}
	Write(out, have, nil, true)
	if out["X-Falt"][0] != guid+";1.1.1.1:4" {
		t.Errorf("written as %v", out)
	}
}

// TestHeaderCaps reads and writes more than fits.
func TestHeaderCaps(t *testing.T) {
	var many []AltLoc
	for i := range 1000 {
		many = append(many, AltLoc{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{100, 100, 100, byte(i)}), uint16(10000+i)), TLS: true})
	}
	value := string(AppendAlt(nil, many))
	if len(value) > MaxHeader || len(value) < MaxHeader-30 {
		t.Errorf("%d bytes were written, the most is %d", len(value), MaxHeader)
	}
	if got := ParseAlt(strings.Repeat(value+",", 20)); len(got) != maxNamed {
		t.Errorf("%d were read, the most is %d", len(got), maxNamed)
	}
	have, _ := Read(map[string][]string{"X-Alt": slices.Repeat([]string{"1.2.3.4"}, 100000)}, urn.SHA1{})
	if len(have) != maxNamed {
		t.Errorf("%d were read, the most is %d", len(have), maxNamed)
	}
	for i := range many {
		many[i] = AltLoc{Firewalled: true, Servent: [16]byte{byte(i), 1}, Proxies: []netip.AddrPort{many[i].Addr}}
	}
	if value := AppendFirewalled([]byte("before"), many); len(value) > MaxHeader+len("before") || len(value) < MaxHeader-60 {
		t.Errorf("%d bytes were written, the most is %d", len(value), MaxHeader)
	}
}

func FuzzAlt(f *testing.F) {
	for _, s := range []string{"203.0.113.3:6348", "tls=E, 1.1.1.1,[2001:db8::2]", "tls=,[::1]:1,,a", "tls=08,1.1.1.1:6346"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fits(t, ParseAlt(s), ParseAlt, AppendAlt)
	})
}

func FuzzFirewalled(f *testing.F) {
	const guid = "9dbc52eeebca2c8a79036d626b959900"
	for _, s := range []string{guid + ";1.2.3.4:5", guid + ";fwt/1;6346:9.8.7.6;pptls=8;1.2.3.4:5;[::2]:9", guid + ";fwt/1;1:::1;1.1.1.1:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fits(t, ParseFirewalled(s), ParseFirewalled, AppendFirewalled)
	})
}

func FuzzLocation(f *testing.F) {
	f.Add("http://1.1.1.1:7/uri-res/N2R?urn:sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 2003-05-02T20:31Z")
	f.Fuzz(func(t *testing.T, s string) {
		parse := func(s string) []AltLoc { return parseLocation(s, urn.SHA1{}) }
		fits(t, parse(s), ParseAlt, AppendAlt)
	})
}

// fits checks that what was read can be written and read again.
func fits(t *testing.T, alts []AltLoc, parse func(string) []AltLoc, appendTo func([]byte, []AltLoc) []byte) {
	if len(alts) > maxNamed {
		t.Fatalf("%d servents, more than %d", len(alts), maxNamed)
	}
	b := appendTo(nil, alts)
	if len(b) > MaxHeader {
		t.Fatalf("%d bytes, more than %d", len(b), MaxHeader)
	}
	again := parse(string(b))
	if len(again) > len(alts) || len(again) > 0 && !reflect.DeepEqual(again, alts[:len(again)]) {
		t.Fatalf("%v was written as %q and read as %v", alts, b, again)
	}
	if len(b) < MaxHeader/2 && len(again) != len(alts) {
		t.Fatalf("%d of %d were written as %q", len(again), len(alts), b)
	}
}
