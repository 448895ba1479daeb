package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat"
	"filbert/overlay/wire"
)

// pushes crosses firewalls by PUSH: it connects to those who asked us to, and
// serves them; and it asks servents that cannot be connected to for a
// connection, and waits for it on our port.
type pushes struct {
	dials   *nat.Dialer
	guid    wire.GUID
	agent   string
	log     zerolog.Logger
	serve   func(ctx context.Context, conn net.Conn) // those we connected to
	overlay pushOverlay
	counts  *muxCounts

	life  context.Context // ends with run
	stop  context.CancelFunc
	slots chan struct{} // holds one for each connection that is being opened
	work  sync.WaitGroup

	mu      sync.Mutex
	waiting map[wire.GUID][]*giver // guarded by mu, at most maxGivers in all
	givers  int                    // guarded by mu
}

// pushOverlay asks for pushes; *overlay.Overlay is one.
type pushOverlay interface {
	// AskPush asks a servent to connect to us, along the way its hits came.
	AskPush(ctx context.Context, servent wire.GUID, index uint32) error
	// PushFor asks a neighbor, whose push proxy we are, to connect to somebody.
	PushFor(ctx context.Context, servent wire.GUID, index uint32, to netip.AddrPort) error
	// CallFailed tells that somebody did not take the connection he asked for.
	CallFailed(to netip.AddrPort) error
	// Self is where we tell the other end of a connection that we listen.
	Self(ctx context.Context, conn net.Conn) (netip.AddrPort, error)
}

// giver is one wait for a servent to connect.
type giver struct{ conn chan net.Conn } // has room for one

func newPushes(cfg Config, dials *nat.Dialer, log zerolog.Logger, counts *muxCounts) *pushes {
	p := &pushes{
		dials: dials, guid: wire.GUID(cfg.face.GUID()), agent: cfg.agent(), log: log,
		counts: counts,
		slots:  make(chan struct{}, maxCalls), waiting: make(map[wire.GUID][]*giver),
	}
	p.life, p.stop = context.WithCancel(context.Background())
	return p
}

// run lasts until ctx ends and all connections that are being opened are given
// up.
func (p *pushes) run(ctx context.Context) error {
	<-ctx.Done()
	p.stop()
	p.work.Wait()
	return nil
}

// Call implements overlay.Caller: it connects to somebody who wants a file of
// ours and serves him, unless too many connections are being opened.
func (p *pushes) Call(to netip.AddrPort, index uint32) {
	select {
	case p.slots <- struct{}{}:
	default:
		p.counts.callsCrowded.Add(1)
		return
	}
	p.counts.calls.Add(1)
	p.work.Go(func() {
		defer func() { <-p.slots }()
		if err := p.call(p.life, to, index); err != nil {
			p.log.Debug().Err(err).Msg("push")
		}
	})
}

// call opens a connection that somebody asked for and gives it to the upload
// server. What is written first holds nothing that a peer told.
func (p *pushes) call(ctx context.Context, to netip.AddrPort, index uint32) error {
	dial, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := p.dials.DialContext(dial, "tcp", to.String())
	if err != nil {
		if ctx.Err() == nil {
			p.overlay.CallFailed(to) // fails when the overlay has ended
		}
		return fmt.Errorf("node: call %v: %w", to, err)
	}
	conn.SetDeadline(time.Now().Add(callTimeout)) // an error shows at the write
	if _, err := fmt.Fprintf(conn, "GIV %d:%X/file\n\n", index, p.guid[:]); err != nil {
		conn.Close()
		return fmt.Errorf("node: call %v: %w", to, err)
	}
	conn.SetDeadline(time.Time{}) // likewise
	p.work.Go(func() { p.serve(ctx, conn) })
	return nil
}

// wait begins to wait for a servent to connect; end must be called.
func (p *pushes) wait(servent wire.GUID) (*giver, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.givers == maxGivers {
		return nil, errManyGivers
	}
	p.givers++
	g := &giver{make(chan net.Conn, 1)}
	p.waiting[servent] = append(p.waiting[servent], g)
	return g, nil
}

// errManyGivers says that we wait for more servents than is good already.
var errManyGivers = errors.New("too many servents are asked to connect already")

// end ends a wait. A connection that came for it and was not taken is closed.
func (p *pushes) end(servent wire.GUID, g *giver) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.waiting[servent] {
		if other == g {
			p.remove(servent, i)
			return
		}
	}
	select {
	case conn := <-g.conn:
		conn.Close()
	default:
	}
}

// remove takes one wait out; the caller holds mu.
func (p *pushes) remove(servent wire.GUID, i int) *giver {
	list := p.waiting[servent]
	g := list[i]
	if list = append(list[:i:i], list[i+1:]...); len(list) > 0 {
		p.waiting[servent] = list
	} else {
		delete(p.waiting, servent)
	}
	p.givers--
	return g
}

// give hands a connection that a servent opened to the one who waits longest for
// it, and reports whether there is one.
func (p *pushes) give(servent wire.GUID, conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting[servent]) == 0 {
		return false
	}
	p.remove(servent, 0).conn <- conn // has room for it
	return true
}
