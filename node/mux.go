package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat/proxy"
	"filbert/nat/relay"
	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/identity"
	"filbert/overlay/tlslink"
)

// mux serves the node's one TCP port: the first line of a connection says
// whether a servent wants to be a neighbor, fetches a file, brings one that it was
// asked for, or passes a push. A connection that opens with TLS says so inside it.
// It has one absolute deadline until it is handed over, holds little memory, and
// there is a bound on how many are in that state: when it is reached one goes that has
// not said a line, see victim.
type mux struct {
	log     zerolog.Logger
	links   linkAcceptor
	tls     *tlslink.Layer // nil when TLS is not spoken
	web     *webListener
	pushes  *pushes
	relays  *relays
	words   *punchProxy
	lines   *lines
	counts  *muxCounts
	work    sync.WaitGroup
	mu      sync.Mutex
	pending []*pendingConn // oldest first
}

// linkAcceptor takes connections that open with a Gnutella handshake;
// *overlay.Overlay is one.
type linkAcceptor interface {
	Accept(ctx context.Context, conn net.Conn, r *bufio.Reader, line string, deadline time.Time) error
	// Reached tells of a connection that came, of whatever kind. It does not wait.
	Reached(from netip.Addr)
}

// pendingConn is a connection that was not handed over yet.
type pendingConn struct {
	net.Conn
	addr   netip.Addr
	spoken bool // guarded by mux.mu: it has said its first line
}

func newMux(log zerolog.Logger, links linkAcceptor, layer *tlslink.Layer, web *webListener, pushes *pushes, relays *relays, words *punchProxy, lines *lines, counts *muxCounts) *mux {
	return &mux{log: log, links: links, tls: layer, web: web, pushes: pushes, relays: relays, words: words, lines: lines, counts: counts}
}

// serve accepts connections until ctx ends.
func (m *mux) serve(ctx context.Context, l net.Listener) error {
	defer m.work.Wait()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	var pause time.Duration
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default: // out of file descriptors, say: others must close some first
			pause = min(max(2*pause, minAcceptPause), maxAcceptPause)
			m.log.Warn().Err(err).Dur("pause", pause).Msg("accept")
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			continue
		}
		m.counts.accepted.Add(1)
		p := &pendingConn{Conn: conn, addr: addrOf(conn)}
		if !m.admit(p) {
			m.counts.crowded.Add(1)
			conn.Close()
			continue
		}
		m.work.Go(func() {
			defer m.forget(p)
			m.handle(ctx, p)
		})
	}
}

// admit keeps a place for a connection, at the cost of another if need be. One
// address may hold only some of the places, unless it is of a private network.
func (m *mux) admit(p *pendingConn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	same := 0
	for _, other := range m.pending {
		if other.addr == p.addr {
			same++
		}
	}
	if same >= maxPendingPerAddr && !hostcache.Class(p.addr).Local() {
		return false
	}
	if len(m.pending) >= maxPending {
		m.counts.evicted.Add(1)
		i := m.victim()
		m.pending[i].Close() // its goroutine forgets it
		m.pending = append(m.pending[:i], m.pending[i+1:]...)
	}
	m.pending = append(m.pending, p)
	return true
}

// victim is which connection makes room: of those that have not said a line the oldest, of
// the network that has the most of these. So who dribbles makes room for who speaks, and a
// network that opens many for who opens one. Called with mu held.
func (m *mux) victim() int {
	silent := map[netip.Prefix]int{}
	for _, p := range m.pending {
		if !p.spoken {
			silent[hostcache.Net(p.addr)]++
		}
	}
	victim, most := 0, 0
	for i, p := range m.pending {
		if n := silent[hostcache.Net(p.addr)]; !p.spoken && n > most {
			victim, most = i, n
		}
	}
	return victim
}

// spoke notes that a connection has said its first line.
func (m *mux) spoke(p *pendingConn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.spoken = true
}

func (m *mux) forget(p *pendingConn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, other := range m.pending {
		if other == p {
			m.pending = append(m.pending[:i], m.pending[i+1:]...)
			return
		}
	}
}

