package node

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/rs/zerolog"

	"filbert/nat/punch"
	"filbert/overlay/identity"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// keeper is a node's paths in virtual time, and strangers that punch to it.
type keeper struct {
	*testing.T
	*punches
	net *fabric.Net

	strangers int
	ends      []func()
}

// words is one end of a signal: a channel each way.
type words struct{ in, out chan []byte }

func (w words) Send(_ context.Context, b []byte) error { w.out <- bytes.Clone(b); return nil }

func (w words) Receive(ctx context.Context) ([]byte, error) {
	select {
	case b := <-w.in:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// holds runs a test with a node whose streams are served so.
func holds(t *testing.T, serve func(ctx context.Context, conn net.Conn), body func(h *keeper)) {
	bubble.Test(t, func(t *testing.T) {
		sim := fabric.New(fabric.Config{Latency: fabric.Constant(40 * time.Millisecond), Settle: bubble.Wait})
		defer sim.Close()
		h := &keeper{T: t, net: sim, punches: &punches{
			serve: serve, turns: &turns{}, log: zerolog.Nop(),
			paths: map[identity.PeerID]*hole{}, holes: map[*hole]bool{}, tried: map[identity.PeerID]*trial{},
		}}
		h.life, h.stop = context.WithCancel(context.Background())
		h.transport, h.puncher = h.puncherAt(netip.MustParseAddr("9.1.1.1"), 7000)
		ctx, cancel := context.WithCancel(context.Background())
		var work sync.WaitGroup
		defer work.Wait()
		defer cancel()
		work.Go(func() { h.run(ctx) })
		body(h)
		for _, end := range h.ends {
			end()
		}
	})
}

// puncherAt starts one on a host.
func (h *keeper) puncherAt(host netip.Addr, port uint16) (*quic.Transport, *punch.Puncher) {
	h.Helper()
	h.strangers++
	id, err := identity.New(bytes.NewReader(bytes.Repeat([]byte{byte(h.strangers)}, 32)))
	if err != nil {
		h.Fatal(err)
	}
	cfg, err := id.ServeTLS()
	if err != nil {
		h.Fatal(err)
	}
	pc, err := h.net.Host(host).ListenPacket(h.Context(), "udp", fmt.Sprintf(":%d", port))
	if err != nil {
		h.Fatal(err)
	}
	transport := &quic.Transport{Conn: pc}
	p, err := punch.New(punch.Config{Transport: transport, Client: cfg, Server: cfg})
	if err != nil {
		h.Fatal(err)
	}
	h.ends = append(h.ends, func() { pc.Close() })
	return transport, p
}

// punched has a stranger open a path to the node, and returns his end.
func (h *keeper) punched(host netip.Addr, port uint16) *punch.Conn {
	h.Helper()
	c, err := h.tries(host, port)
	if err != nil {
		h.Fatal(err)
	}
	return c
}

// tries has a stranger try to.
func (h *keeper) tries(host netip.Addr, port uint16) (theirs *punch.Conn, err error) {
	h.Helper()
	transport, p := h.puncherAt(host, port)
	there, back := make(chan []byte, 10), make(chan []byte, 10)
	local := func(at netip.Addr, port uint16) punch.Local {
		return punch.Local{Candidates: []punch.Candidate{{Kind: punch.Reflexive, Addr: netip.AddrPortFrom(at, port)}}}
	}
	var work sync.WaitGroup
	work.Go(func() {
		conn, out, err := h.puncher.Respond(h.Context(), words{there, back}, local(netip.MustParseAddr("9.1.1.1"), 7000), nil)
		if err != nil {
			h.Error(err)
			return
		}
		h.keep(identity.PeerID{}, conn, out)
	})
	work.Go(func() {
		theirs, _, err = p.Initiate(h.Context(), words{back, there}, local(host, port))
	})
	work.Wait()
	h.ends = append([]func(){func() {
		if theirs != nil {
			theirs.Close()
		}
		p.Close()
		transport.Close()
	}}, h.ends...)
	return theirs, err
}

// lasts is how long the node keeps a path, up to an hour.
func (h *keeper) lasts(c *punch.Conn) time.Duration {
	began := time.Now()
	select {
	case <-c.Done():
	case <-time.After(time.Hour):
	}
	return time.Since(began)
}

// echo answers what comes until the end of it, or until nothing came for ten seconds.
func echo(_ context.Context, conn net.Conn) {
	defer conn.Close()
	b := make([]byte, 100)
	for {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := conn.Read(b)
		if err != nil {
			return
		}
		conn.Write(b[:n])
	}
}

// TestPathsOfOthers: who answered to a path keeps it no longer than whoever opened it
// uses it, whatever that one does: he keeps it alive by QUIC for ever.
func TestPathsOfOthers(t *testing.T) {
	const slack = punchPeriod + time.Second
	stranger := netip.MustParseAddr("9.2.1.1")
	say := func(h *keeper, c *punch.Conn, word string) net.Conn {
		s, err := c.Open(h.Context())
		if err != nil {
			h.Fatal(err)
		}
		if _, err := s.Write([]byte(word)); err != nil {
			h.Fatal(err)
		}
		if b := make([]byte, len(word)); word != "" {
			if _, err := io.ReadFull(s, b); err != nil || string(b) != word {
				h.Errorf("%q, %v", b, err)
			}
		}
		return s
	}
	for name, test := range map[string]struct {
		does func(h *keeper, c *punch.Conn)
		want time.Duration
	}{
		"nothing":            {func(*keeper, *punch.Conn) {}, punchIdle},
		"one word":           {func(h *keeper, c *punch.Conn) { say(h, c, "hello").Close() }, punchIdle},
		"a stream held open": {func(h *keeper, c *punch.Conn) { say(h, c, "hello") }, 10*time.Second + punchIdle},
		"all streams there are": {func(h *keeper, c *punch.Conn) {
			for range 16 {
				say(h, c, "x")
			}
		}, 10*time.Second + punchIdle},
		"a word every half minute, ten times": {func(h *keeper, c *punch.Conn) {
			for range 10 {
				say(h, c, "hello").Close()
				time.Sleep(30 * time.Second)
			}
		}, punchIdle - 30*time.Second},
		"vanish": {func(h *keeper, c *punch.Conn) {
			h.net.At(time.Now(), fabric.Kill{Host: stranger})
			time.Sleep(50 * time.Second) // three keep-alives
			if p := h.status(); p.Open != 0 {
				h.Errorf("%+v", p)
			}
			c.Close()
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			holds(t, echo, func(h *keeper) {
				c := h.punched(stranger, 7000)
				if p := h.status(); p.Open != 1 || p.Opened != 1 {
					h.Errorf("%+v", p)
				}
				test.does(h, c)
				if took := h.lasts(c); took > test.want+slack || took < test.want-slack {
					h.Errorf("kept for %v, want %v", took, test.want)
				}
				time.Sleep(time.Second)
				if p := h.status(); p.Open != 0 {
					h.Errorf("%+v", p)
				}
			})
		})
	}
}

// TestPathsPerHost: one host has few paths, at the limit and one beyond; others have
// theirs. A node that has all it may closes the one that is idle for longest.
func TestPathsPerHost(t *testing.T) {
	holds(t, echo, func(h *keeper) {
		host := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{9, 2, byte(i), 1}) }
		var first *punch.Conn
		for i := range maxPaths / maxPathsPerHost {
			for j := range maxPathsPerHost {
				c := h.punched(host(i), uint16(7000+j))
				if first == nil {
					first = c
				}
			}
		}
		if p := h.status(); p.Open != maxPaths || p.Refused != 0 {
			h.Errorf("%+v", p)
		}
		select {
		case <-first.Done():
			h.Error("one is closed for the last that there is room for")
		default:
		}
		if c, err := h.tries(host(1), 8000); err == nil {
			<-c.Done()
		}
		if p := h.status(); p.Open != maxPaths || p.Refused != 1 {
			h.Errorf("one host has another: %+v", p)
		}
		h.punched(host(200), 7000)
		<-first.Done()
		if p := h.status(); p.Open != maxPaths || p.Refused != 1 {
			h.Errorf("another host has one: %+v", p)
		}
	})
}
