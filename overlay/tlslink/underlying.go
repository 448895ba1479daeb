package tlslink

import (
	"context"
	"fmt"
	"net"
	"time"
)

// underlying is the connection below a TLS one. Until finish it counts what is
// read, and gives its turn on a processor away while it waits for the network.
type underlying struct {
	net.Conn
	prefix []byte // read already, comes first

	// Below: of the handshake, which one goroutine makes.
	turns *turns // nil when it is over
	ctx   context.Context
	left  int           // bytes that may still be read
	turn  bool          // one is taken
	since time.Time     // that it was taken
	heard bool          // something was read
	pause time.Duration // before the next write, once something was
}

// NetConn is what is below.
func (u *underlying) NetConn() net.Conn { return u.Conn }

// take waits for a turn to compute.
func (u *underlying) take() error {
	if err := u.turns.take(u.ctx); err != nil {
		return err
	}
	u.turn, u.since = true, time.Now()
	return nil
}

func (u *underlying) give() {
	if u.turn {
		u.turn = false
		u.turns.give(u.since)
	}
}

// finish ends the handshake: from now on bytes pass as they come.
func (u *underlying) finish() {
	u.give()
	u.turns, u.ctx = nil, nil
}

// rest keeps the pause, once.
func (u *underlying) rest() {
	if u.pause > 0 {
		select {
		case <-time.After(u.pause):
		case <-u.ctx.Done():
		}
		u.pause = 0
	}
}

// Read implements net.Conn.
func (u *underlying) Read(b []byte) (int, error) {
	if u.turns == nil {
		return u.read(b)
	}
	if u.left == 0 {
		return 0, fmt.Errorf("handshake of more than %d bytes", maxHandshake)
	}
	u.give()
	n, err := u.read(b[:min(len(b), u.left)])
	u.left -= n
	u.heard = true
	if turn := u.take(); err == nil {
		err = turn
	}
	return n, err
}

func (u *underlying) read(b []byte) (int, error) {
	if len(u.prefix) > 0 {
		n := copy(b, u.prefix)
		if u.prefix = u.prefix[n:]; len(u.prefix) == 0 {
			u.prefix = nil
		}
		return n, nil
	}
	return u.Conn.Read(b)
}

// Write implements net.Conn.
func (u *underlying) Write(b []byte) (int, error) {
	if u.turns == nil {
		return u.Conn.Write(b)
	}
	u.give()
	if u.heard {
		u.rest()
	}
	n, err := u.Conn.Write(b)
	if turn := u.take(); err == nil {
		err = turn
	}
	return n, err
}
