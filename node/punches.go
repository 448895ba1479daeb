package node

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/rs/zerolog"

	"filbert/nat"
	"filbert/nat/punch"
	"filbert/nat/socket"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// punches is the node's paths through NATs: opened from both ends after words that were
// exchanged over a relay or through a push proxy, and kept while they are used. Whoever is at
// the other end may fetch files over them.
type punches struct {
	socket *socket.Socket
	ids    *socket.IDs
	tls    *tls.Config // with the certificate of the identity's own key
	turn   func(ctx context.Context) (end func(), err error)
	relays *relays
	dials  *nat.Dialer // to push proxies
	turns  *turns
	local  func(ctx context.Context) punch.Local    // what we say of ourselves
	serve  func(ctx context.Context, conn net.Conn) // what comes over a path
	log    zerolog.Logger

	life context.Context // ends with run
	stop context.CancelFunc
	work sync.WaitGroup

	mu        sync.Mutex // Below.
	transport *quic.Transport
	puncher   *punch.Puncher             // nil until the first attempt
	paths     map[identity.PeerID]*hole  // ours, by who is reached
	holes     map[*hole]bool             // all, ours and those of others
	tried     map[identity.PeerID]*trial // the last, of those that failed or go on

	opened, failed, refused, received atomic.Uint64
	streams                           atomic.Uint64 // opened over paths, by either end
}

// trial is an attempt to open a path.
type trial struct {
	at   time.Time
	done chan struct{} // closed at its end
	err  error         // then
}

// goesOn reports whether it is not over.
func (t *trial) goesOn() bool {
	select {
	case <-t.done:
		return false
	default:
		return true
	}
}

// uses is how many streams were opened over paths so far, and whether one is in use.
func (p *punches) uses() (opened uint64, now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.holes {
		_, idle := w.idle()
		now = now || !idle
	}
	return p.streams.Load(), now
}

// PathStatus is what a node has of paths through NATs.
type PathStatus struct {
	Open           int    // now
	Relayed        int    // of these, over TURN servers, ours and those of peers
	Opened, Failed uint64 // attempts, ours and those of others
	Refused        uint64 // paths there was no room for
	Received       uint64 // bytes, over paths of ours
	Words          uint64 // passed on between others, as a push proxy
	WordsRefused   uint64 // talks that wanted that, or a path to us, and were too many or of no use
}

func (p *punches) status() PathStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	relayed := 0
	for w := range p.holes {
		if w.relayed {
			relayed++
		}
	}
	return PathStatus{Open: len(p.holes), Relayed: relayed, Opened: p.opened.Load(), Failed: p.failed.Load(), Refused: p.refused.Load(), Received: p.received.Load()}
}

// openPunches prepares. Nothing is listened to until somebody wants a path.
func (n *Node) openPunches() {
	p := &punches{
		socket: n.socket, ids: n.ids, tls: n.relays.tls, relays: n.relays, dials: n.dials, turns: n.openTurns(), local: n.punchLocal, log: n.log,
		turn: n.shaking.Turn, serve: n.serveConn,
		paths: map[identity.PeerID]*hole{}, holes: map[*hole]bool{}, tried: map[identity.PeerID]*trial{},
	}
	p.life, p.stop = context.WithCancel(context.Background())
	n.punches, n.relays.punches, n.stuns.punches = p, p, p
	n.asked = &asked{punches: p, key: n.cfg.face.SealKey(), talks: map[talkKey]chan []byte{}}
	n.punchProxy = newPunchProxy()
}

// run lasts until ctx ends, and closes paths that nobody uses any more.
func (p *punches) run(ctx context.Context) error {
	defer p.close()
	tick := time.NewTicker(punchPeriod)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.sweep(time.Now())
			p.turns.sweep()
		case <-ctx.Done():
			return nil
		}
	}
}

// start does something that lasts until the node ends, at the longest, unless that ends
// already.
func (p *punches) start(do func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life.Err() != nil {
		return false
	}
	p.work.Go(do)
	return true
}

// close ends everything.
func (p *punches) close() {
	p.mu.Lock()
	p.stop()
	for w := range p.holes {
		w.conn.Close()
	}
	puncher, transport := p.puncher, p.transport
	p.mu.Unlock()
	if puncher != nil {
		if err := puncher.Close(); err != nil {
			p.log.Debug().Err(err).Msg("paths through NATs are closed")
		}
	}
	p.work.Wait()
	p.turns.sweep()       // nobody uses it any more
	if transport != nil { // it tells no peer that connections end, so they have by now
		if err := transport.Close(); err != nil {
			p.log.Debug().Err(err).Msg("paths through NATs are closed")
		}
	}
}

