package overlay_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"filbert/overlay"
	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// welcome lets every peer in.
type welcome struct{}

func (welcome) Judge(context.Context, *handshake.Peer) handshake.Verdict {
	return handshake.Accepted()
}

// visits connects to a host as an ultrapeer that does nothing by itself.
func (s *square) visits(h *inhabitant, n byte) net.Conn {
	s.t.Helper()
	host := s.net.Host(netip.AddrFrom4([4]byte{9, 100 + n, 1, 1}))
	conn, err := host.DialContext(s.t.Context(), "tcp", h.addr.String())
	if err != nil {
		s.t.Fatal(err)
	}
	session := handshake.Session{Conn: conn, Reader: bufio.NewReader(conn), Deadline: time.Now().Add(time.Minute)}
	offer := handshake.Offer{Agent: "test/1", GUID: wire.GUID{0: 0xf0, 1: n, 8: 0xff}, Degree: 8, MaxTTL: 4}
	if _, err := handshake.Initiate(s.t.Context(), session, offer, welcome{}); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// TestSlowLink has one neighbor that reads nothing while another floods queries:
// the slow one is sent away, and a third gets every query.
func TestSlowLink(t *testing.T) {
	inSquare(t, 0, func(t *testing.T, s *square) {
		anna := s.settle("anna", overlay.Config{Want: 1})
		slow, busy, eager := s.visits(anna, 1), s.visits(anna, 2), s.visits(anna, 3)
		s.pass(time.Second) // all links are up
		var work sync.WaitGroup
		got := map[wire.GUID]bool{}
		work.Go(func() {
			r := wire.NewReader(eager)
			for {
				batch, err := r.ReadBatch()
				if err != nil {
					return
				}
				for f, rest, err := wire.SplitFrame(batch); err == nil; f, rest, err = wire.SplitFrame(rest) {
					if f.Type() == wire.TypeQuery {
						got[f.GUID()] = true
					}
					if f.Type() == wire.TypePing && f.TTL() == 1 { // it is alive
						eager.Write(wire.AppendFrame(nil, f.GUID(), 1, 0, &wire.Pong{Addr: netip.MustParseAddrPort("9.103.1.1:7000")}))
					}
				}
			}
		})
		work.Go(func() { io.Copy(io.Discard, busy) })
		rnd := rand.New(rand.NewPCG(1, 1))
		query := &wire.Query{Flags: wire.FlagMark, Text: fmt.Sprintf("%0200d", 0)}
		sent := 0
		for range 80 { // seconds
			var b []byte
			for range 40 {
				b = wire.AppendFrame(b, wire.NewGUID(rnd), 3, 0, query)
				sent++
			}
			if _, err := busy.Write(b); err != nil {
				t.Fatalf("the busy neighbor: %v after %d queries", err, sent)
			}
			s.pass(time.Second)
		}
		st, err := anna.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(st.Neighbors) != 2 || st.QueueDrops.Query == 0 {
			t.Errorf("%d neighbors stay, %d queries were dropped for the slow one", len(st.Neighbors), st.QueueDrops.Query)
		}
		for _, n := range st.Neighbors {
			if n.Addr.Addr() == netip.AddrFrom4([4]byte{9, 101, 1, 1}) {
				t.Error("the slow neighbor stays")
			}
		}
		for _, conn := range []net.Conn{slow, busy, eager} {
			conn.Close()
		}
		work.Wait()
		if len(got) != sent {
			t.Errorf("the eager neighbor got %d of %d queries", len(got), sent)
		}
	})
}
