package stun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/testnet/fabric"

	"github.com/pion/stun/v2"
)

const (
	server1 = "192.0.2.1:3478"
	server2 = "192.0.2.2:3479"
	home    = "203.0.113.9"
)

func TestBind(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		w.serve(server1, "192.0.2.1:3479", "192.0.2.2:3478", server2)
		c := w.client(w.host(home), 4000)
		defer c.Close()
		got, err := c.Bind(w.Context(), at(server1), Options{})
		want := Answer{From: at(server1), Mapped: at(home + ":4000"), Origin: at(server1), Other: at(server2), Sends: 1, RTT: 100 * time.Millisecond}
		if err != nil || got != want {
			w.Errorf("%+v, %v, want %+v", got, err, want)
		}
		for change, from := range map[Change]string{ChangePort: "192.0.2.1:3479", ChangeIP: "192.0.2.2:3478", ChangeIPAndPort: server2} {
			got, err := c.Bind(w.Context(), at(server1), Options{Change: change, Other: got.Other})
			if err != nil || got.From != at(from) || got.Mapped != want.Mapped {
				w.Errorf("%v: %+v, %v", change, got, err)
			}
		}
		if got := c.Stats(); got != (ClientStats{}) {
			w.Errorf("%+v", got)
		}
	})
}

// TestBindOnLoopback is the same on real sockets, of both families.
func TestBindOnLoopback(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		listen := func() net.PacketConn {
			c, err := net.ListenPacket("udp", host)
			if err != nil {
				t.Skipf("no %s here: %v", host, err)
			}
			return c
		}
		a, b := listen(), listen()
		addr := func(c net.PacketConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }
		s := NewService(NewServer(addr(a), addr(b)), a, b)
		var wg sync.WaitGroup
		wg.Go(s.Run)
		conn := listen()
		c := Open(conn, Config{})
		for change, from := range map[Change]net.PacketConn{SameAddress: a, ChangePort: b} {
			got, err := c.Bind(t.Context(), addr(a), Options{Change: change, Other: addr(b)})
			if err != nil || got.Mapped != addr(conn) || got.From != addr(from) || got.Other != addr(b) {
				t.Errorf("%v: %+v, %v", change, got, err)
			}
		}
		c.Close()
		a.Close()
		b.Close()
		wg.Wait()
	}
}

// TestRetransmission is the timing of RFC 8489 §6.2.1, and shorter ones.
func TestRetransmission(t *testing.T) {
	for _, test := range []struct {
		cfg  Config
		at   []float64 // seconds
		ends float64
	}{
		{Config{}, []float64{0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5}, 39.5},
		{Config{Sends: 1}, []float64{0}, 0.5},
		{Config{Sends: 3}, []float64{0, 0.5, 1.5}, 3.5},
		{Config{Sends: 3, RTO: 100 * time.Millisecond}, []float64{0, 0.1, 0.3}, 0.7},
	} {
		inWorld(t, fabric.Config{Latency: fabric.Constant(time.Millisecond)}, func(w *world) {
			var mu sync.Mutex
			var times []float64
			ids := map[transactionID]bool{}
			w.respond(w.socket(w.host("192.0.2.1"), 3478), func(_ int, m message, _ netip.AddrPort) {
				mu.Lock()
				defer mu.Unlock()
				times = append(times, (time.Since(w.start) - time.Millisecond).Seconds())
				ids[m.id] = true
			})
			c := w.client(w.host(home), 4000)
			defer c.Close()
			_, err := c.Bind(w.Context(), at(server1), Options{Config: test.cfg})
			if !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), server1) {
				w.Errorf("%+v: %v", test.cfg, err)
			}
			w.wantClock(time.Duration(test.ends * float64(time.Second)))
			mu.Lock()
			defer mu.Unlock()
			if fmt.Sprint(times) != fmt.Sprint(test.at) || len(ids) != 1 {
				w.Errorf("%+v: sent at %v, want %v; %d transactions", test.cfg, times, test.at, len(ids))
			}
		})
	}
}

