package space

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/transfer"
)

// Service is the service of lines over which members fetch files.
const Service = "files"

// What is said at the beginning of a line; see the package comment.
const (
	lineEnd  = "\r\n"
	helloLen = 56 + len(lineEnd)
	yes      = "OK" + lineEnd
	no       = "NO" + lineEnd
)

// errRefused: the other end says that it is not in the group, or that we are not.
var errRefused = errors.New("the peer refuses")

// call says which group a line is for, and waits for the answer.
func call(ctx context.Context, line net.Conn, id group.ID) error {
	defer context.AfterFunc(ctx, func() { line.Close() })()
	line.SetDeadline(time.Now().Add(helloTime)) // an error shows at the write
	if _, err := io.WriteString(line, id.String()+lineEnd); err != nil {
		return err
	}
	var said [len(yes)]byte
	if _, err := io.ReadFull(line, said[:]); err != nil {
		return err
	}
	if string(said[:]) != yes {
		return errRefused
	}
	return line.SetDeadline(time.Time{})
}

// Serve answers a peer on a line to Service, until the line is closed, ctx ends, or the peer
// is no member any more.
func (s *Spaces) Serve(ctx context.Context, peer identity.PeerID, line net.Conn) {
	defer line.Close()
	defer s.served.Add(-1)
	if s.served.Add(1) > maxServed {
		return
	}
	line.SetDeadline(time.Now().Add(helloTime)) // an error shows at the read
	var hello [helloLen]byte
	if _, err := io.ReadFull(line, hello[:]); err != nil {
		return
	}
	sp := s.greet(peer, string(hello[:]))
	if sp == nil {
		io.WriteString(line, no) // it is closed anyway
		return
	}
	if _, err := io.WriteString(line, yes); err != nil {
		return
	}
	line.SetDeadline(time.Time{}) // likewise
	held := sp.hold(line, peer)
	if !sp.listener.hand(ctx, held) {
		return
	}
	tick := time.NewTicker(memberEvery)
	defer tick.Stop()
	for sp.admits(peer) {
		select {
		case <-held.ended():
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// greet is the space that a peer may enter by what it said, nil if there is none.
func (s *Spaces) greet(peer identity.PeerID, hello string) *Space {
	if hello[helloLen-len(lineEnd):] != lineEnd {
		return nil
	}
	id, err := group.ParseID(hello[:helloLen-len(lineEnd)])
	if err != nil {
		return nil
	}
	if sp := s.Of(id); sp != nil && sp.admits(peer) {
		return sp
	}
	return nil
}

// memberConn is a connection with a member: nothing passes once it is one no more.
type memberConn struct {
	net.Conn
	space  *Space
	peer   identity.PeerID
	closed chan struct{}
	once   sync.Once
}

// held is a memberConn, which may carry only so much.
type held interface {
	net.Conn
	ended() <-chan struct{}
}

func (sp *Space) hold(line net.Conn, peer identity.PeerID) held {
	c := &memberConn{Conn: line, space: sp, peer: peer, closed: make(chan struct{})}
	if l, ok := line.(transfer.Limited); ok {
		return &limitedConn{c, l}
	}
	return c
}

// limitedConn is a memberConn over a relay.
type limitedConn struct {
	*memberConn
	transfer.Limited
}

func (c *memberConn) ended() <-chan struct{} { return c.closed }

// Proven implements upload.Proven.
func (c *memberConn) Proven() [32]byte { return c.peer }

// check ends the connection if the peer is no member any more.
func (c *memberConn) check() error {
	if c.space.admits(c.peer) {
		return nil
	}
	c.Close()
	return fmt.Errorf("space: %v: %w", c.peer, ErrNotMember)
}

// Read implements net.Conn.
func (c *memberConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if gone := c.check(); gone != nil {
		return 0, gone
	}
	return n, err
}

// Write implements net.Conn.
func (c *memberConn) Write(b []byte) (int, error) {
	if gone := c.check(); gone != nil {
		return 0, gone
	}
	return c.Conn.Write(b)
}

// CloseWrite ends our side, so that a refusal is read before the end.
func (c *memberConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// Close implements net.Conn.
func (c *memberConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// listener gives the connections of members to the server of a space.
type listener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newListener() *listener { return &listener{conns: make(chan net.Conn), done: make(chan struct{})} }

// hand passes a connection on, unless ctx or the listener ended first.
func (l *listener) hand(ctx context.Context, c net.Conn) bool {
	select {
	case l.conns <- c:
		return true
	case <-l.done:
	case <-ctx.Done():
	}
	return false
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr implements net.Listener: there is none.
func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
