package punch

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"filbert/testnet/fabric"
)

// TestConnectsInTurn: who connects has us compute in turn, and no more than a few times in
// a round, whether it means it or not; a stranger does not at all, though somebody is
// expected.
func TestConnectsInTurn(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		a, stranger := w.peer(aliceAddr), w.peer("203.0.113.77:6346")
		defer a.close()
		defer stranger.close()
		sock, err := w.net.Host(at(bobAddr).Addr()).ListenPacket(w.Context(), "udp", bobAddr)
		if err != nil {
			w.Fatal(err)
		}
		var began, ended atomic.Int64
		cfg, tr := certificate(w.T), &quic.Transport{Conn: sock}
		p, err := New(Config{Transport: tr, Client: cfg, Server: cfg, Turn: func(context.Context) (func(), error) {
			began.Add(1)
			return sync.OnceFunc(func() { ended.Add(1) }), nil
		}})
		if err != nil {
			w.Fatal(err)
		}
		b := &peer{Puncher: p, transport: tr, socket: sock, local: Local{Candidates: []Candidate{{Host, at(bobAddr)}}}}
		defer b.close()

		key, err := FingerprintOf(a.cfg.Client)
		if err != nil {
			w.Fatal(err)
		}
		waits := b.newAttempt(Responder, ID{1}, key, nil)
		waits.hear([]netip.AddrPort{at(aliceAddr)})
		if !b.enter(waits) {
			w.Fatal("no room for an attempt")
		}
		dial := func(from *peer, change func(*tls.Config)) {
			w.Helper()
			ctx, cancel := context.WithTimeout(w.Context(), 10*time.Second)
			defer cancel()
			config := pin(from.cfg.Client, func(Fingerprint) bool { return true })
			change(config)
			conn, err := from.transport.Dial(ctx, net.UDPAddrFromAddrPort(at(bobAddr)), config, quicConfig())
			if err == nil {
				<-conn.Context().Done() // it takes a round trip to be told
			}
		}
		speaksOther := func(c *tls.Config) { c.NextProtos = []string{"h3"} }
		for range 10 {
			dial(stranger, func(*tls.Config) {})
		}
		if began.Load() != 0 {
			w.Errorf("a stranger had %d turns", began.Load())
		}
		for range 10 {
			dial(a, speaksOther)
		}
		if began.Load() != maxConnects || ended.Load() != maxConnects {
			w.Errorf("who was expected began %d turns and ended %d", began.Load(), ended.Load())
		}
		b.leave(waits)

		sa, sb := wires(oneWay)
		ea, eb := w.punch(a, b, sa, sb)
		w.wantConnected(ea, eb)
		if began.Load() != maxConnects+1 || ended.Load() != began.Load() {
			w.Errorf("%d turns began, %d ended", began.Load(), ended.Load())
		}
	})
}