// TestLossyLinks has every third datagram get lost: all of many transactions end well.
func TestLossyLinks(t *testing.T) {
	inWorld(t, fabric.Config{Seed: 3, Loss: fabric.LossRate(0.3)}, func(w *world) {
		conn := w.socket(w.host("192.0.2.1"), 3478)
		w.respond(conn, func(_ int, m message, from netip.AddrPort) {
			w.say(conn, from, message{class: stun.ClassSuccessResponse, id: m.id, mapped: from})
		})
		c := w.client(w.host(home), 4000)
		defer c.Close()
		again := 0
		for range 50 {
			got, err := c.Bind(w.Context(), at(server1), Options{})
			if err != nil || got.Mapped != at(home+":4000") {
				w.Fatalf("%+v, %v", got, err)
			}
			if got.Sends > 1 {
				again++
			}
		}
		if again < 10 || again > 40 {
			w.Errorf("%d of 50 were sent again at a loss of 30 %% each way", again)
		}
	})
}

// TestForgedAnswers come before the right one, and count for nothing.
func TestForgedAnswers(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		right, wrong := w.socket(w.host("192.0.2.1"), 3478), w.socket(w.host("192.0.2.1"), 3479)
		liar := w.socket(w.host("192.0.2.66"), 3478)
		lie := at("198.51.100.66:1")
		w.respond(right, func(_ int, m message, from netip.AddrPort) {
			forged := message{class: stun.ClassSuccessResponse, id: m.id, mapped: lie}
			w.say(liar, from, forged)  // another host
			w.say(wrong, from, forged) // another port
			other := forged
			other.id[0]++
			w.say(right, from, other)                                                  // another transaction
			w.say(right, from, message{class: stun.ClassRequest, id: m.id})            // no answer
			w.say(right, from, message{class: stun.ClassIndication, id: m.id})         // no answer
			right.WriteTo(header(0x101, "00 20 00 00"), net.UDPAddrFromAddrPort(from)) // another, and malformed
			right.WriteTo([]byte("no STUN at all"), net.UDPAddrFromAddrPort(from))     // malformed
			right.WriteTo(panics(m.id), net.UDPAddrFromAddrPort(from))                 // of this transaction, malformed
			w.wait(10 * time.Millisecond)                                              // nothing overtakes
			w.say(right, from, message{class: stun.ClassSuccessResponse, id: m.id, mapped: from})
			w.wait(10 * time.Millisecond)
			w.say(right, from, forged) // too late
		})
		c := w.client(w.host(home), 4000)
		defer c.Close()
		got, err := c.Bind(w.Context(), at(server1), Options{})
		if err != nil || got.Mapped != at(home+":4000") || got.Sends != 1 {
			w.Errorf("%+v, %v", got, err)
		}
		w.wait(time.Second)
		if got, want := c.Stats(), (ClientStats{Unasked: 3, Strangers: 2, Malformed: 2}); got != want {
			w.Errorf("%+v, want %+v", got, want)
		}
	})
}

// panics is what pion/stun panics on: a good answer, had its address any bytes.
func panics(id transactionID) []byte {
	b := header(0x101, "00 20 00 00")
	copy(b[8:], id[:])
	return b
}

// TestChangeIgnored has a server answer from where it was asked: the answer says so.
func TestChangeIgnored(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		conn, third := w.socket(w.host("192.0.2.1"), 3478), w.socket(w.host("192.0.2.3"), 3478)
		w.respond(conn, func(_ int, m message, from netip.AddrPort) {
			answer := message{class: stun.ClassSuccessResponse, id: m.id, mapped: from}
			w.say(third, from, answer) // neither here nor there
			w.wait(10 * time.Millisecond)
			w.say(conn, from, answer)
		})
		c := w.client(w.host(home), 4000)
		defer c.Close()
		got, err := c.Bind(w.Context(), at(server1), Options{Change: ChangeIPAndPort, Other: at(server2)})
		if err != nil || got.From != at(server1) {
			w.Errorf("%+v, %v", got, err)
		}
	})
}

