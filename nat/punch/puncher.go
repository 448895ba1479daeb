package punch

import (
	"context"
	crand "crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/quic-go/quic-go"
)

// Signal carries messages between two peers that cannot reach one another yet. It
// may lose them, and deliver others; whoever carries them vouches for the key in
// them. Both methods end with their context. Receive is called by one goroutine.
type Signal interface {
	Send(ctx context.Context, message []byte) error
	Receive(ctx context.Context) ([]byte, error)
}

// Config is what a Puncher works with.
type Config struct {
	// Transport is that of the socket on which the candidates were found. It must
	// have no listener, and is not closed.
	Transport *quic.Transport

	// Client and Server show the certificate of the node. What else they say about
	// verification is replaced.
	Client, Server *tls.Config

	// Turn waits until the handshake of a peer that connects to us may compute; what it
	// returns ends that, and may be called twice. nil: it need not wait.
	Turn func(ctx context.Context) (end func(), err error)

	// Deliver says that the probes come by Puncher.Deliver, from who reads the
	// socket. Without, the Puncher reads whatever of the transport is not QUIC.
	Deliver bool
}

// Local is what a peer says about itself.
type Local struct {
	Candidates []Candidate
	Behaviour  Behaviour

	// Detour gives a socket at a third party, nil if there is none. It is asked for one
	// after a round in which no hole came about; nil is a function that has none.
	Detour func(ctx context.Context) *Detour
}

// Puncher opens paths from one socket.
type Puncher struct {
	cfg      Config
	key      Fingerprint
	listener *quic.Listener
	cancel   context.CancelFunc
	wg       sync.WaitGroup
	dropped  atomic.Int64

	mu      sync.Mutex
	waiting map[Fingerprint]*attempt // by the key of the peer
	byID    map[ID]*attempt
	closed  bool
}

// event is a datagram, or a connection, for an attempt.
type event struct {
	from netip.AddrPort
	data []byte
	conn *quic.Conn
	over *Detour // where it came, nil: to our socket
}

// New starts a Puncher; Close ends it.
func New(cfg Config) (*Puncher, error) {
	key, err := FingerprintOf(cfg.Client)
	if err != nil {
		return nil, err
	}
	if other, err := FingerprintOf(cfg.Server); err != nil || other != key {
		return nil, errors.Join(errors.New("punch: client and server must show the same key"), err)
	}
	p := &Puncher{cfg: cfg, key: key, waiting: map[Fingerprint]*attempt{}, byID: map[ID]*attempt{}}
	if p.listener, err = p.listen(cfg.Transport); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.wg.Go(func() { p.accept(ctx, p.listener, nil) })
	if !cfg.Deliver {
		p.wg.Go(func() { p.read(ctx, cfg.Transport, nil) })
	}
	return p, nil
}

// listen takes connections of peers that are expected.
func (p *Puncher) listen(t *quic.Transport) (*quic.Listener, error) {
	server := quicConfig()
	server.GetConfigForClient = func(info *quic.ClientInfo) (*quic.Config, error) {
		if !p.expecting(addrPort(info.RemoteAddr, netip.AddrPort{})) {
			return nil, errors.New("punch: nobody is expected from there")
		}
		return quicConfig(), nil
	}
	l, err := t.Listen(p.inTurn(pin(p.cfg.Server, p.expects)), server)
	if err != nil {
		return nil, fmt.Errorf("punch: listen: %w", err)
	}
	return l, nil
}

// Close ends the Puncher; attempts fail, connections stay.
func (p *Puncher) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	err := p.listener.Close()
	p.wg.Wait()
	return err
}

// Dropped counts the probes that found the inbox of their attempt full.
func (p *Puncher) Dropped() int64 { return p.dropped.Load() }

// Deliver takes a datagram, and reports whether it was a probe of an attempt. It
// does not block, and keeps nothing of data.
func (p *Puncher) Deliver(data []byte, from netip.AddrPort) bool {
	return p.deliver(data, from, nil)
}

func (p *Puncher) deliver(data []byte, from netip.AddrPort, over *Detour) bool {
	got, ok := parseProbe(data)
	if !ok {
		return false
	}
	p.mu.Lock()
	a := p.byID[got.id]
	p.mu.Unlock()
	if a == nil {
		return false
	}
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if !a.post(event{from: from, data: append([]byte(nil), data...), over: over}) {
		p.dropped.Add(1)
	}
	return true
}

// read delivers what a transport does not take for QUIC.
func (p *Puncher) read(ctx context.Context, t *quic.Transport, over *Detour) {
	b := make([]byte, probeSize+1)
	for {
		n, addr, err := t.ReadNonQUICPacket(ctx, b)
		if err != nil {
			return
		}
		if udp, ok := addr.(*net.UDPAddr); ok {
			p.deliver(b[:n], udp.AddrPort(), over)
		}
	}
}

// accept gives the connections of peers to the attempts that wait for them.
func (p *Puncher) accept(ctx context.Context, l *quic.Listener, over *Detour) {
	for {
		conn, err := l.Accept(ctx)
		if err != nil {
			return
		}
		p.mu.Lock()
		a := p.waiting[fingerprint(conn.ConnectionState().TLS.PeerCertificates[0])]
		p.mu.Unlock()
		if a == nil || a.role != Responder || !a.post(event{conn: conn, over: over}) {
			conn.CloseWithError(codeNobody, "nobody waits")
		}
	}
}

// expecting reports whether a peer may connect from an address now: it proved to be there,
// and has not begun too many connections. So strangers have us compute nothing.
func (p *Puncher) expecting(from netip.AddrPort) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.byID {
		if a.role == Responder && a.takes(from) {
			return true
		}
	}
	return false
}

// expects reports whether the peer with a key may connect now.
func (p *Puncher) expects(key Fingerprint) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting[key] != nil
}

// enter makes an attempt known to accept and Deliver.
func (p *Puncher) enter(a *attempt) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.waiting) == maxAttempts || p.waiting[a.peer] != nil || p.byID[a.id] != nil {
		return false
	}
	p.waiting[a.peer], p.byID[a.id] = a, a
	return true
}

func (p *Puncher) leave(a *attempt) {
	p.mu.Lock()
	delete(p.waiting, a.peer)
	delete(p.byID, a.id)
	p.mu.Unlock()
	a.drain()
}

// newRand is seeded from the system.
func newRand() *rand.Rand {
	var b [16]byte
	crand.Read(b[:])
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])))
}
