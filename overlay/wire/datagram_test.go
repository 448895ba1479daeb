package wire

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"filbert/overlay/wire/ggep"
)

// datagram is one captured UDP payload.
type datagram struct {
	run, from, to string
	layered       bool // came in gtk-gnutella's semi-reliable layer, which is taken off
	frame         Frame
}

// datagrams returns the messages of all captured datagrams.
func datagrams(t testing.TB) (out []datagram) {
	t.Helper()
	const layer = "GTA"
	const layerLen = 8
	data, err := os.ReadFile("testdata/captures/datagrams.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if words[0] == "#" {
			continue
		}
		payload, err := hex.DecodeString(words[4])
		if err != nil {
			t.Fatal(err)
		}
		d := datagram{run: words[0], from: words[2], to: words[3]}
		if bytes.HasPrefix(payload, []byte(layer)) {
			if payload, d.layered = payload[layerLen:], true; len(payload) == 0 {
				continue // an acknowledgement
			}
		}
		f, rest, err := SplitFrame(payload)
		if err != nil || len(rest) != 0 {
			t.Fatalf("%s: %v, %d bytes left", words[4], err, len(rest))
		}
		d.frame = f
		out = append(out, d)
	}
	return out
}

// TestDatagrams decodes every captured datagram and encodes it to the same bytes.
func TestDatagrams(t *testing.T) {
	counts := map[Type]int{}
	for _, d := range datagrams(t) {
		m, err := Parse(d.frame.Type(), d.frame.Payload())
		if err != nil {
			t.Errorf("%x: %v", []byte(d.frame), err)
			continue
		}
		counts[d.frame.Type()]++
		if got := AppendFrame(nil, d.frame.GUID(), d.frame.TTL(), d.frame.Hops(), m); !bytes.Equal(got, d.frame) {
			t.Errorf("%x encodes to\n%x", []byte(d.frame), []byte(got))
		}
		if p, ok := m.(*Ping); ok {
			if got := p.Info().AppendTo(nil); !bytes.Equal(got, p.Ext) {
				t.Errorf("the extensions of a ping, %x, encode to %x", p.Ext, got)
			}
		}
	}
	want := map[Type]int{TypePing: 16, TypePong: 8, TypeVendor: 30, TypePush: 1, TypeQueryHit: 3}
	if !reflect.DeepEqual(counts, want) {
		t.Errorf("messages %v, want %v", counts, want)
	}
}

// TestOutOfBandCaptures follows the three captured deliveries: offer, claim, hits
// with the token of the claim.
func TestOutOfBandCaptures(t *testing.T) {
	var offer OOBOffer
	var claim OOBClaim
	deliveries := 0
	for _, d := range datagrams(t) {
		m, err := Parse(d.frame.Type(), d.frame.Payload())
		if err != nil {
			t.Fatal(err)
		}
		switch m := m.(type) {
		case *Vendor:
			switch m.ID {
			case VendorOOBOffer3:
				if offer, err = m.OOBOffer(); err != nil || !offer.Secure || offer.Count != 1 {
					t.Errorf("offer %+v, %v", offer, err)
				}
				if !bytes.Equal(offer.Message().AppendTo(nil), d.frame.Payload()) {
					t.Errorf("%+v encodes to %x", offer, offer.Message().AppendTo(nil))
				}
			case VendorOOBClaim3:
				if claim, err = m.OOBClaim(); err != nil || claim.Wanted != 1 || len(claim.Token) != 4 {
					t.Errorf("claim %+v, %v", claim, err)
				}
				if d.frame.TTL() != 1|TTLInflates {
					t.Errorf("the TTL of a claim is %#x", d.frame.TTL())
				}
				if !bytes.Equal(claim.Message().AppendTo(nil), d.frame.Payload()) {
					t.Errorf("%+v encodes to %x", claim, claim.Message().AppendTo(nil))
				}
			}
		case *QueryHit:
			deliveries++
			if got := m.Trailer.Token(); !bytes.Equal(got, claim.Token) {
				t.Errorf("hits with token %x, want %x", got, claim.Token)
			}
			if addr := d.frame.GUID().OOBAddr(); addr != netip.MustParseAddrPort("203.0.113.2:6347") {
				t.Errorf("the query wanted its hits at %v", addr)
			}
		}
	}
	if deliveries != 3 {
		t.Errorf("%d deliveries", deliveries)
	}
}