// sweep closes idle paths, and forgets attempts that are long ago.
func (p *punches) sweep(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.holes { // a peer may keep one of its own open, and use none
		if since, ok := w.idle(); ok && now.Sub(since) > punchIdle {
			w.conn.Close() // its reader forgets it
		}
	}
	for peer, t := range p.tried {
		if now.Sub(t.at) > punchAgain {
			delete(p.tried, peer)
		}
	}
}

// leave closes all paths: they lead to where we are no longer. Attempts may be repeated.
func (p *punches) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.tried)
	clear(p.paths)
	for w := range p.holes {
		w.conn.Close() // its reader forgets it
	}
}

// ready returns the puncher, which the first call makes; nil once the node ends.
func (p *punches) ready() *punch.Puncher {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.puncher != nil || p.life.Err() != nil {
		return p.puncher
	}
	transport := &quic.Transport{Conn: p.socket.PacketConn(socket.QUIC), ConnectionIDGenerator: p.ids}
	puncher, err := punch.New(punch.Config{Transport: transport, Client: p.tls, Server: p.tls, Turn: p.turn, Deliver: true})
	if err != nil {
		p.log.Warn().Err(err).Msg("no paths through NATs")
		return nil
	}
	p.transport, p.puncher = transport, puncher
	return puncher
}

// deliver takes a datagram that looks like a STUN indication, as probes do.
func (p *punches) deliver(b []byte, from netip.AddrPort) {
	p.mu.Lock()
	puncher := p.puncher
	p.mu.Unlock()
	if puncher != nil {
		puncher.Deliver(b, from)
	}
}

// leads reports whether there is a path to a peer.
func (p *punches) leads(peer identity.PeerID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.paths[peer] != nil
}

// why is why no path leads to a peer, empty if one does, which may lead over a TURN
// server.
func (p *punches) why(peer identity.PeerID) (why string, relayed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, tried := p.tried[peer]
	switch w := p.paths[peer]; {
	case w != nil:
		return "", w.relayed
	case peer == (identity.PeerID{}):
		return "its key is not known", false
	case tried:
		return "no hole came about of late, or one is being opened", false
	}
	return "holes are opened by words over a relay, while it carries bytes, or through a push proxy that passes them on", false
}

// mayOpen reports whether a path to a peer may be opened now, by words through its push
// proxies, or is being opened.
func (p *punches) mayOpen(to *nat.Peer) bool {
	peer := identity.PeerID(to.Key)
	if len(to.PunchProxies) == 0 || peer.GUID() != to.Servent {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tried[peer]
	return t == nil && len(p.tried) < maxPunches || t != nil && t.goesOn()
}

// pathTo is the path that leads to a peer, nil if none does.
func (p *punches) pathTo(peer identity.PeerID) *hole {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.paths[peer]
}

// connect opens a stream over the path to a source. If there is none one is opened, by words
// through its push proxies.
func (p *punches) connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	peer := identity.PeerID(src.Peer)
	w := p.pathTo(peer)
	if w == nil {
		t := p.begin(src, false)
		if t == nil {
			return nil, errNoPath
		}
		select {
		case <-t.done:
		case <-ctx.Done():
			return nil, ctx.Err() // what is opened is of use to who comes next
		}
		if w = p.pathTo(peer); w == nil {
			return nil, fmt.Errorf("%w: %w", errNoPath, orClosed(t.err))
		}
	}
	w.open.Add(1)
	p.streams.Add(1)
	conn, err := w.conn.Open(ctx)
	if err != nil {
		w.done()
		return nil, err
	}
	return &pathConn{Conn: conn, hole: w, received: &p.received}, nil
}

var (
	errNoPath   = errors.New("no path was opened")
	errPathGone = errors.New("it is closed already")
)

// orClosed is why there is no path when an attempt is over.
func orClosed(err error) error {
	if err == nil {
		return errPathGone
	}
	return err
}

// begin tries to open a path to a source, by words over a relay if we reach it so, unless
// that was tried of late. It does not wait. Without what it returns nothing was tried.
func (p *punches) begin(src transfer.Source, relayed bool) *trial {
	peer, now := identity.PeerID(src.Peer), time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tried[peer]; t != nil && (t.goesOn() || now.Sub(t.at) < punchAgain) {
		return t
	}
	if p.life.Err() != nil || p.paths[peer] != nil || len(p.tried) >= maxPunches {
		return nil
	}
	t := &trial{at: now, done: make(chan struct{})}
	p.tried[peer] = t
	p.work.Go(func() {
		defer close(t.done)
		ctx, cancel := context.WithTimeout(p.life, punchTimeout)
		defer cancel()
		if t.err = p.initiate(ctx, peer, src, relayed); t.err != nil {
			p.failed.Add(1)
			p.log.Debug().Err(t.err).Stringer("peer", peer).Msg("no path through the NATs")
		}
	})
	return t
}

