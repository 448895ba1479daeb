package relay

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestConversation has alice reach bob over the relay, and both talk.
func TestConversation(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		if left := time.Until(ln.Expires()); left < reservationTime-time.Second || left > reservationTime {
			t.Errorf("reserved for %v", left)
		}
		began := time.Now()
		a, b := l.meet(ln)
		// Alice's connection, her question and the offer; bob's connection, his word and the
		// answers; then TLS, over both ways.
		if took := time.Since(began); took > 15*oneWay {
			t.Errorf("a circuit took %v", took)
		}
		defer a.Close()
		defer b.Close()
		if from := b.(*Conn).From; from.Addr() != aliceAt {
			t.Errorf("bob was told of %v", from)
		}
		if a.Grant != (Grant{circuitBytes, circuitTime}) || b.(*Conn).Grant != a.Grant || ln.Grant() != a.Grant {
			t.Errorf("granted %+v, %+v, %+v", a.Grant, b.(*Conn).Grant, ln.Grant())
		}
		for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
			text := bytes.Repeat([]byte("to the other side "), 5000)
			l.work.Go(func() { way[0].Write(text) })
			wantBytes(t, way[1], text)
		}
		a.Close()
		if n, err := b.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("after alice left: %d, %v", n, err)
		}
		b.Close()
		l.settle()
		if st := l.server.Stats(); st.Opened != 1 || st.Ended[EndClosed] != 1 || st.Bytes < 180_000 || st.Circuits != 0 {
			t.Errorf("the relay counts %+v", st)
		}
		for _, p := range []*peer{l.alice, l.bob} {
			for _, at := range p.dialed {
				if at != relayAt {
					t.Errorf("%v dialed %v", p.host, at)
				}
			}
		}
	})
}

// TestRelaySeesNoText reads along at the relay.
func TestRelaySeesNoText(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		l.tap = true
		ln := l.bob.listen()
		defer ln.Close()
		a, b := l.meet(ln)
		secret := bytes.Repeat([]byte("a secret of two"), 100)
		l.work.Go(func() { a.Write(secret) })
		wantBytes(t, b, secret)
		a.Close()
		b.Close()
		l.settle()
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.seen.Len() < len(secret) || bytes.Contains(l.seen.Bytes(), []byte("a secret of two")) {
			t.Errorf("the relay read %d bytes, with the secret in them", l.seen.Len())
		}
		if a.ConnectionState().Version != tls.VersionTLS13 {
			t.Errorf("TLS version %x", a.ConnectionState().Version)
		}
	})
}

// TestRelayInTheMiddle has the relay answer for bob, with a key of its own.
func TestRelayInTheMiddle(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln, err := l.net.Host(relayAt.Addr()).Listen(l.ctx, "tcp", ":6347")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		l.work.Go(func() {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			io.ReadFull(conn, make([]byte, len(connectLine(l.bob))))
			conn.Write(endBlock(Grant{circuitBytes, circuitTime}.appendTo(appendStatus(nil, OK))))
			if err := tls.Server(conn, pinning(keyOf(9), nil)).Handshake(); err == nil {
				t.Error("alice believed the relay")
			}
		})
		bob := l.bob.key.Peer()
		_, err = l.alice.client.Dial(l.ctx, netip.AddrPortFrom(relayAt.Addr(), 6347), bob, pinning(l.alice.key, &bob))
		if !errors.Is(err, errPin) {
			t.Errorf("dial: %v", err)
		}
	})
}

// TestNotPinned refuses what would believe anybody.
func TestNotPinned(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		for _, config := range []*tls.Config{nil, {}, {InsecureSkipVerify: true}, {InsecureSkipVerify: true, ServerName: "x"}} {
			if _, err := l.alice.client.Dial(l.ctx, relayAt, l.bob.key.Peer(), config); !errors.Is(err, ErrNotPinned) {
				t.Errorf("%+v: %v", config, err)
			}
		}
		if _, err := l.alice.dial(l.alice); !errors.Is(err, ErrSelf) {
			t.Errorf("dialing oneself: %v", err)
		}
	})
}

// TestHalfClose lets bob answer after alice has said all.
func TestHalfClose(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		a, b, _ := l.rawCircuit()
		io.WriteString(a, "question")
		closeWrite(a)
		if got, err := io.ReadAll(b); err != nil || string(got) != "question" {
			t.Fatalf("bob read %q, %v", got, err)
		}
		io.WriteString(b, "answer")
		closeWrite(b)
		if got, err := io.ReadAll(a); err != nil || string(got) != "answer" {
			t.Fatalf("alice read %q, %v", got, err)
		}
		l.settle()
		if st := l.server.Stats(); st.Ended[EndClosed] != 1 {
			t.Errorf("ended by %v", st.Ended)
		}
	})
}

// TestHalfCloseInTLS does the same through TLS.
func TestHalfCloseInTLS(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		a, b := l.meet(ln)
		defer a.Close()
		defer b.Close()
		io.WriteString(a, "question")
		a.CloseWrite()
		if got, err := io.ReadAll(b); err != nil || string(got) != "question" {
			t.Fatalf("bob read %q, %v", got, err)
		}
		io.WriteString(b, "answer")
		b.(*Conn).CloseWrite()
		if got, err := io.ReadAll(a); err != nil || string(got) != "answer" {
			t.Fatalf("alice read %q, %v", got, err)
		}
	})
}

// TestCut ends the circuit between two records: nobody takes that for the end of what
// the peer had to say.
func TestCut(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		a, b := l.meet(ln)
		defer a.Close()
		defer b.Close()
		io.WriteString(b, "half of what bob")
		for _, conn := range []net.Conn{a, b} { // nothing moves
			if got, err := io.ReadAll(conn); !errors.Is(err, ErrCut) && !isReset(err) {
				t.Errorf("read %q, %v", got, err)
			}
		}
	})
}
