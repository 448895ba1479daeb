package portmap

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// bytesOf reads hex with spaces; n×00 is n bytes of zero.
func bytesOf(t testing.TB, s string) []byte {
	t.Helper()
	s = strings.NewReplacer("10×00", strings.Repeat("00", 10), "12×00", strings.Repeat("00", 12), " ", "").Replace(s)
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var counted = nonce{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}

// TestQuestions compares questions with the vectors of the reference.
func TestQuestions(t *testing.T) {
	client := netip.MustParseAddr("192.168.1.10")
	udp := &mapping{nonce: counted, proto: 17, internal: 6346, external: netip.MustParseAddrPort("0.0.0.0:6346")}
	six := &mapping{nonce: counted, proto: 6, internal: 6346, external: netip.MustParseAddrPort("[::]:0")}
	for _, test := range []struct {
		name string
		got  []byte
		want string
	}{
		{"NAT-PMP address", appendNATPMPAddress(nil), "00 00"},
		{"NAT-PMP UDP", appendNATPMPMap(nil, UDP, 6346, 6346, 7200), "00 01 00 00 18 ca 18 ca 00 00 1c 20"},
		{"NAT-PMP TCP", appendNATPMPMap(nil, TCP, 6346, 6346, 7200), "00 02 00 00 18 ca 18 ca 00 00 1c 20"},
		{"PCP MAP UDP", appendPCP(nil, 7200, client, udp), "02 01 00 00 00 00 1c 20 10×00 ff ff c0 a8 01 0a 00 01 02 03 04 05 06 07 08 09 0a 0b " +
			"11 00 00 00 18 ca 18 ca 10×00 ff ff 00 00 00 00"},
		{"PCP MAP TCP, IPv6", appendPCP(nil, 3600, netip.MustParseAddr("2001:db8::7"), six), "02 01 00 00 00 00 0e 10 20 01 0d b8 10×00 00 07 " +
			"00 01 02 03 04 05 06 07 08 09 0a 0b 06 00 00 00 18 ca 00 00 12×00 00 00 00 00"},
		{"PCP ANNOUNCE", appendPCP(nil, 0, client, nil), "02 00 00 00 00 00 00 00 10×00 ff ff c0 a8 01 0a"},
		{"after something", appendNATPMPAddress([]byte{7}), "07 00 00"},
	} {
		if want := bytesOf(t, test.want); !bytes.Equal(test.got, want) {
			t.Errorf("%s: % x, want % x", test.name, test.got, want)
		}
	}
	search := "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n"
	if got := appendSearch(nil, netip.MustParseAddrPort("239.255.255.250:1900"), searchTargets[0]); string(got) != search {
		t.Errorf("%q", got)
	}
}

const (
	mapHead = "02 81 00 00 00 00 0e 10 00 00 00 64 12×00 "
	mapBody = "00 01 02 03 04 05 06 07 08 09 0a 0b 11 00 00 00 18 ca 18 cb 10×00 ff ff 09 01 01 01"
)

func TestPCPAnswers(t *testing.T) {
	given := pcpAnswer{opcode: pcpMap, lifetime: 3600, epoch: 100, mapped: true,
		mapping: mapping{nonce: counted, proto: 17, internal: 6346, external: netip.MustParseAddrPort("9.1.1.1:6347")}}
	for _, test := range []struct {
		name string
		hex  string
		want pcpAnswer
		err  error
	}{
		{"MAP", mapHead + mapBody, given, nil},
		{"MAP with an option", mapHead + mapBody + "7f 00 00 04 01 02 03 04", given, nil},
		{"ANNOUNCE", "02 80 00 00 00 00 00 00 00 00 00 64 12×00", pcpAnswer{epoch: 100}, nil},
		{"refusal of a MAP", strings.Replace(mapHead, "02 81 00 00", "02 81 00 02", 1), pcpAnswer{opcode: 1, result: 2, lifetime: 3600, epoch: 100}, nil},
		{"MAP without a body", mapHead, pcpAnswer{}, errPCP},
		{"MAP one word short", mapHead + strings.TrimSuffix(mapBody, "09 01 01 01"), pcpAnswer{}, errPCP},
		{"no multiple of four", mapHead + mapBody + "00", pcpAnswer{}, errPCP},
		{"question", strings.Replace(mapHead, "81", "01", 1) + mapBody, pcpAnswer{}, errPCP},
		{"another version", strings.Replace(mapHead, "02", "01", 1) + mapBody, pcpAnswer{}, errPCP},
		{"another version says no", strings.Replace(mapHead, "02 81 00 00", "01 81 00 01", 1) + mapBody, pcpAnswer{}, errVersion},
		{"NAT-PMP says no", "00 81 00 01 00 00 00 64", pcpAnswer{}, errVersion},
		{"nothing", "", pcpAnswer{}, errPCP},
		{"short", "02 80 00 00", pcpAnswer{}, errPCP},
		{"longest", mapHead + mapBody + strings.Repeat("00", maxPCP-60), given, nil},
		{"too long", mapHead + mapBody + strings.Repeat("00", maxPCP-60+4), pcpAnswer{}, errPCP},
	} {
		if got, err := parsePCP(bytesOf(t, test.hex)); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %+v, %v; want %+v, %v", test.name, got, err, test.want, test.err)
		}
	}
	for _, m := range []*mapping{
		{nonce: nonce{1}, proto: 17, internal: 6346}, {nonce: counted, proto: 6, internal: 6346}, {nonce: counted, proto: 17, internal: 6347}, nil,
	} {
		if given.answers(m) {
			t.Errorf("answers %+v", m)
		}
	}
}

