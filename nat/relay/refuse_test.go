package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"filbert/testnet/fabric"
)

// TestRefusals asks for what the relay does not give.
func TestRefusals(t *testing.T) {
	self := keyOf(7).Peer()
	nobody := keyOf(8).Peer().String()
	for _, tt := range []struct {
		name, say string
		want      Status
	}{
		{"no such peer", "RELAY/0.1 CONNECT " + nobody + "\r\n\r\n", NoReservation},
		{"the relay itself", "RELAY/0.1 CONNECT " + self.String() + "\r\n\r\n", Itself},
		{"the relay's own name", "RELAY/0.1 RESERVE " + self.String() + "\r\n\r\n", Itself},
		{"no such circuit", "RELAY/0.1 ACCEPT 00112233445566778899aabbccddeeff\r\n\r\n", NoCircuit},
		{"another version", "RELAY/2.0 CONNECT " + nobody + "\r\n\r\n", Unknown},
		{"another verb", "RELAY/0.1 BIND " + nobody + "\r\n\r\n", Unknown},
		{"a proof of nothing", "RELAY/0.1 PROOF " + nobody + "\r\n\r\n", Unknown},
		{"no peer", "RELAY/0.1 CONNECT\r\n\r\n", Malformed},
		{"a short peer", "RELAY/0.1 CONNECT " + nobody[1:] + "\r\n\r\n", Malformed},
		{"a peer in upper case", "RELAY/0.1 CONNECT " + strings.ToUpper(nobody) + "\r\n\r\n", Malformed},
		{"no header", "RELAY/0.1 CONNECT " + nobody + "\r\nhello\r\n\r\n", Malformed},
		{"many headers", "RELAY/0.1 CONNECT " + nobody + strings.Repeat("\r\nA: b", maxLines) + "\r\n\r\n", Malformed},
		{"a header twice", "RELAY/0.1 CONNECT " + nobody + "\r\nNonce: a\r\nnonce: b\r\n\r\n", Malformed},
		{"a long header", "RELAY/0.1 CONNECT " + nobody + "\r\nA: " + strings.Repeat("b", maxLine) + "\r\n\r\n", Malformed},
		{"headers unknown to us", "RELAY/0.1 CONNECT " + nobody + "\r\nA: b\r\nA: c\r\n\r\n", NoReservation},
		{"line ends without CR", "RELAY/0.1 CONNECT " + nobody + "\n\n", NoReservation},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, ServerConfig{Self: self}, func(l *lab) {
				conn := l.alice.raw(tt.say)
				defer conn.Close()
				r := l.wantAnswer(conn, tt.want)
				if n, err := r.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("after the answer: %d, %v", n, err)
				}
				l.settle()
				if st := l.server.Stats(); st.Refused[tt.want] != 1 {
					t.Errorf("counted %v", st.Refused)
				}
			})
		})
	}
}

// TestStatusTable wants a text for each code, and another one for each.
func TestStatusTable(t *testing.T) {
	seen := map[string]Status{}
	for code, text := range statusTexts {
		if other, ok := seen[text]; ok || len(text) > maxText || printable(text) != text {
			t.Errorf("%d and %d say %q", code, other, text)
		}
		seen[text] = code
		got, gotText, err := parseStatus(strings.TrimSuffix(string(appendStatus(nil, code)), "\r\n"))
		if got != code || gotText != text || err != nil {
			t.Errorf("%d came back as %d %q, %v", code, got, gotText, err)
		}
	}
	if s := Status(999).String(); s != "Status(999)" {
		t.Error(s)
	}
}

