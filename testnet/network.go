package testnet

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"

	"filbert/node"
)

// plug is the network of one node. Pulling it is what a power cut is to a
// machine: all connections break at once and nothing goes out any more, not
// even a goodbye.
type plug struct {
	system node.System

	mu     sync.Mutex
	pulled bool
	open   map[net.Conn]struct{}
	others []interface{ Close() error }
}

func newPlug() *plug { return &plug{open: make(map[net.Conn]struct{})} }

var errPulled = errors.New("the plug is pulled")

// Listen implements node.Network.
func (p *plug) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	l, err := p.system.Listen(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.others = append(p.others, l)
	return &pluggedListener{l, p}, nil
}

// DialContext implements node.Network.
func (p *plug) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.system.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return p.add(conn)
}

// ListenPacket implements node.Network.
func (p *plug) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	pc, err := p.system.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.others = append(p.others, pc)
	return pc, nil
}

func (p *plug) add(conn net.Conn) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pulled {
		conn.Close()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETDOWN}
	}
	c := &pluggedConn{conn.(*net.TCPConn), p}
	p.open[c] = struct{}{}
	return c, nil
}

// pull breaks everything.
func (p *plug) pull() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pulled = true
	for conn := range p.open {
		c := conn.(*pluggedConn)
		c.SetLinger(0) // an error means it is closed already
		c.TCPConn.Close()
	}
	for _, c := range p.others {
		c.Close()
	}
}

func (p *plug) isPulled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pulled
}

// pluggedConn is a connection that breaks when the plug is pulled.
type pluggedConn struct {
	*net.TCPConn
	plug *plug
}

// Close implements net.Conn.
func (c *pluggedConn) Close() error {
	c.plug.mu.Lock()
	delete(c.plug.open, c)
	c.plug.mu.Unlock()
	return c.TCPConn.Close()
}

type pluggedListener struct {
	net.Listener
	plug *plug
}

// Accept implements net.Listener.
func (l *pluggedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c, err := l.plug.add(conn)
	if err != nil {
		return nil, errors.Join(errPulled, net.ErrClosed)
	}
	return c, nil
}
