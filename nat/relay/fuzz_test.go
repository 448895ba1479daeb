package relay

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func FuzzRequest(f *testing.F) {
	for v := verbReserve; v <= verbAccept; v++ {
		f.Add(strings.TrimSuffix(string(request{verb: v, peer: PeerID{1}, circuit: CircuitID{2}}.appendTo(nil)), "\r\n"))
	}
	f.Add("RELAY/0.1 CONNECT")
	f.Add("RELAY/9 ")
	f.Fuzz(func(t *testing.T, line string) {
		r, status := parseRequest(line)
		if status != OK {
			if status != Malformed && status != Unknown || r != (request{}) {
				t.Fatalf("%q: %v, %v", line, r, status)
			}
			return
		}
		if !IsHello(line) || string(r.appendTo(nil)) != line+"\r\n" {
			t.Fatalf("%q is written %q", line, r.appendTo(nil))
		}
	})
}

func FuzzStatus(f *testing.F) {
	for code := range statusTexts {
		f.Add(strings.TrimSuffix(string(appendStatus(nil, code)), "\r\n"))
	}
	f.Add("RELAY/0.1 +12 x")
	f.Add("RELAY/0.1 200")
	f.Fuzz(func(t *testing.T, line string) {
		code, text, err := parseStatus(line)
		if err != nil {
			return
		}
		if code < 100 || code > 999 || len(text) > 3*maxText || printable(text) != text[:min(len(text), maxText)] {
			t.Fatalf("%q: %d %q", line, code, text)
		}
	})
}

func FuzzControl(f *testing.F) {
	for _, c := range []control{
		{kind: ping}, {kind: pong}, {kind: renew}, {kind: renewed, left: time.Hour}, {kind: over, status: Expired},
		{kind: offer, circuit: CircuitID{1}, from: netip.MustParseAddrPort("9.1.1.1:6346")},
		{kind: offer, circuit: CircuitID{1}, from: netip.MustParseAddrPort("[2001:db8::1]:6346")},
		{kind: refuse, circuit: CircuitID{1}},
	} {
		f.Add(strings.TrimSuffix(string(c.appendTo(nil)), "\r\n"))
	}
	f.Add("CIRCUIT  ")
	f.Add("PING later words")
	f.Fuzz(func(t *testing.T, line string) {
		c, err := parseControl(line)
		if err != nil {
			return
		}
		again, err := parseControl(strings.TrimSuffix(string(c.appendTo(nil)), "\r\n"))
		if err != nil || again != c {
			t.Fatalf("%q: %+v, then %+v, %v", line, c, again, err)
		}
	})
}

func FuzzBlock(f *testing.F) {
	f.Add(endBlock(Grant{circuitBytes, circuitTime}.appendTo(nil)))
	f.Add([]byte("Relay: 9.1.1.1:6346\r\nSignature: " + strings.Repeat("0f", 64) + "\r\n\r\n"))
	f.Add([]byte("Nonce: 1\nnonce: 2\n\n"))
	f.Add([]byte(strings.Repeat("A: b\n", maxLines) + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.NewReader(data)
		head, err := readBlock(bufio.NewReaderSize(in, maxBlock))
		if err != nil {
			malformed := (*FormatError)(nil)
			if !errors.As(err, &malformed) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if read := len(data) - in.Len(); read > 2*maxBlock+maxLine {
			t.Fatalf("%d bytes were read", read)
		}
		if g, err := head.grant(); err == nil {
			r := bufio.NewReaderSize(bytes.NewReader(endBlock(g.appendTo(nil))), maxBlock)
			again, err := readBlock(r)
			if err != nil {
				t.Fatal(err)
			}
			if g2, err := again.grant(); err != nil || g2 != g || g.Room() > g.Bytes {
				t.Fatalf("%+v, then %+v, %v", g, g2, err)
			}
		}
		if at, signature, err := head.proof(); err == nil {
			if len(signature) != 64 || at.Addr().Is4In6() || at.Addr().Zone() != "" {
				t.Fatalf("%v, %x", at, signature)
			}
			proven([nonceLen]byte{}, PeerID{}, at, signature)
		}
	})
}
