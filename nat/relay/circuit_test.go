package relay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

// rawCircuit returns the two ends of a circuit without TLS, and bob's control
// connection.
func (l *lab) rawCircuit() (a, b net.Conn, ctl *call) {
	l.Helper()
	ctl = l.reserveRaw(l.bob)
	l.Cleanup(func() { ctl.conn.Close() })
	a = l.raw(l.alice, connectLine(l.bob))
	line, err := readLine(ctl.r)
	c, parseErr := parseControl(line)
	if err != nil || parseErr != nil || c.kind != offer || c.from.Addr() != aliceAt {
		l.Fatal(line, err, parseErr)
	}
	b = l.raw(l.bob, "RELAY/0.1 ACCEPT "+c.circuit.String()+"\r\n\r\n")
	for _, conn := range []net.Conn{a, b} {
		if r := l.wantAnswer(conn, OK); r.Buffered() > 0 {
			l.Fatal("bytes came with the answer")
		}
	}
	return a, b, ctl
}

// TestBytes sends one less than may, what may, and one more, each way; the other way is
// free for a moment after.
func TestBytes(t *testing.T) {
	for _, more := range []int{-1, 0, 1, 100_000} {
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprint(more, back), func(t *testing.T) {
				inLab(t, ServerConfig{Limits: Limits{CircuitBytes: minCircuitBytes}}, func(l *lab) {
					a, b, _ := l.rawCircuit()
					if back {
						a, b = b, a
					}
					l.work.Go(func() {
						a.Write(make([]byte, minCircuitBytes+more))
						closeWrite(a)
					})
					got, err := io.ReadAll(b)
					if want := minCircuitBytes + min(more, 0); err != nil || len(got) != want {
						t.Errorf("%d bytes came, want %d; %v", len(got), want, err)
					}
					io.WriteString(b, "thanks")
					wantBytes(t, a, []byte("thanks"))
					b.Close()
					l.pass(lastTime + time.Second)
					want := EndClosed
					if more > 0 {
						want = EndBytes
					}
					if st := l.server.Stats(); st.Ended[want] != 1 || st.Bytes != uint64(len(got)+len("thanks")) {
						t.Errorf("%+v", st)
					}
				})
			})
		}
	}
}

// TestEarlyBytes come before bob has accepted: he gets them, and not before.
func TestEarlyBytes(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		ctl := l.reserveRaw(l.bob)
		defer ctl.conn.Close()
		early := bytes.Repeat([]byte("early "), 2000)
		a := l.raw(l.alice, connectLine(l.bob)+string(early))
		line, _ := readLine(ctl.r)
		c, err := parseControl(line)
		if err != nil {
			t.Fatal(err)
		}
		b := l.raw(l.bob, "RELAY/0.1 ACCEPT "+c.circuit.String()+"\r\n\r\n")
		r := l.wantAnswer(b, OK)
		closeWrite(a)
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, early) {
			t.Errorf("bob read %d bytes of %d: %v", len(got), len(early), err)
		}
	})
}

// TestTimes lets a circuit run out of time, and lie idle.
func TestTimes(t *testing.T) {
	const life, idle = 50 * time.Second, 20 * time.Second
	for _, tt := range []struct {
		name     string
		each     time.Duration // a byte from alice
		bobReads bool
		lasts    time.Duration
		want     End
	}{
		{"nothing moves", time.Hour, true, idle, EndIdle},
		{"a byte a second, one way", time.Second, true, life, EndTime},
		{"a byte now and then", idle - time.Second, true, life, EndTime},
		{"a byte too seldom", 2 * idle, true, idle, EndIdle},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, ServerConfig{Limits: Limits{CircuitTime: life, IdleTime: idle}}, func(l *lab) {
				a, b, _ := l.rawCircuit()
				began := time.Now()
				l.work.Go(func() {
					for time.Since(began) < 2*life {
						l.pass(tt.each)
						if _, err := a.Write([]byte("x")); err != nil {
							return
						}
					}
				})
				if _, err := io.Copy(io.Discard, b); err != nil && !errors.Is(err, net.ErrClosed) && !isReset(err) {
					t.Error(err)
				}
				if lasted := time.Since(began); lasted < tt.lasts-time.Second || lasted > tt.lasts+2*idle/looks+time.Second {
					t.Errorf("it lasted %v, want %v", lasted, tt.lasts)
				}
				l.settle()
				if st := l.server.Stats(); st.Ended[tt.want] != 1 {
					t.Errorf("ended by %v", st.Ended)
				}
			})
		})
	}
}

func isReset(err error) bool {
	op := (*net.OpError)(nil)
	return errors.As(err, &op)
}