// TestGUESSCaptures reads the pongs that brought query keys.
func TestGUESSCaptures(t *testing.T) {
	keys := 0
	for _, d := range datagrams(t) {
		m, err := Parse(d.frame.Type(), d.frame.Payload())
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := m.(*Pong); ok {
			keys++
			if h := p.Info(); len(h.QueryKey) != 4 || h.GUESS != GUESSVersion || !h.Ultrapeer {
				t.Errorf("pong %+v", h)
			}
		}
	}
	if keys == 0 {
		t.Error("no pongs")
	}
}

func TestOutOfBandVectors(t *testing.T) {
	for _, test := range []struct {
		hex string
		m   *Vendor
	}{
		{"4c494d450c0002000301", OOBOffer{Count: 3, Unsolicited: true}.Message()},
		{"4c494d450c0003000301", OOBOffer{Secure: true, Count: 3, Unsolicited: true}.Message()},
		{"4c494d450c0002001101", OOBOffer{Count: 17, Unsolicited: true}.Message()},
		{"4c494d450b00020003", OOBClaim{Wanted: 3}.Message()},
		{"4c494d450b00030003c382534f4411223344", OOBClaim{Secure: true, Wanted: 3, Token: []byte{0x11, 0x22, 0x33, 0x44}}.Message()},
		{"4c494d4506000100010100c6336407ca18cb007109a05b", (&CrawlerPong{
			Ultrapeers: []CrawledHost{{Addr: netip.MustParseAddrPort("198.51.100.7:6346")}},
			Leaves:     []CrawledHost{{Addr: netip.MustParseAddrPort("203.0.113.9:23456")}},
		}).Message()},
	} {
		if got := hex.EncodeToString(test.m.AppendTo(nil)); got != test.hex {
			t.Errorf("%v: %s, want %s", test.m.ID, got, test.hex)
		}
	}
	full := (&CrawlerPong{
		Features: CrawlTime | CrawlUptime | CrawlAgents, Uptime: 258 * time.Second, Agents: []byte("z"),
		Ultrapeers: []CrawledHost{{netip.MustParseAddrPort("198.51.100.7:6346"), 90 * time.Second}},
	}).Message()
	if got := hex.EncodeToString(full.Data); got != "010019"+"02010000"+"c6336407ca18"+"0100"+"7a" {
		t.Errorf("crawler pong %s", got)
	}
	if p, err := (&Vendor{ID: VendorCrawlerPing, Data: []byte{0xff, 0xff, 0x0b}}).CrawlerPing(); err != nil ||
		p != (CrawlerPing{255, 255, 0x0b}) {
		t.Errorf("crawler ping %+v, %v", p, err)
	}
}