// initiate opens a path to a peer, by words over a circuit of its own, or through a push
// proxy of the peer.
func (p *punches) initiate(ctx context.Context, peer identity.PeerID, src transfer.Source, relayed bool) error {
	puncher := p.ready()
	if puncher == nil {
		return errNoPath
	}
	words, end, err := p.words(ctx, peer, src, relayed)
	if err != nil {
		return err
	}
	defer end()
	local, release := p.withDetour(ctx, puncher) // as the peer does meanwhile
	defer release()
	conn, out, err := puncher.Initiate(ctx, words, local)
	p.log.Debug().Stringer("peer", peer).Stringer("outcome", out).Msg("punched")
	if err != nil {
		return err
	}
	p.keep(peer, conn, out)
	return nil
}

// withDetour is what we say of ourselves, with an address at a TURN server if it comes
// to that. The address is kept until release is called, or longer by a path.
func (p *punches) withDetour(ctx context.Context, puncher *punch.Puncher) (local punch.Local, release func()) {
	local = p.local(ctx)
	var taken *detour
	local.Detour = func(ctx context.Context) *punch.Detour {
		if taken == nil {
			taken = p.turns.take(ctx, puncher)
		}
		if taken == nil {
			return nil
		}
		return taken.Detour
	}
	return local, func() { p.turns.release(taken) }
}

// answer lets a peer that came over a relay open a path.
func (p *punches) answer(ctx context.Context, circuit net.Conn, in *bufio.Reader) {
	defer circuit.Close()
	p.respond(ctx, &signal{conn: circuit, in: in}, nil)
}

// respond lets a peer open a path, by words of which the first may be here already.
func (p *punches) respond(ctx context.Context, words punch.Signal, first []byte) {
	ctx, cancel := context.WithTimeout(ctx, punchTimeout)
	defer cancel()
	puncher := p.ready()
	if puncher == nil {
		return
	}
	local, release := p.withDetour(ctx, puncher)
	defer release()
	conn, out, err := puncher.Respond(ctx, words, local, first)
	p.log.Debug().Err(err).Stringer("outcome", out).Msg("a peer punches")
	if err != nil {
		p.failed.Add(1)
		return
	}
	p.keep(identity.PeerID{}, conn, out)
}

// roomLocked reports whether there is room for a path, and makes some: where there are
// too many, the one that is idle for longest goes. One host of others has few.
func (p *punches) roomLocked(new *hole) bool {
	same := 0
	var oldest *hole
	var since time.Time
	for w := range p.holes {
		if !w.ours && w.host == new.host {
			same++
		}
		if at, ok := w.idle(); ok && (oldest == nil || at.Before(since)) {
			oldest, since = w, at
		}
	}
	switch {
	case !new.ours && same >= maxPathsPerHost, len(p.holes) >= maxPaths && oldest == nil:
		p.refused.Add(1)
		return false
	case len(p.holes) >= maxPaths:
		oldest.conn.Close()
		delete(p.holes, oldest)
	}
	return true
}

// keep serves whoever is at the other end of a path until it is closed; we use it to
// reach the peer, if we know who that is.
func (p *punches) keep(peer identity.PeerID, conn *punch.Conn, out punch.Outcome) {
	w := &hole{conn: conn, host: addrOf(conn), ours: peer != identity.PeerID{}, relayed: out.Winner.Kind == punch.Relayed}
	w.used.Store(time.Now().UnixNano())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life.Err() != nil || !p.roomLocked(w) {
		conn.Close()
		return
	}
	p.opened.Add(1)
	p.holes[w] = true
	if peer != (identity.PeerID{}) {
		p.paths[peer] = w
		delete(p.tried, peer)
	}
	over := p.turns.keep(conn.Over())
	p.work.Go(func() {
		defer func() {
			conn.Close()
			p.turns.release(over)
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.holes, w)
			if p.paths[peer] == w {
				delete(p.paths, peer)
			}
		}()
		for {
			stream, err := conn.Accept(p.life)
			if err != nil {
				return
			}
			w.open.Add(1)
			p.streams.Add(1)
			p.work.Go(func() { p.serve(p.life, &pathConn{Conn: stream, hole: w}) })
		}
	})
}
