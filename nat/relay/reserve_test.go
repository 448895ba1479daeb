package relay

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestIdleHour keeps a reservation for three hours and counts what it costs.
func TestIdleHour(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		l.settle()
		before, kept := l.net.Stats(), l.bob.client.Kept()
		l.pass(3 * time.Hour)
		after := l.net.Stats()
		// The fabric sends no acknowledgements; one for each segment makes at most this.
		const headers = 2 * 40
		perHour := (after.Bytes - before.Bytes + headers*(after.Segments-before.Segments)) / 3
		kept = (l.bob.client.Kept() - kept) / 3 // of both directions, half
		t.Logf("%d bytes an hour, %d of them sent by the count of who reserved", perHour, kept)
		if kept < perHour*2/5 || kept > perHour*3/5 {
			t.Errorf("it counts %d bytes", kept)
		}
		if perHour > 20<<10 {
			t.Errorf("a reservation costs %d bytes an hour", perHour)
		}
		if st := l.server.Stats(); st.Renewed < 5 || st.Renewed > 7 || st.Reservations != 1 {
			t.Errorf("%+v", st)
		}
		if left := time.Until(ln.Expires()); left < reservationTime/3 {
			t.Errorf("%v are left", left)
		}
		a, b := l.meet(ln)
		a.Close()
		b.Close()
	})
}

// TestExpired lets a reservation run out that is not renewed, though it is alive.
func TestExpired(t *testing.T) {
	inLab(t, ServerConfig{Limits: Limits{ReservationTime: 5 * time.Minute}}, func(l *lab) {
		bob := l.reserveRaw(l.bob)
		defer bob.conn.Close()
		l.work.Go(func() {
			for {
				if _, err := bob.conn.Write(control{kind: ping}.appendTo(nil)); err != nil {
					return
				}
				l.pass(time.Minute)
			}
		})
		began := time.Now()
		var lines []string
		for {
			line, err := readLine(bob.r)
			if err != nil {
				break
			}
			lines = append(lines, line)
		}
		if lasted := time.Since(began).Round(time.Second); lasted != 5*time.Minute || len(lines) != 6 || lines[5] != "END 432" {
			t.Errorf("after %v: %q", lasted, lines)
		}
		l.settle()
		_, err := l.alice.dial(l.bob)
		l.wantStatus(err, NoReservation)
	})
}

// TestSilence drops a peer that says nothing.
func TestSilence(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		bob := l.reserveRaw(l.bob)
		defer bob.conn.Close()
		l.pass(silenceTime - time.Second)
		if st := l.server.Stats(); st.Reservations != 1 {
			t.Errorf("%+v", st)
		}
		l.pass(2 * time.Second)
		if st := l.server.Stats(); st.Reservations != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// TestReplaced has bob come again over a new connection, as after a new address.
func TestReplaced(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		first := l.bob.listen()
		second := l.bob.listen()
		defer second.Close()
		l.settle()
		_, err := first.Accept()
		l.wantStatus(err, Replaced)
		first.Close()
		l.settle()
		a, b := l.meet(second)
		a.Close()
		b.Close()
	})
}

// TestReservationsOfAHost asks for one more than one host may have.
func TestReservationsOfAHost(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		for i := range maxHostReservations + 1 {
			p := l.peer(bobAt, 50+i)
			ln, err := p.tryListen()
			if i == maxHostReservations {
				l.wantStatus(err, HostReservations)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
		}
	})
}

// TestChatter has a peer say too much, and what nobody understands.
func TestChatter(t *testing.T) {
	for say, want := range map[string]Status{
		strings.Repeat("PING\r\n", maxControlLines+1): TooOften,
		"HELLO\r\n":                           Malformed,
		"REFUSE 12\r\n":                       Malformed,
		strings.Repeat("x", maxLine) + "\r\n": 0, // no more than the end
	} {
		inLab(t, ServerConfig{}, func(l *lab) {
			bob := l.reserveRaw(l.bob)
			defer bob.conn.Close()
			io.WriteString(bob.conn, say)
			last := ""
			for {
				line, err := readLine(bob.r)
				if err != nil {
					break
				}
				last = line
			}
			if end := fmt.Sprintf("END %d", int(want)); want != 0 && last != end {
				t.Errorf("%.10q: last line %q, want %q", say, last, end)
			}
			l.settle()
			if st := l.server.Stats(); st.Reservations != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestUnread has the relay tell a peer of circuits who does not read.
func TestUnread(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ctl := &controlConn{peer: PeerID{1}, outbox: make(chan control, maxOutbox), gone: make(chan struct{})}
		ended := 0
		ctl.end = func(Status) { ended++ }
		for i := range maxOutbox + 1 {
			l.server.mu.Lock()
			ok := l.server.postLocked(ctl, control{kind: offer})
			l.server.mu.Unlock()
			if ok != (i < maxOutbox) {
				t.Errorf("line %d: %v", i, ok)
			}
		}
		if st := l.server.Stats(); ended != 1 || st.Overruns != 1 {
			t.Errorf("ended %d times, %+v", ended, st)
		}
	})
}

// TestArriving offers bob more circuits than he opens at a time.
func TestArriving(t *testing.T) {
	inLab(t, ServerConfig{Limits: Limits{PeerCircuits: 16, HostCircuits: 16}}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		var conns []net.Conn
		for i := range maxArriving + 1 {
			conn, err := l.alice.dial(l.bob)
			if i == maxArriving {
				l.wantStatus(err, PeerRefused)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, conn)
		}
		l.settle()
		b, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		conn, err := l.alice.dial(l.bob) // there is room for one again
		if err != nil {
			t.Error(err)
		} else {
			conn.Close()
		}
		b.Close()
		for _, conn := range conns {
			conn.Close()
		}
	})
}

// TestRelayStops ends everything with the relay's context.
func TestRelayStops(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		a, b := l.meet(ln)
		defer a.Close()
		defer b.Close()
		l.settle()
		l.stopRelay()
		l.settle()
		if _, err := ln.Accept(); !errors.Is(err, ErrLost) {
			t.Errorf("accept: %v", err)
		}
		if _, err := a.Read(make([]byte, 1)); err == nil {
			t.Error("alice reads on")
		}
		if st := l.server.Stats(); st.Ended[EndStopped] != 1 {
			t.Errorf("%+v", st.Ended)
		}
	})
}

// TestOpen has the relay take no part, and take part again: what is open goes on.
func TestOpen(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		a, b := l.meet(ln)
		defer a.Close()
		defer b.Close()
		l.server.Open(false)
		l.settle()
		_, err := ln.Accept()
		l.wantStatus(err, Closing)
		ln.Close()
		_, err = l.bob.tryListen()
		l.wantStatus(err, Closing)
		_, err = l.alice.dial(l.bob)
		l.wantStatus(err, Closing)
		io.WriteString(a, "still there")
		wantBytes(t, b, []byte("still there"))
		l.server.Open(true)
		ln = l.bob.listen()
		ln.Close()
	})
}
