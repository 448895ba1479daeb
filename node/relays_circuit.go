package node

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"filbert/nat/relay"
	"filbert/node/events"
	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
)

// acceptCircuits serves those who come over a relay, until the reservation ends.
func (r *relays) acceptCircuits(ctx context.Context, circuits *sync.WaitGroup, l *relay.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				r.log.Debug().Err(err).Stringer("relay", l.Addr()).Msg("reservation is over")
				r.happened.relay(events.RelayLost, l.Addr().String(), err.Error())
			}
			return
		}
		c, ok := conn.(*relay.Conn)
		if !ok || r.serves.Load() >= maxCircuits {
			conn.Close()
			continue
		}
		r.serves.Add(1)
		circuits.Go(func() {
			defer r.serves.Add(-1)
			r.serve(ctx, c)
		})
	}
}

// serve reads the first line of a circuit and hands it over: to whoever serves files,
// or opens paths.
func (r *relays) serve(ctx context.Context, c *relay.Conn) {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	c.SetDeadline(time.Now().Add(handshake.Timeout)) // an error shows at the read
	in := bufio.NewReaderSize(c, firstBuffer)
	line, err := firstLine(in)
	if err == nil && string(line) == punchHello {
		r.punches.answer(ctx, c, in)
		return
	}
	if err == nil && isLine(line) {
		r.lines.accept(ctx, &circuit{Conn: c}, in)
		return
	}
	if err != nil || !isHTTP(line) || isProxyRequest(line) || !stop() ||
		!r.web.hand(ctx, httpConn(&circuit{Conn: c}, in, line)) {
		c.Close()
	}
}

// circuit is a connection that came over a relay. Its other end is who connected, so
// that slots and limits are his; but what the relay says of that makes nobody a
// neighbor on the local network who does not come from there.
type circuit struct{ *relay.Conn }

// RemoteAddr implements net.Conn.
func (c *circuit) RemoteAddr() net.Addr {
	if !c.From.IsValid() || hostcache.Class(c.From.Addr()) < hostcache.Class(c.Relay.Addr()) {
		return c.Conn.RemoteAddr()
	}
	return net.TCPAddrFromAddrPort(c.From)
}