// TestProof has others sign for bob, and bob for another relay.
func TestProof(t *testing.T) {
	other := netip.MustParseAddrPort("10.8.0.1:6346")
	for _, tt := range []struct {
		name   string
		key    Key
		signed netip.AddrPort
		told   netip.AddrPort
		domain bool
		want   Status
	}{
		{"bob", keyOf(2), relayAt, relayAt, true, OK},
		{"another key", keyOf(3), relayAt, relayAt, true, BadProof},
		{"a proof for another relay", keyOf(2), other, other, true, BadProof},
		{"a proof for another relay, told as this", keyOf(2), other, relayAt, true, BadProof},
		{"another port", keyOf(2), netip.AddrPortFrom(relayAt.Addr(), 1), netip.AddrPortFrom(relayAt.Addr(), 1), true, BadProof},
		{"a signature of other things", keyOf(2), relayAt, relayAt, false, BadProof},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, ServerConfig{}, func(l *lab) {
				bob := l.bob.key.Peer()
				conn := l.bob.raw(fmt.Sprintf("RELAY/0.1 RESERVE %v\r\n\r\n", bob))
				defer conn.Close()
				var nonce [nonceLen]byte
				parseHex(nonce[:], readNonce(t, conn))
				message := proofMessage(nonce, bob, tt.signed)
				if !tt.domain {
					message = nonce[:]
				}
				fmt.Fprintf(conn, "RELAY/0.1 PROOF %v\r\nRelay: %v\r\nSignature: %x\r\n\r\n", bob, tt.told, tt.key.Prove(message))
				l.wantAnswer(conn, tt.want)
				if got, want := l.server.Stats().Reservations, map[bool]int{true: 1}[tt.want == OK]; got != want {
					t.Errorf("%d reservations", got)
				}
			})
		})
	}
}

// readNonce reads the relay's challenge.
func readNonce(t *testing.T, conn net.Conn) string {
	t.Helper()
	var text []byte
	for !bytes.HasSuffix(text, []byte("\r\n\r\n")) {
		var one [1]byte
		if _, err := conn.Read(one[:]); err != nil {
			t.Fatalf("read the challenge %q: %v", text, err)
		}
		text = append(text, one[0])
	}
	_, nonce, _ := strings.Cut(strings.TrimSpace(string(text)), "Nonce: ")
	return nonce
}

// TestPeerRefuses asks bob, who does not want.
func TestPeerRefuses(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln, err := l.bob.client.Listen(l.ctx, relayAt, ListenConfig{
			TLS: pinning(l.bob.key, nil), Consent: func(from netip.AddrPort) bool { return from.Addr() != aliceAt },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		_, err = l.alice.dial(l.bob)
		l.wantStatus(err, PeerRefused)
		if !errors.Is(err, &StatusError{Code: PeerRefused}) || errors.Is(err, &StatusError{Code: PeerGone}) {
			t.Errorf("error %v", err)
		}
		if st := ln.Stats(); st.Offered != 1 || st.Refused != 1 || len(l.bob.dialed) != 1 {
			t.Errorf("bob counts %+v and dialed %v", st, l.bob.dialed)
		}
	})
}

// TestPeerGone has bob leave before, and while alice waits, and stay silent.
func TestPeerGone(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		ln.Close()
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept on a closed listener: %v", err)
		}
		l.settle()
		_, err := l.alice.dial(l.bob)
		l.wantStatus(err, NoReservation)

		bob := l.reserveRaw(l.bob)
		l.work.Go(func() { readLine(bob.r); bob.conn.Close() })
		_, err = l.alice.dial(l.bob)
		l.wantStatus(err, PeerGone)

		silent := l.reserveRaw(l.bob)
		defer silent.conn.Close()
		began := time.Now()
		_, err = l.alice.dial(l.bob)
		l.wantStatus(err, NoAnswer)
		if took := time.Since(began); took > acceptTime+time.Second {
			t.Errorf("alice waited %v", took)
		}
		// Bob comes too late.
		line, _ := readLine(silent.r)
		c, err := parseControl(line)
		if err != nil || c.kind != offer {
			t.Fatalf("bob was told %q", line)
		}
		l.wantAnswer(l.raw(l.bob, "RELAY/0.1 ACCEPT "+c.circuit.String()+"\r\n\r\n"), NoCircuit)
	})
}

// raw is peer.raw, closed at the end.
func (l *lab) raw(p *peer, text string) net.Conn {
	l.Helper()
	conn := p.raw(text)
	l.Cleanup(func() { conn.Close() })
	return conn
}

// reserveRaw reserves, and leaves the control connection to the test.
func (l *lab) reserveRaw(p *peer) *call {
	l.Helper()
	c, err := p.client.call(l.ctx, relayAt, "reserve")
	if err != nil {
		l.Fatal(err)
	}
	if _, err := p.client.prove(c, relayAt); err != nil {
		l.Fatal(err)
	}
	if err := c.through(l.ctx); err != nil {
		l.Fatal(err)
	}
	return c
}

