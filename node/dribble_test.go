package node_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"filbert/node"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// TestDribblers is THREATS T16, and harder: 5,000 connections from 625 networks say a byte
// each 2 s, and are opened again when they are closed. Whoever speaks is heard all the same: who fetches, and who links.
func TestDribblers(t *testing.T) {
	const sockets, perHost, honest = 5000, 8, 200
	folder := t.TempDir()
	bubble.Test(t, func(t *testing.T) {
		sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(40 * time.Millisecond), Settle: bubble.Wait})
		defer sim.Close()
		tn := &town{t: t, dir: folder, virtual: true, host: func(i int) (node.Network, string) {
			addr := netip.AddrFrom4([4]byte{9, byte(i), 1, 1})
			return sim.Host(addr), netip.AddrPortFrom(addr, 7000).String()
		}}
		defer tn.close()
		anna := tn.moves(nil)
		at := anna.Addr().String()

		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		defer work.Wait()
		defer stop()
		for i := range sockets {
			host := sim.Host(netip.AddrFrom4([4]byte{11, byte(i / perHost >> 8), byte(i / perHost), 1}))
			work.Go(func() { dribble(ctx, host, at, time.Duration(i)*time.Millisecond) })
		}
		<-time.After(10 * time.Second)
		served := 0
		for i := range honest {
			if served += asks(t, sim.Host(netip.AddrFrom4([4]byte{12, byte(i), 1, 1})), at); served < i-2 {
				t.Fatalf("%d of %d were served", served, i+1)
			}
		}
		if served < honest*99/100 {
			t.Errorf("%d of %d were served", served, honest)
		}
		boris := tn.moves(nil, anna)
		tn.linked(boris, 1)
		port := anna.port(t)
		if port.Evicted < sockets {
			t.Errorf("%d connections made room: not so many dribble", port.Evicted)
		}
	})
}

// dribble says a byte now and then, on one connection after the other.
func dribble(ctx context.Context, from *fabric.Host, to string, after time.Duration) {
	pause := time.NewTimer(after)
	defer pause.Stop()
	var conn net.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	for {
		select {
		case <-pause.C:
			pause.Reset(2 * time.Second)
		case <-ctx.Done():
			return
		}
		if conn != nil {
			if _, err := conn.Write([]byte("G")); err != nil {
				conn.Close()
				conn = nil
			}
		}
		if conn == nil {
			conn, _ = from.DialContext(ctx, "tcp", to) // it tries again
		}
	}
}

// asks is 1 if a host is answered.
func asks(t *testing.T, from *fabric.Host, at string) int {
	conn, err := from.DialContext(t.Context(), "tcp", at)
	if err != nil {
		return 0
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return 0
	}
	if answer, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || answer.StatusCode != http.StatusOK {
		return 0
	}
	return 1
}
