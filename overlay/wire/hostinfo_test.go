package wire

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"filbert/overlay/wire/ggep"
)

func TestHostInfo(t *testing.T) {
	for name, info := range map[string]HostInfo{
		"nothing": {},
		"all": {
			Vendor: VendorCode{'T', 'E', 'S', 'T'}, Major: 15, Minor: 9, Uptime: 86399 * time.Second, GUESS: 2,
			Ultrapeer: true, Leaves: 30, Ultras: 2, TLS: true, IPv6: netip.MustParseAddr("2001:db8::1"),
			Hosts: []PackedHost{
				{Addr: addr("192.0.2.1:6346"), TLS: true}, {Addr: addr("192.0.2.2:1")},
				{Addr: addr("[2001:db8::2]:65535")}, {Addr: addr("[2001:db8::3]:6347"), TLS: true},
			},
			HostCache: true, HostCacheName: "cache.example.net",
		},
		"bare marks": {Ultrapeer: true, HostCache: true},
	} {
		pong := &Pong{Ext: info.AppendTo(nil)}
		if got := pong.Info(); !reflect.DeepEqual(got, info) {
			t.Errorf("%s: %+v, want %+v", name, got, info)
		}
	}
	if got := (HostInfo{Hosts: []PackedHost{{}}}).AppendTo(nil); got != nil {
		t.Errorf("a host without address is told as %x", got)
	}
}

// TestHostInfoMalformed: what cannot be read is not told.
func TestHostInfoMalformed(t *testing.T) {
	mapped := netip.MustParseAddr("::ffff:10.0.0.1").As16()
	pong := &Pong{Ext: ggep.Append(nil,
		ext(ggep.VC, 'T', 'E', 'S', 'T'), ext(ggep.DU, 1, 2, 3, 4, 5), ext(ggep.GUE), ext(ggep.UP, 1, 2),
		ext(ggep.IPv6, mapped[:]...), ext(ggep.IPP, 1, 2, 3, 4, 5), ext(ggep.IPP6, append(mapped[:], 1, 2)...),
	)}
	if got := pong.Info(); !reflect.DeepEqual(got, HostInfo{Ultrapeer: true}) {
		t.Errorf("%+v", got)
	}
	if got := (&Pong{Ext: []byte("\xc3\x82GUE")}).Info(); !reflect.DeepEqual(got, HostInfo{}) {
		t.Errorf("a malformed block tells %+v", got)
	}
}

// TestPackedHostBitmap: bit i, the first on top, is for entry i; zero bytes at
// the end are cut.
func TestPackedHostBitmap(t *testing.T) {
	for _, c := range []struct {
		hosts int
		tls   []int
		want  string
	}{
		{3, []int{1}, "40"}, {12, []int{0, 9}, "8040"}, {20, []int{2}, "20"}, {8, nil, ""}, {20, []int{19}, "000010"},
	} {
		var info HostInfo
		for i := range c.hosts {
			info.Hosts = append(info.Hosts, PackedHost{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 6346)})
		}
		for _, i := range c.tls {
			info.Hosts[i].TLS = true
		}
		pong := &Pong{Ext: info.AppendTo(nil)}
		e, _ := ggep.Find(pong.Ext, ggep.IPPTLS)
		if got := fmt.Sprintf("%x", e.Data); got != c.want {
			t.Errorf("%d hosts, %v with TLS: %s, want %s", c.hosts, c.tls, got, c.want)
		}
		if got := pong.Info().Hosts; !reflect.DeepEqual(got, info.Hosts) {
			t.Errorf("read as %v", got)
		}
	}
}

func TestPackedHostLimit(t *testing.T) {
	for _, n := range []int{MaxPackedHosts - 1, MaxPackedHosts, MaxPackedHosts + 1} {
		var list []byte
		for i := range n {
			list = binary.BigEndian.AppendUint32(list, uint32(i))
			list = binary.LittleEndian.AppendUint16(list, 6346)
		}
		pong := &Pong{Ext: ggep.Append(nil, ext(ggep.IPP, list...))}
		if got := len(pong.Info().Hosts); got != min(n, MaxPackedHosts) {
			t.Errorf("%d of %d hosts", got, n)
		}
	}
}

// TestDeflatedPong: the payload of a pong as a UDP host cache deflates it, ten
// hosts at 198.51.100.1–10:6346.
func TestDeflatedPong(t *testing.T) {
	deflated := unhex("789c3b25718081499087818181bd9d81e170b3674040cd31e314c653124092094c3283491630c90a26d9c0243b98e400939c6092eb94040016fc1ba8")
	z, err := zlib.NewReader(bytes.NewReader(deflated))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := Parse(TypePong, payload)
	if err != nil {
		t.Fatal(err)
	}
	hosts := msg.(*Pong).Info().Hosts
	if len(hosts) != 10 || hosts[9].Addr != addr("198.51.100.10:6346") {
		t.Errorf("hosts %v", hosts)
	}
}