// TestRefuseOthers has carol refuse, and spoil, a circuit to bob: she cannot.
func TestRefuseOthers(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		carol := l.peer(netip.MustParseAddr("10.3.0.1"), 3)
		spoiler, bob := l.reserveRaw(carol), l.reserveRaw(l.bob)
		defer spoiler.conn.Close()
		defer bob.conn.Close()
		asked := l.raw(l.alice, connectLine(l.bob))
		line, err := readLine(bob.r)
		c, parseErr := parseControl(line)
		if err != nil || parseErr != nil {
			t.Fatal(line, err, parseErr)
		}
		spoiler.conn.Write(control{kind: refuse, circuit: c.circuit}.appendTo(nil))
		l.settle()
		l.raw(l.bob, "RELAY/0.1 ACCEPT "+c.circuit.String()+"\r\n\r\n")
		l.wantAnswer(asked, OK)
		// A second time it is nobody's.
		l.wantAnswer(l.raw(carol, "RELAY/0.1 ACCEPT "+c.circuit.String()+"\r\n\r\n"), NoCircuit)
	})
}

// TestChained has nobody reach a relay over a relay.
func TestChained(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		a, b := l.meet(ln)
		defer a.Close()
		defer b.Close()
		chained := NewClient(func(context.Context, netip.AddrPort) (net.Conn, error) { return a, nil }, l.alice.key)
		other := keyOf(5).Peer()
		if _, err := chained.Dial(l.ctx, relayAt, other, pinning(l.alice.key, &other)); !errors.Is(err, ErrChained) {
			t.Errorf("dial: %v", err)
		}
		if _, err := chained.Listen(l.ctx, relayAt, ListenConfig{TLS: pinning(l.alice.key, nil)}); !errors.Is(err, ErrChained) {
			t.Errorf("listen: %v", err)
		}
		if !IsRelayed(b) || !IsRelayed(a.Conn) || IsRelayed(nil) || IsRelayed(&net.TCPConn{}) {
			t.Error("relayed connections are not known")
		}
	})
	inLab(t, ServerConfig{}, func(l *lab) { // bob is a relay, and is asked over one
		ln := l.bob.listen()
		defer ln.Close()
		a, b := l.meet(ln)
		defer a.Close()
		l.work.Go(func() { l.handle(l.ctx, b) })
		io.WriteString(a, connectLine(l.alice))
		l.wantAnswer(a, Chained)
	})
}

// TestSlowloris dribbles lines: those conversations end in time and leave room.
func TestSlowloris(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		for i := range 3 * maxHostHandshakes {
			conn := l.raw(l.alice, fmt.Sprintf("RELAY/0.1 CONNECT %v\r\nA: ", l.bob.key.Peer()))
			l.work.Go(func() {
				for {
					if _, err := conn.Write([]byte("b")); err != nil {
						return
					}
					l.pass(500*time.Millisecond + time.Duration(i)*time.Microsecond)
				}
			})
		}
		l.settle()
		if st := l.server.Stats(); st.Handshakes != maxHostHandshakes || st.Refused[HostHandshakes] != 2*maxHostHandshakes {
			t.Errorf("%+v", st)
		}
		carol := l.peer(netip.MustParseAddr("10.3.0.1"), 3)
		conn, err := carol.dial(l.bob)
		if err != nil {
			t.Fatalf("others cannot connect: %v", err)
		}
		conn.Close()
		l.pass(HandshakeTime + time.Second)
		if st := l.server.Stats(); st.Handshakes != 0 || st.Broken != maxHostHandshakes {
			t.Errorf("after the time: %+v", st)
		}
	})
}

// TestRelayDies has the relay vanish while a circuit carries bytes.
func TestRelayDies(t *testing.T) {
	for _, reset := range []bool{true, false} {
		inLab(t, ServerConfig{}, func(l *lab) {
			ln := l.bob.listen()
			defer ln.Close()
			a, b := l.meet(ln)
			defer a.Close()
			defer b.Close()
			l.net.At(time.Now(), fabric.Kill{Host: relayAt.Addr(), Reset: reset})
			l.settle()
			began := time.Now()
			if _, err := ln.Accept(); !errors.Is(err, ErrLost) {
				t.Errorf("accept: %v", err)
			}
			if took := time.Since(began); took > silenceTime {
				t.Errorf("bob noticed after %v", took)
			}
			a.SetReadDeadline(time.Now().Add(time.Minute))
			if n, err := a.Read(make([]byte, 1)); err == nil || err == io.EOF {
				t.Errorf("alice read %d, %v", n, err)
			}
		})
	}
}