func TestNATPMPAnswers(t *testing.T) {
	for _, test := range []struct {
		name string
		hex  string
		want natpmpAnswer
		err  error
	}{
		{"address", "00 80 00 00 00 00 00 64 09 01 01 01", natpmpAnswer{epoch: 100, addr: outside}, nil},
		{"UDP", "00 81 00 00 00 00 00 64 18 ca 18 cb 00 00 0e 10", natpmpAnswer{opcode: 1, epoch: 100, internal: 6346, external: 6347, lifetime: 3600}, nil},
		{"TCP", "00 82 00 00 00 00 00 64 18 ca 18 cb 00 00 0e 10", natpmpAnswer{opcode: 2, epoch: 100, internal: 6346, external: 6347, lifetime: 3600}, nil},
		{"refusal", "00 82 00 02 00 00 00 64", natpmpAnswer{opcode: 2, result: 2, epoch: 100}, nil},
		{"unknown refusal", "00 82 ff ff 00 00 00 64", natpmpAnswer{opcode: 2, result: 0xffff, epoch: 100}, nil},
		{"short refusal", "00 82 00 02", natpmpAnswer{}, errNATPMP},
		{"short address", "00 80 00 00 00 00 00 64 09 01 01", natpmpAnswer{}, errNATPMP},
		{"short mapping", "00 81 00 00 00 00 00 64 18 ca 18 cb 00 00 0e", natpmpAnswer{}, errNATPMP},
		{"unknown opcode", "00 83 00 00 00 00 00 64 18 ca 18 cb 00 00 0e 10", natpmpAnswer{}, errNATPMP},
		{"question", "00 01 00 00 18 ca 18 ca 00 00 1c 20", natpmpAnswer{}, errNATPMP},
		{"PCP", "02 80 00 00 00 00 00 00 00 00 00 64 12×00", natpmpAnswer{}, errNATPMP},
		{"nothing", "", natpmpAnswer{}, errNATPMP},
	} {
		if got, err := parseNATPMP(bytesOf(t, test.hex)); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %+v, %v; want %+v, %v", test.name, got, err, test.want, test.err)
		}
	}
}

// FuzzPCP wants an answer that is taken to say what its bytes say.
func FuzzPCP(f *testing.F) {
	f.Add(bytesOf(f, mapHead+mapBody))
	f.Add(bytesOf(f, "02 80 00 00 00 00 00 00 00 00 00 64 12×00"))
	f.Add(bytesOf(f, "00 81 00 01 00 00 00 64"))
	f.Fuzz(func(t *testing.T, p []byte) {
		a, err := parsePCP(p)
		if err != nil {
			if a != (pcpAnswer{}) {
				t.Errorf("%+v, %v", a, err)
			}
			return
		}
		if !a.mapped {
			return
		}
		again := appendPCP(nil, a.lifetime, netip.IPv6Unspecified(), &a.mapping)
		again[1], again[3] = p[1], p[3]
		copy(again[8:], p[8:24])
		b, err := parsePCP(again)
		if err != nil || b != a {
			t.Errorf("%+v, then %+v, %v", a, b, err)
		}
	})
}

// FuzzNATPMP wants the same.
func FuzzNATPMP(f *testing.F) {
	f.Add(bytesOf(f, "00 80 00 00 00 00 00 64 09 01 01 01"))
	f.Add(bytesOf(f, "00 82 00 00 00 00 00 64 18 ca 18 cb 00 00 0e 10"))
	f.Fuzz(func(t *testing.T, p []byte) {
		a, err := parseNATPMP(p)
		switch {
		case err != nil && a != natpmpAnswer{}:
			t.Errorf("%+v, %v", a, err)
		case err == nil && a.result == 0 && a.opcode == natpmpAddress && !a.addr.Is4():
			t.Errorf("%+v", a)
		}
	})
}