// TestStuck has bob not read: the circuit ends in time, and its room is free.
func TestStuck(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		a, _, _ := l.rawCircuit()
		l.work.Go(func() {
			for {
				if _, err := a.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		})
		l.pass(circuitTime + time.Second)
		if st := l.server.Stats(); st.Circuits != 0 || st.Opened != 1 {
			t.Errorf("%+v", st)
		}
	})
}

// TestSpent uses a circuit up, at either end: both are told so.
func TestSpent(t *testing.T) {
	inLab(t, ServerConfig{Limits: Limits{CircuitBytes: minCircuitBytes}}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		a, b := l.meet(ln)
		defer a.Close()
		defer b.Close()
		room := make([]byte, a.Grant.Room())
		l.work.Go(func() {
			if _, err := b.Write(room); err != nil {
				t.Errorf("write what there is room for: %v", err)
			}
			if _, err := b.Write(room); !errors.Is(err, ErrSpent) {
				t.Errorf("write more: %v", err)
			}
			b.Close()
		})
		wantBytes(t, a, room)
		if _, err := io.Copy(io.Discard, a); !errors.Is(err, ErrSpent) {
			t.Errorf("read more: %v", err)
		}
	})
	inLab(t, ServerConfig{}, func(l *lab) {
		ln := l.bob.listen()
		defer ln.Close()
		a, b := l.meet(ln)
		defer a.Close()
		defer b.Close()
		l.work.Go(func() {
			for {
				if _, err := b.Write([]byte("tick")); err != nil {
					return
				}
				l.pass(10 * time.Second)
			}
		})
		if _, err := io.Copy(io.Discard, a); !errors.Is(err, ErrSpent) {
			t.Errorf("after its time: %v", err)
		}
	})
}

// TestThousand has forty hosts of twenty networks ask for 1,000 circuits to five peers:
// at no time is a cap passed, and in the end nothing is left.
func TestThousand(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		var listeners []*Listener
		var peers []*peer
		for i := range 5 {
			p := l.peer(netip.AddrFrom4([4]byte{10, 20, byte(i), 1}), 100+i)
			peers = append(peers, p)
			ln := p.listen()
			listeners = append(listeners, ln)
			l.work.Go(func() {
				for {
					c, err := ln.Accept()
					if err != nil {
						return
					}
					l.work.Go(func() { io.Copy(io.Discard, c); c.Close() })
				}
			})
		}
		results := make(chan error, 1000)
		for i := range 40 {
			asker := l.peer(netip.AddrFrom4([4]byte{10, 30, byte(i % 20), byte(i)}), 200+i)
			for k := range 25 {
				to := peers[(i*7+k*3)%len(peers)]
				l.work.Go(func() {
					l.pass(time.Duration(k)*2*time.Second + time.Duration(i)*time.Millisecond)
					conn, err := asker.dial(to)
					results <- err
					if err == nil {
						l.pass(5 * time.Second)
						conn.Close()
					}
				})
			}
		}
		worst := Stats{}
		worstPeer, worstHost := 0, 0
		for range 1200 {
			l.pass(50*time.Millisecond + time.Microsecond)
			st := l.server.Stats()
			worst.Circuits, worst.Handshakes = max(worst.Circuits, st.Circuits), max(worst.Handshakes, st.Handshakes)
			l.server.mu.Lock()
			for _, n := range l.server.budget.peers {
				worstPeer = max(worstPeer, n)
			}
			for _, s := range l.server.budget.hosts {
				worstHost = max(worstHost, s.circuits)
			}
			l.server.mu.Unlock()
		}
		opened := 0
		refused := map[Status]int{}
		for range cap(results) {
			err := <-results
			status := (*StatusError)(nil)
			switch {
			case err == nil:
				opened++
			case errors.As(err, &status):
				refused[status.Code]++
			default:
				t.Errorf("dial: %v", err)
			}
		}
		t.Logf("of 1,000: %d opened, refused %v; at most %d circuits, %d of a peer, %d of a host, %d handshakes",
			opened, refused, worst.Circuits, worstPeer, worstHost, worst.Handshakes)
		if worst.Circuits != maxCircuits || worstPeer != maxPeerCircuits || worstHost > maxHostCircuits || worst.Handshakes > maxHandshakes {
			t.Errorf("caps were passed, or not reached: %+v, %d, %d", worst, worstPeer, worstHost)
		}
		if opened <= maxCircuits || opened > 1000/2 || len(refused) == 0 {
			t.Errorf("%d opened, %v", opened, refused)
		}
		for _, ln := range listeners {
			ln.Close()
		}
		l.settle()
	})
}