// handle reads the first line and hands the connection over. One that panics
// takes nobody with it.
func (m *mux) handle(ctx context.Context, p *pendingConn) {
	defer func() {
		if r := recover(); r != nil {
			m.counts.panics.Add(1)
			m.log.Error().Interface("panic", r).Str("peer", p.RemoteAddr().String()).Msg("connection handler panicked")
			p.Close()
		}
	}()
	deadline := time.Now().Add(handshake.Timeout)
	p.SetDeadline(deadline) // an error shows at the read
	stop := context.AfterFunc(ctx, func() { p.Close() })
	defer stop()

	conn, r, err := m.unwrap(ctx, p.Conn, deadline)
	var line []byte
	if err == nil {
		line, err = firstLine(r)
	}
	if err != nil {
		m.counts.malformed.Add(1)
		p.Close()
		return
	}
	m.spoke(p)
	m.links.Reached(p.addr)
	switch {
	case handshake.IsHello(string(line)):
		m.counts.links.Add(1)
		if err := m.links.Accept(ctx, conn, r, string(line), deadline); err != nil {
			var unproven *handshake.IdentityError
			if errors.As(err, &unproven) {
				m.counts.unproven.Add(1)
			}
			m.log.Debug().Err(err).Stringer("peer", p.RemoteAddr()).Msg("handshake")
		}
	case relay.IsHello(string(line)):
		m.counts.relayed.Add(1)
		if stop() {
			m.forget(p) // it stays for long
			m.relays.accept(ctx, conn, r, string(line))
		}
	case proxy.IsHello(string(line)):
		m.counts.words.Add(1)
		if stop() {
			m.forget(p) // it stays for a while
			m.words.accept(ctx, conn, r, string(line))
		}
	case isLine(line):
		m.counts.lines.Add(1)
		if stop() {
			m.forget(p) // it may stay for long
			m.lines.accept(ctx, conn, r)
		}
	case isGIV(line):
		m.counts.givs.Add(1)
		if !stop() || !m.pushes.taken(conn, r, line) {
			m.counts.givsUnknown.Add(1)
			p.Close()
		}
	case isHTTP(line) && isProxyRequest(line):
		m.counts.proxyRequests.Add(1)
		m.pushes.answerProxy(ctx, conn, r, line)
	case isHTTP(line) && m.unwanted(conn):
		m.counts.blocked.Add(1)
		io.WriteString(conn, "HTTP/1.1 403 Not wanted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") // it is closed anyway
		conn.Close()
	case isHTTP(line):
		m.counts.requests.Add(1)
		if !stop() || !m.web.hand(ctx, httpConn(conn, r, line)) {
			p.Close()
		}
	case len(line) == 0: // somebody was asked whether we can be reached
		m.counts.probes.Add(1)
		p.Close()
	default: // a protocol of later, or noise
		m.counts.unknown.Add(1)
		p.Close()
	}
}

// unwrap makes the handshake of a connection that opens with TLS, and returns
// what its first line is to be read from.
func (m *mux) unwrap(ctx context.Context, conn net.Conn, deadline time.Time) (net.Conn, *bufio.Reader, error) {
	r := bufio.NewReaderSize(conn, firstBuffer)
	if m.tls == nil {
		return conn, r, nil
	}
	hello, err := r.Peek(tlslink.HelloLen)
	if err != nil || !tlslink.IsHello(hello) {
		return conn, r, err
	}
	prefix, _ := r.Peek(r.Buffered())
	secured, err := m.tls.Server(ctx, conn, bytes.Clone(prefix), deadline)
	if err != nil {
		m.counts.tlsFailed.Add(1)
		return nil, nil, err
	}
	m.counts.tls.Add(1)
	secured.SetDeadline(deadline) // an error shows at the read
	return secured, bufio.NewReaderSize(secured, firstBuffer), nil
}

// unwanted reports whether the user blocked who has proven to fetch over a connection.
func (m *mux) unwanted(conn net.Conn) bool {
	peer, proven := identity.Fetcher(conn)
	return proven && m.lines.blocks(peer)
}

var errLongLine = errors.New("first line too long")

// firstLine reads up to the first line end and returns what is before it.
func firstLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case err != nil:
		return nil, err
	case len(line) > maxFirstLine:
		return nil, errLongLine
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

// isHTTP reports whether a line is the request line of an HTTP/1 request.
func isHTTP(line []byte) bool {
	return bytes.HasSuffix(line, []byte(" HTTP/1.1")) || bytes.HasSuffix(line, []byte(" HTTP/1.0"))
}

func addrOf(conn interface{ RemoteAddr() net.Addr }) netip.Addr {
	if a, ok := conn.RemoteAddr().(interface{ AddrPort() netip.AddrPort }); ok {
		return a.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