func TestBindFails(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		conn := w.socket(w.host("192.0.2.1"), 3478)
		answers := []message{
			{class: stun.ClassErrorResponse, code: 500},
			{class: stun.ClassSuccessResponse},
			{class: stun.ClassSuccessResponse, mapped: at("0.0.0.0:1")},
			{class: stun.ClassSuccessResponse, mapped: at("203.0.113.9:0")},
		}
		w.respond(conn, func(i int, m message, from netip.AddrPort) {
			answers[i].id = m.id
			w.say(conn, from, answers[i])
		})
		c := w.client(w.host(home), 4000)
		var status *StatusError
		if _, err := c.Bind(w.Context(), at(server1), Options{}); !errors.As(err, &status) || status.Code != 500 {
			w.Errorf("refused: %v", err)
		}
		for range answers[1:] {
			if _, err := c.Bind(w.Context(), at(server1), Options{}); !errors.Is(err, ErrNothing) {
				w.Errorf("without an address: %v", err)
			}
		}
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if _, err := c.Bind(ctx, at(server2), Options{}); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("cancelled: %v", err)
		}
		if _, err := c.Bind(w.Context(), at("192.0.2.9:0"), Options{}); err == nil || errors.Is(err, ErrTimeout) {
			w.Errorf("no port: %v", err)
		}
		time.AfterFunc(time.Second, func() { c.Close() })
		if _, err := c.Bind(w.Context(), at(server2), Options{}); !errors.Is(err, net.ErrClosed) {
			w.Errorf("closed meanwhile: %v", err)
		}
		if _, err := c.Bind(w.Context(), at(server1), Options{}); !errors.Is(err, net.ErrClosed) {
			w.Errorf("closed: %v", err)
		}
		if err := c.Close(); !errors.Is(err, net.ErrClosed) {
			w.Errorf("closed again: %v", err)
		}
		if len(c.pending) != 0 {
			w.Errorf("%d transactions are left", len(c.pending))
		}
	})
}

func TestPendingIsBounded(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		for n := maxPending - 1; n <= maxPending+1; n++ {
			c := New(func([]byte, netip.AddrPort) error { return nil }, Config{})
			var wg sync.WaitGroup
			var mu sync.Mutex
			busy := 0
			for range n {
				wg.Go(func() {
					if _, err := c.Bind(w.Context(), at(server1), Options{}); errors.Is(err, ErrBusy) {
						mu.Lock()
						busy++
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if want := max(0, n-maxPending); busy != want {
				w.Errorf("%d transactions: %d busy, want %d", n, busy, want)
			}
		}
	})
}

// TestGoldenExchange draws a known transaction and hands over the answer to it, as who
// reads the socket for others does.
func TestGoldenExchange(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		var c *Client
		c = New(func(b []byte, to netip.AddrPort) error {
			if !bytes.Equal(b, bytesOf(goldenRequest)) || to != at(server1) {
				w.Errorf("%x to %v", b, to)
			}
			if !c.Receive(bytesOf(goldenAnswer), netip.MustParseAddrPort("[::ffff:192.0.2.1]:3478")) {
				w.Error("not taken")
			}
			return nil
		}, Config{Random: bytes.NewReader(bytesOf(goldenID))})
		if got, err := c.Bind(w.Context(), at(server1), Options{}); err != nil || got.Mapped != at("192.0.2.1:32853") {
			w.Errorf("%+v, %v", got, err)
		}
		if _, err := c.Bind(w.Context(), at(server1), Options{}); err == nil {
			w.Error("a transaction without randomness")
		}
	})
}
