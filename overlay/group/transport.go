package group

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"

	"filbert/overlay/identity"
)

// transport is memberlist's way to the network. Addresses are those of addressOf and say
// nothing: names are peer IDs.
type transport struct{ g *Group }

var _ memberlist.NodeAwareTransport = transport{}

// FinalAdvertiseAddr is our address that is none.
func (t transport) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	return addressOf(t.g.self), addressPort, nil
}

// WriteTo and DialTimeout are for who knows an address and no name: nobody does.
func (transport) WriteTo([]byte, string) (time.Time, error) { return time.Time{}, refused(NotMember) }

// DialTimeout is refused; see WriteTo.
func (transport) DialTimeout(string, time.Duration) (net.Conn, error) { return nil, refused(NotMember) }

// PacketCh is where datagrams come out.
func (t transport) PacketCh() <-chan *memberlist.Packet { return t.g.packets }

// StreamCh is where streams come out.
func (t transport) StreamCh() <-chan net.Conn { return t.g.streams }

// Shutdown has nothing to do: the group closes what is open.
func (transport) Shutdown() error { return nil }

// WriteToAddress sends a datagram of memberlist's.
func (t transport) WriteToAddress(b []byte, to memberlist.Address) (time.Time, error) {
	p, err := identity.ParsePeerID(to.Name)
	if err != nil {
		return time.Time{}, fmt.Errorf("group: send: %w", err)
	}
	err = t.g.send(p, kindSwim, b)
	if err != nil && ReasonOf(err) != NoKey {
		// As if it were lost: memberlist suspects nobody to whom it could not send.
		t.g.log.Trace().Err(err).Stringer("peer", p).Msg("not sent")
		err = nil
	}
	return time.Now(), err
}

// DialAddressTimeout opens a stream for memberlist.
func (t transport) DialAddressTimeout(to memberlist.Address, timeout time.Duration) (net.Conn, error) {
	p, err := identity.ParsePeerID(to.Name)
	if err != nil {
		return nil, fmt.Errorf("group: dial: %w", err)
	}
	g := t.g
	g.mu.Lock()
	why := g.mayLocked(p)
	g.mu.Unlock()
	if why != Fine {
		return nil, refused(why)
	}
	ctx, cancel := context.WithTimeout(g.ctx, min(timeout, helloTime))
	defer cancel()
	c, err := g.dial(ctx, p, forGossip)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	held := g.budget.hold(gossipCharge)
	g.mu.Unlock()
	if !held {
		c.Close()
		return nil, refused(Busy)
	}
	return g.watch(&inspected{Conn: c, g: g, free: func() { g.budget.held -= gossipCharge }})
}

// inspected is a stream for memberlist, which reads one message of it: that is looked into
// first.
type inspected struct {
	net.Conn
	g      *Group
	label  bool   // whether a label comes before it, as from who dialed
	free   func() // gives back what was charged, under the group's mutex
	once   sync.Once
	in     []byte // what memberlist has not read
	looked bool
}

// Read gives memberlist what was found to be fine.
func (c *inspected) Read(b []byte) (int, error) {
	if !c.looked {
		c.looked = true
		in, why, err := c.look()
		if err != nil {
			return 0, err
		}
		if why != Fine {
			c.g.refuse(why)
			return 0, refused(why)
		}
		c.in = in
	}
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.in)
	c.in = c.in[n:]
	return n, nil
}

// look reads the message.
func (c *inspected) look() ([]byte, Reason, error) {
	ring := c.g.ring.Load()
	head := 5
	if c.label {
		head += 2 + len(ring.label)
	}
	b := make([]byte, head)
	if _, err := io.ReadFull(c.Conn, b); err != nil {
		return nil, Fine, err
	}
	message := b[head-5:]
	if c.label && (b[0] != swimLabel || int(b[1]) != len(ring.label) || string(b[2:head-5]) != ring.label) {
		return nil, OtherGroup, nil
	}
	n := binary.BigEndian.Uint32(message[1:])
	if n > maxGossipStream {
		return nil, TooMany, nil
	}
	b = append(b, make([]byte, n)...)
	if _, err := io.ReadFull(c.Conn, b[head:]); err != nil {
		return nil, Fine, err
	}
	return b, ring.stream(b[head-5:]), nil
}

// Close ends the stream and gives back what it was charged.
func (c *inspected) Close() error {
	c.once.Do(func() {
		c.g.mu.Lock()
		c.free()
		delete(c.g.open, c)
		c.g.mu.Unlock()
	})
	return c.Conn.Close()
}

// watch notes a stream that the end of the group shall close.
func (g *Group) watch(c *inspected) (net.Conn, error) {
	g.mu.Lock()
	ended := g.ctx.Err() != nil
	if !ended {
		g.open[c] = true
	}
	g.mu.Unlock()
	if ended {
		return nil, errors.Join(net.ErrClosed, c.Close())
	}
	return c, nil
}