// TestOutOfBandMalformed refuses what is short or says nothing.
func TestOutOfBandMalformed(t *testing.T) {
	long := ggep.AppendPlain([]byte{1}, ggep.Extension{ID: ggep.SecureOOB, Data: make([]byte, MaxQueryKey+1)})
	most := ggep.AppendPlain([]byte{1}, ggep.Extension{ID: ggep.SecureOOB, Data: make([]byte, MaxQueryKey)})
	for _, test := range []struct {
		name string
		id   VendorID
		data []byte
		ok   bool
	}{
		{"an offer of nothing", VendorOOBOffer3, []byte{0, 1}, false},
		{"a short offer", VendorOOBOffer2, []byte{1}, false},
		{"a longer offer", VendorOOBOffer3, []byte{1, 1, 7}, true},
		{"an empty claim", VendorOOBClaim2, nil, false},
		{"a claim without a token", VendorOOBClaim3, []byte{1}, false},
		{"a claim with an empty token", VendorOOBClaim3, ggep.AppendPlain([]byte{1}, ggep.Extension{ID: ggep.SecureOOB}), false},
		{"the longest token", VendorOOBClaim3, most, true},
		{"a longer token", VendorOOBClaim3, long, false},
		{"a short crawler ping", VendorCrawlerPing, []byte{1, 1}, false},
	} {
		m := &Vendor{ID: test.id, Data: test.data}
		var err error
		switch test.id {
		case VendorOOBOffer2, VendorOOBOffer3:
			_, err = m.OOBOffer()
		case VendorCrawlerPing:
			_, err = m.CrawlerPing()
		default:
			_, err = m.OOBClaim()
		}
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestPongSpeaksGUESS takes a key and the asker's address through a pong.
func TestPongSpeaksGUESS(t *testing.T) {
	for _, seen := range []string{"198.51.100.7:6346", "[2001:db8::5]:6346"} {
		want := HostInfo{GUESS: GUESSVersion, Seen: netip.MustParseAddrPort(seen), QueryKey: []byte{1, 0, 2, 3}}
		p := &Pong{Ext: want.AppendTo(nil)}
		if got := p.Info(); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	p := &Pong{Ext: ggep.AppendPlain(nil, ggep.Extension{ID: ggep.QK, Data: make([]byte, MaxQueryKey+1)}, ggep.Extension{ID: ggep.IP, Data: make([]byte, 5)})}
	if got := p.Info(); got.QueryKey != nil || got.Seen.IsValid() {
		t.Errorf("%+v from a key and an address that are none", got)
	}
}

// TestPingInfo says and reads what a ping asks for.
func TestPingInfo(t *testing.T) {
	for _, test := range []struct {
		hex  string
		info PingInfo
	}{
		{"", PingInfo{}},
		{"c302514b40834755454302ca18", PingInfo{Key: true, GUESS: true, GUESSPort: 6346}},
		{"c382514b4431323334", PingInfo{Key: true, QueryKey: []byte("1234")}},
		{"c3835343504103", PingInfo{Hosts: true, Wishes: SCPUltrapeers | SCPTLS}},
		{"c303534350410182495040", PingInfo{Hosts: true, Wishes: SCPUltrapeers, Address: true}},
		{"c38347554540", PingInfo{GUESS: true}},
	} {
		if got := hex.EncodeToString(test.info.AppendTo(nil)); got != test.hex {
			t.Errorf("%+v: %s, want %s", test.info, got, test.hex)
		}
		ext, _ := hex.DecodeString(test.hex)
		if got := (&Ping{Ext: ext}).Info(); !reflect.DeepEqual(got, test.info) {
			t.Errorf("%s: %+v, want %+v", test.hex, got, test.info)
		}
	}
}

// TestEditGGEP rewrites the extension area of a query.
func TestEditGGEP(t *testing.T) {
	so := ggep.Extension{ID: ggep.SecureOOB}
	np := ggep.Extension{ID: ggep.NoProxy}
	media := ggep.Extension{ID: ggep.Media, Data: []byte{4}}
	odd := ggep.Extension{ID: "XX", Data: []byte{1, 0, 2}}
	urn := []byte("urn:sha1:EJMWGY5T3ZALA34YD64F3ARRF2GA5VIR")
	for _, test := range []struct {
		name    string
		area    []byte
		without []string
		add     []ggep.Extension
		want    []byte
	}{
		{"nothing", nil, nil, nil, nil},
		{"add to nothing", nil, nil, []ggep.Extension{so}, AppendGGEP(nil, so)},
		{"add behind a URN", urn, nil, []ggep.Extension{so}, AppendGGEP(append([]byte(nil), urn...), so)},
		{"add to a block", AppendGGEP(nil, media, odd), nil, []ggep.Extension{so}, AppendGGEP(nil, media, odd, so)},
		{"replace", AppendGGEP(nil, so, media), nil, []ggep.Extension{so}, AppendGGEP(nil, media, so)},
		{"take away", AppendGGEP(nil, np, media, so), []string{ggep.NoProxy, ggep.SecureOOB}, nil, AppendGGEP(nil, media)},
		{"take all away", AppendGGEP(nil, np), []string{ggep.NoProxy}, nil, nil},
		{"two blocks become one", AppendGGEP(AppendGGEP(nil, media), odd), nil, nil, AppendGGEP(nil, media, odd)},
		{"a broken block stays", []byte{ggep.Magic, 0x10}, nil, []ggep.Extension{so}, AppendGGEP([]byte{ggep.Magic, 0x10}, so)},
	} {
		area := bytes.Clone(test.area)
		if got := EditGGEP(area, test.without, test.add...); !bytes.Equal(got, test.want) {
			t.Errorf("%s: %x, want %x", test.name, got, test.want)
		}
		if !bytes.Equal(area, test.area) {
			t.Errorf("%s: the area was changed", test.name)
		}
	}
}
