package relay

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"testing"
)

// TestShake has somebody else make the handshakes of circuits, at both ends.
func TestShake(t *testing.T) {
	inLab(t, ServerConfig{}, func(l *lab) {
		var servers, clients atomic.Int64
		counted := func(ctx context.Context, conn net.Conn, config *tls.Config, server bool) (*tls.Conn, error) {
			if server {
				servers.Add(1)
			} else {
				clients.Add(1)
			}
			return shakes(ctx, conn, config, server)
		}
		l.alice.client.Shake, l.bob.client.Shake = counted, counted
		ln := l.bob.listen()
		defer ln.Close()
		a, b := l.meet(ln)
		defer a.Close()
		defer b.Close()
		if servers.Load() != 1 || clients.Load() != 1 {
			l.Errorf("%d as server, %d as client", servers.Load(), clients.Load())
		}
		if !IsRelayed(a) || !IsRelayed(b) {
			l.Error("that they are relayed does not show")
		}
	})
}
