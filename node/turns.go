package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/nat/punch"
	"filbert/nat/turn"
	"filbert/node/doctor"
	"filbert/overlay/bootstrap"
)

// turns is the node's address at a TURN server of the settings, by which peers reach us
// whose NAT and ours no hole leads through. There is one for all of them, from when the
// first attempt needs it until no path leads over it, and another when it is full.
type turns struct {
	servers  []turn.Server
	only6    bool // IPv4 is not reached
	resolver bootstrap.Resolver
	listen   func(ctx context.Context) (net.PacketConn, error) // another port of ours
	log      zerolog.Logger
	asking   chan struct{} // full while a server is asked

	mu     sync.Mutex // Below.
	next   int        // server to ask first
	now    *detour
	full   []*detour // that have no room for more peers; at most maxFullTURN
	failed time.Time // when the servers were asked in vain
	last   turned    // what came of the last question
}

// detour is an address at a server, with who uses it.
type detour struct {
	*punch.Detour
	conn  *turn.Allocation
	users int // guarded by turns.mu
}

// turned is what came of asking a server.
type turned struct {
	server turn.Server
	err    error
}

// openTurns prepares. No server is asked until an attempt needs one.
func (n *Node) openTurns() *turns {
	t := &turns{
		servers: n.cfg.TURNServers, only6: onlyIPv6(n.addr.Addr()), resolver: n.cfg.Resolver, listen: n.stuns.listen, log: n.log,
		asking: make(chan struct{}, 1),
	}
	if t.resolver == nil {
		t.resolver = net.DefaultResolver
	}
	return t
}

// take gives the address to one who uses it, nil if there is none. release ends that.
func (t *turns) take(ctx context.Context, p *punch.Puncher) *detour {
	if len(t.servers) == 0 {
		return nil
	}
	select {
	case t.asking <- struct{}{}:
		defer func() { <-t.asking }()
	case <-ctx.Done():
		return nil
	}
	d, rested := t.hold()
	for range min(len(t.servers), maxAskedTURN) {
		if d != nil || !rested {
			break
		}
		d = t.ask(ctx, p)
	}
	return d
}

// hold gives the address that is there. If there is none it tells whether servers may
// be asked again.
func (t *turns) hold() (d *detour, rested bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now != nil && !t.now.conn.Room() {
		if len(t.full) == maxFullTURN {
			return nil, false
		}
		t.full, t.now = append(t.full, t.now), nil
	}
	if t.now != nil {
		t.now.users++
		return t.now, false
	}
	return nil, t.failed.IsZero() || time.Since(t.failed) >= turnRest
}

// ask asks the next server.
func (t *turns) ask(ctx context.Context, p *punch.Puncher) *detour {
	t.mu.Lock()
	server := t.servers[t.next%len(t.servers)]
	t.mu.Unlock()
	began := time.Now()
	d, err := t.allocate(ctx, p, server)
	t.log.Debug().Err(err).Stringer("server", server).Dur("took", time.Since(began)).Msg("asked a TURN server for an address")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = turned{server, err}
	if err != nil {
		t.next++
		t.failed = time.Now()
		return nil
	}
	d.users = 1
	t.now, t.failed = d, time.Time{}
	return d
}

func (t *turns) allocate(ctx context.Context, p *punch.Puncher, server turn.Server) (*detour, error) {
	ctx, cancel := context.WithTimeout(ctx, turnTimeout)
	defer cancel()
	at, err := t.resolve(ctx, server.Addr())
	if err != nil {
		return nil, err
	}
	socket, err := t.listen(ctx)
	if err != nil {
		return nil, fmt.Errorf("node: TURN: %w", err)
	}
	conn, err := turn.Allocate(ctx, socket, at, server)
	if err != nil {
		return nil, err
	}
	d, err := p.Detour(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &detour{Detour: d, conn: conn}, nil
}

var errNoAddress = errors.New("node: TURN: the server has no address that we reach")

// resolve looks up a "host:port", which the settings have checked.
func (t *turns) resolve(ctx context.Context, addr string) (netip.AddrPort, error) {
	host, digits, err := net.SplitHostPort(addr)
	port, err2 := strconv.ParseUint(digits, 10, 16)
	if err != nil || err2 != nil {
		return netip.AddrPort{}, errNoAddress
	}
	ips := []netip.Addr{}
	if ip, err := netip.ParseAddr(host); err == nil {
		ips = append(ips, ip)
	} else if ips, err = t.resolver.LookupNetIP(ctx, "ip", host); err != nil {
		return netip.AddrPort{}, fmt.Errorf("node: TURN: %w", err)
	}
	for _, is4 := range []bool{true, false} { // NATs are of IPv4
		for _, ip := range ips {
			if ip = ip.Unmap(); ip.Is4() == is4 && (!is4 || !t.only6) {
				return netip.AddrPortFrom(ip, uint16(port)), nil
			}
		}
	}
	return netip.AddrPort{}, errNoAddress
}

// keep has a path hold what it leads over. An attempt holds it at the time.
func (t *turns) keep(over *punch.Detour) *detour {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range append(t.full, t.now) {
		if d != nil && over != nil && d.Detour == over {
			d.users++
			return d
		}
	}
	return nil
}

// release ends the use of an address; nil is none.
func (t *turns) release(d *detour) {
	if d != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		d.users--
	}
}

// sweep gives addresses back that nobody uses.
func (t *turns) sweep() {
	var unused []*detour
	t.mu.Lock()
	if d := t.now; d != nil && d.users == 0 {
		unused, t.now = append(unused, d), nil
	}
	t.full = slices.DeleteFunc(t.full, func(d *detour) bool {
		if d.users == 0 {
			unused = append(unused, d)
		}
		return d.users == 0
	})
	t.mu.Unlock()
	var work sync.WaitGroup
	for _, d := range unused {
		work.Go(func() { // the server has a second to answer
			if err := errors.Join(d.Close(), d.conn.Close()); err != nil {
				t.log.Debug().Err(err).Msg("an address at a TURN server is given back")
			}
		})
	}
	work.Wait()
}

// facts is the same for the doctor.
func (t *turns) facts() doctor.TURN {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := doctor.TURN{Servers: len(t.servers)}
	if f.Servers > 0 && t.last.server != (turn.Server{}) {
		f.Server = t.last.server.String()
	}
	if t.now != nil {
		f.At, f.Paths = t.now.Addr(), t.now.users
	}
	if t.last.err != nil {
		f.Failure = t.last.err.Error()
	}
	return f
}
