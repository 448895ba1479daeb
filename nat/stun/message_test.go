package stun

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/stun/v2"
)

// bytesOf reads bytes in hexadecimal.
func bytesOf(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func at(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// The vectors of nat.md §13.
const (
	goldenRequest = "00 01 00 00 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
	goldenID      = "b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
	goldenMapped4 = "00 20 00 08 00 01 a1 47 e1 12 a6 43"
	goldenMapped6 = "00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9"
	goldenAnswer  = "01 01 00 14 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae" +
		goldenMapped4 + "80 28 00 04 7d 28 1f 59"
	goldenBoth = "00 03 00 04 00 00 00 06"
	goldenPort = "00 03 00 04 00 00 00 02"
)

// header is that of a message with these attributes.
func header(kind uint16, attributes string) []byte {
	n := len(bytesOf(attributes))
	return append([]byte{byte(kind >> 8), byte(kind), byte(n >> 8), byte(n)}, bytesOf("21 12 a4 42"+goldenID+attributes)...)
}

func TestGolden(t *testing.T) {
	id := transactionID(bytesOf(goldenID))
	for _, test := range []struct {
		name string
		m    message
		b    []byte
	}{
		{"request", message{class: stun.ClassRequest, id: id}, bytesOf(goldenRequest)},
		{"IPv4", message{class: stun.ClassSuccessResponse, id: id, mapped: at("192.0.2.1:32853")}, header(0x101, goldenMapped4)},
		{"IPv6", message{class: stun.ClassSuccessResponse, id: id, mapped: at("[2001:db8:1234:5678:11:2233:4455:6677]:32853")}, header(0x101, goldenMapped6)},
		{"fingerprint", message{class: stun.ClassSuccessResponse, id: id, mapped: at("192.0.2.1:32853"), fingerprint: true}, bytesOf(goldenAnswer)},
		{"change of both", message{class: stun.ClassRequest, id: id, change: ChangeIPAndPort}, header(1, goldenBoth)},
		{"change of the port", message{class: stun.ClassRequest, id: id, change: ChangePort}, header(1, goldenPort)},
		{"response port", message{class: stun.ClassRequest, id: id, to: 6346}, header(1, "00 27 00 02 18 ca 00 00")},
		{"origin and other", message{class: stun.ClassSuccessResponse, id: id, origin: at("192.0.2.1:3478"), other: at("192.0.2.2:3479")},
			header(0x101, "80 2b 00 08 00 01 0d 96 c0 00 02 01 80 2c 00 08 00 01 0d 97 c0 00 02 02")},
		{"error", message{class: stun.ClassErrorResponse, id: id, code: 420, unknown: []stun.AttrType{0x26, 0x7fff}},
			header(0x111, "00 09 00 04 00 00 04 14 00 0a 00 04 00 26 7f ff")},
	} {
		if got := test.m.bytes(); !bytes.Equal(got, test.b) {
			t.Errorf("%s: %x, want %x", test.name, got, test.b)
		}
		got, err := parse(test.b)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		want := test.m
		want.unknown = nil // those of a request that are not known; not read from errors
		if got.String() != want.String() {
			t.Errorf("%s: %v, want %v", test.name, got, want)
		}
	}
}

// String shows all there is.
func (m message) String() string {
	return strings.Join([]string{
		m.class.String(), hex.EncodeToString(m.id[:]), m.mapped.String(), m.origin.String(), m.other.String(), m.change.String(),
		hex.EncodeToString([]byte{byte(m.to >> 8), byte(m.to)}), stun.ErrorCodeAttribute{Code: stun.ErrorCode(m.code)}.String(),
	}, " ")
}

func TestMalformed(t *testing.T) {
	for _, test := range []struct {
		name, field string
		b           []byte
	}{
		{"nothing", "header", nil},
		{"short", "header", bytesOf(goldenRequest)[:19]},
		{"more than it says", "header", append(bytesOf(goldenRequest), 0, 0, 0, 0)},
		{"first bits", "header", append([]byte{0x40}, bytesOf(goldenRequest)[1:]...)},
		{"cookie", "header", bytesOf(strings.Replace(goldenRequest, "21 12", "21 13", 1))},
		{"too long", "header", header(1, strings.Repeat("80 22 00 00", (maxMessage-headerSize)/4+1))},
		{"too many attributes", "attributes", header(1, strings.Repeat("80 22 00 00", maxAttributes+1))},
		{"allocate", "method", header(3, "")},
		{"attribute longer than the message", "message", header(1, "80 22 00 05")},
		{"empty mapped address", "XOR-MAPPED-ADDRESS", header(0x101, "00 20 00 00")},
		{"empty mapped address, old number", "XOR-MAPPED-ADDRESS", header(0x101, "80 20 00 00")},
		{"cut mapped address", "XOR-MAPPED-ADDRESS", header(0x101, "00 20 00 04 00 01 a1 47")},
		{"IPv4 with 16 bytes", "XOR-MAPPED-ADDRESS", header(0x101, strings.Replace(goldenMapped6, "00 02", "00 01", 1))},
		{"IPv6 with 4 bytes", "XOR-MAPPED-ADDRESS", header(0x101, strings.Replace(goldenMapped4, "00 01", "00 02", 1))},
		{"family 3", "XOR-MAPPED-ADDRESS", header(0x101, strings.Replace(goldenMapped4, "00 01", "00 03", 1))},
		{"empty origin", "RESPONSE-ORIGIN", header(0x101, "80 2b 00 00")},
		{"empty other", "OTHER-ADDRESS", header(0x101, "80 2c 00 00")},
		{"empty change", "CHANGE-REQUEST", header(1, "00 03 00 00")},
		{"empty port", "RESPONSE-PORT", header(1, "00 27 00 00")},
		{"empty error", "ERROR-CODE", header(0x111, "00 09 00 00")},
		{"error 220", "ERROR-CODE", header(0x111, "00 09 00 04 00 00 02 14")},
		{"error 700", "ERROR-CODE", header(0x111, "00 09 00 04 00 00 07 00")},
		{"error 4 and 100", "ERROR-CODE", header(0x111, "00 09 00 04 00 00 04 64")},
		{"wrong fingerprint", "FINGERPRINT", header(1, "80 28 00 04 00 00 00 00")},
		{"empty fingerprint", "FINGERPRINT", header(1, "80 28 00 00")},
		{"something after the fingerprint", "FINGERPRINT", header(0x101, goldenMapped4+"80 28 00 04 7d 28 1f 59 80 22 00 00")},
	} {
		_, err := parse(test.b)
		var format *FormatError
		if !errors.As(err, &format) || format.Field != test.field {
			t.Errorf("%s: %v, want malformed %s", test.name, err, test.field)
		}
	}
	for n := maxAttributes - 1; n <= maxAttributes; n++ {
		if _, err := parse(header(1, strings.Repeat("80 22 00 00", n))); err != nil {
			t.Errorf("%d attributes: %v", n, err)
		}
	}
}

// TestFirstCounts has the first attribute of a type be the one that counts.
func TestFirstCounts(t *testing.T) {
	m, err := parse(header(0x101, goldenMapped4+"00 20 00 00"))
	if err != nil || m.mapped != at("192.0.2.1:32853") {
		t.Errorf("%v, %v", m, err)
	}
}

// FuzzParse wants what is decoded to be decoded the same after it was encoded, and
// nothing to be taken from what the header says is no message.
func FuzzParse(f *testing.F) {
	for _, b := range [][]byte{
		nil, bytesOf(goldenRequest), bytesOf(goldenAnswer), header(1, goldenBoth), header(1, "00 27 00 02 18 ca 00 00"), header(0x101, goldenMapped6),
		header(0x101, "00 20 00 00"), header(0x111, "00 09 00 04 00 00 04 14 00 0a 00 02 00 26 00 00"),
		header(0x101, "80 2b 00 08 00 01 0d 96 c0 00 02 01 80 2c 00 08 00 01 0d 97 c0 00 02 02"),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if _, _, ok := peek(b); !ok && err == nil {
			t.Fatal("parsed without a header")
		}
		if err != nil {
			return
		}
		if len(m.unknown) > maxUnknown {
			t.Errorf("%d unknown attributes", len(m.unknown))
		}
		m.unknown = nil
		again, err := parse(m.bytes())
		if err != nil || again.String() != m.String() {
			t.Errorf("%v, then %v, %v", m, again, err)
		}
	})
}

// FuzzServer wants a server to answer, whatever it is asked, with a message of its
// own or not at all, to the host it came from and no longer than the budget counts on.
func FuzzServer(f *testing.F) {
	for _, b := range [][]byte{bytesOf(goldenRequest), header(1, goldenBoth), header(1, "00 26 00 00"), header(1, "00 27 00 02 18 ca 00 00")} {
		f.Add(b)
	}
	from := at("203.0.113.9:4000")
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewServer(at("192.0.2.1:3478"), at("192.0.2.1:3479"))
		reply, refusal := s.Handle(start, 0, b, from)
		if refusal != 0 {
			return
		}
		if reply.To.Addr() != from.Addr() || wire(from.Addr(), len(reply.Data)) > replyWire {
			t.Errorf("%d bytes to %v", len(reply.Data), reply.To)
		}
		if m, err := parse(reply.Data); err != nil || m.class == stun.ClassRequest || m.id != transactionID(b[8:20]) {
			t.Errorf("%v, %v", m, err)
		}
	})
}

// FuzzReceive wants a client to survive whatever answers.
func FuzzReceive(f *testing.F) {
	f.Add(bytesOf(goldenAnswer))
	f.Add(header(0x101, "00 20 00 00"))
	server := at("192.0.2.1:3478")
	f.Fuzz(func(t *testing.T, b []byte) {
		c := New(nil, Config{Random: bytes.NewReader(bytesOf(goldenID))})
		id, tr, err := c.begin(server)
		if err != nil {
			t.Fatal(err)
		}
		if taken := c.Receive(b, server); taken != (len(tr.answer) == 1) {
			t.Errorf("taken: %v", taken)
		} else if taken && !bytes.Equal(b[8:20], id[:]) {
			t.Error("the answer to another transaction")
		}
	})
}

// TestNeverPanics changes a few bytes of good messages, many times.
func TestNeverPanics(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	good := [][]byte{bytesOf(goldenAnswer), header(0x101, goldenMapped6), header(0x101, "80 2c 00 08 00 01 0d 97 c0 00 02 02"), header(0x111, "00 09 00 04 00 00 04 14")}
	for range 200_000 {
		b := bytes.Clone(good[r.IntN(len(good))])
		for range 1 + r.IntN(3) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		if _, err := parse(b); err != nil && strings.Contains(err.Error(), "panicked") {
			t.Fatalf("%x: %v", b, err)
		}
	}
}
