package overlay

import (
	"context"
	"errors"
	"net/netip"

	"filbert/overlay/identity"
	"filbert/overlay/link"
	"filbert/overlay/qrp"
	"filbert/overlay/wire"
)

// hitBuffer is how many hits wait for the one who searches.
const hitBuffer = 256

// Search sends a query with a TTL, 0 = the configured one, and returns the hits as
// they come. The channel is closed when ctx ends, at the latest with the overlay.
func (o *Overlay) Search(ctx context.Context, query wire.Query, ttl wire.TTL) (<-chan *Hit, error) {
	hits := make(chan *Hit, hitBuffer)
	err := o.run(ctx, func() {
		if o.ended {
			close(hits)
			return
		}
		o.nextID++
		id := o.nextID
		o.searches[id] = hits
		o.step(&Search{ID: id, Query: query, TTL: ttl})
		context.AfterFunc(ctx, func() {
			o.post(letter{call: func() {
				if o.searches[id] != nil {
					o.step(&EndSearch{id})
					delete(o.searches, id)
					close(hits)
				}
			}})
		})
	})
	if err != nil {
		return nil, err
	}
	return hits, nil
}

// Seed names a host that the user trusts to be there; a link to it is opened.
func (o *Overlay) Seed(addr netip.AddrPort) error { return o.tell(&Connect{Addr: addr}) }

// ErrOwnAddress says that a host to connect to is this node.
var ErrOwnAddress = errors.New("that is this node itself")

// Connect opens a link to a host, whatever the number of neighbors, and waits
// until it is up. The error tells why it is not: that of the connection, a
// *handshake.RefusedError, a *handshake.TurnedAwayError or ErrOwnAddress.
func (o *Overlay) Connect(ctx context.Context, addr netip.AddrPort) error {
	return o.connect(ctx, &Connect{Addr: addr})
}

// ConnectTLS is Connect with TLS from the first byte on, for a host that is known
// to take it; where that fails it goes on without.
func (o *Overlay) ConnectTLS(ctx context.Context, addr netip.AddrPort) error {
	return o.connect(ctx, &Connect{Addr: addr, TLS: true})
}

// ErrUnproven is an error of ConnectPeer: there is a link to that host, over which the peer
// that is wanted has not proven its ID.
var ErrUnproven = errors.New("there is a link, to who did not prove to be that peer; disconnect it first")

// ErrShort is an error of ConnectPeer: a link stood, and was gone when it was looked at.
var ErrShort = errors.New("the link ended as soon as it stood; try again")

// ConnectPeer is Connect to a host that must prove to be a peer.
func (o *Overlay) ConnectPeer(ctx context.Context, addr netip.AddrPort, peer identity.PeerID) error {
	if err := o.connect(ctx, &Connect{Addr: addr, Peer: peer}); err != nil {
		return err
	}
	linked, proven := false, false
	err := o.run(ctx, func() {
		n := o.core.neighborAt(addr)
		linked = n != nil
		proven = linked && n.terms.ID == peer
	})
	switch {
	case err != nil:
		return err
	case !linked:
		return ErrShort
	case !proven:
		return ErrUnproven
	}
	return nil
}

func (o *Overlay) connect(ctx context.Context, ev *Connect) error {
	addr := ev.Addr
	result := make(chan error, 1)
	err := o.run(ctx, func() {
		switch {
		case o.ended:
			result <- ErrClosed
		case o.core.neighborAt(addr) != nil:
			result <- nil
		case o.core.self.is(addr):
			result <- ErrOwnAddress
		default:
			o.waiting[addr] = append(o.waiting[addr], result)
			o.step(ev)
		}
	})
	if err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-o.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// resolve tells those who wait for a link to a host how it went.
func (o *Overlay) resolve(addr netip.AddrPort, err error) {
	for _, result := range o.waiting[addr] {
		result <- err // has room for it
	}
	delete(o.waiting, addr)
}

// Disconnect ends the link to a host.
func (o *Overlay) Disconnect(addr netip.AddrPort) error { return o.tell(&Disconnect{addr}) }

// Learn takes hosts that teller told of, be it a host cache or the hosts
// themselves; they are judged like those that neighbors tell.
func (o *Overlay) Learn(hosts []netip.AddrPort, teller netip.Addr) error {
	return o.tell(&Learned{hosts, teller})
}

// SetWant sets how many neighbors the node dials for.
func (o *Overlay) SetWant(n int) error { return o.tell(&Want{n}) }

// Recheck has neighbors asked to call us, if that would be news: what was in the way
// of it may be gone.
func (o *Overlay) Recheck() error { return o.tell(&Recheck{}) }

// SetMapped tells where a router forwards our port from; see Mapped.
func (o *Overlay) SetMapped(addr netip.Addr) error { return o.tell(&Mapped{addr}) }

// Doubt tells that a connection broke; see Doubt.
func (o *Overlay) Doubt() error { return o.tell(&Doubt{}) }

// Moved tells that we have another address; see Moved.
func (o *Overlay) Moved() error { return o.tell(&Moved{}) }

// Retry tells that what failed may not fail any more; see Retry.
func (o *Overlay) Retry() error { return o.tell(&Retry{}) }

// SetThrift tells whether bytes are to be saved; see Thrift.
func (o *Overlay) SetThrift(on bool) error { return o.tell(&Thrift{on}) }

// Observed tells what somebody outside says of where he sees us; see Observed.
func (o *Overlay) Observed(by, seen netip.Addr) error { return o.tell(&Observed{by, seen}) }

// SetRelayed tells how the node is reached over relays; see Relayed.
func (o *Overlay) SetRelayed(r wire.Relayed) error { return o.tell(&Relayed{r}) }

// SetSharing tells what the node shares.
func (o *Overlay) SetSharing(files int, kib int64) error { return o.tell(&Sharing{files, kib}) }

// SetRouting tells the words of what the node shares; see Routing.
func (o *Overlay) SetRouting(t *qrp.Table) error { return o.tell(&Routing{t}) }

// Waiting implements Lines.
func (o *Overlay) Waiting(id link.ID) int {
	if p := o.ports[id]; p != nil {
		return p.queue.Len() + p.link.Pending()
	}
	return 0
}

func (o *Overlay) tell(ev Event) error {
	if !o.post(letter{event: ev}) {
		return ErrClosed
	}
	return nil
}

// Status is a picture of the overlay: the Core's, and what its links hold.
type Status struct {
	View
	QueueDrops link.Drops      // of all links, those that are gone included
	Waiting    map[link.ID]int // bytes that wait for each link
	Carried    map[link.ID]Carried
	Packets    Packets
}

// Carried is how many bytes a link took out of its connection and put into it,
// deflated where they are; those of its messages are in Neighbor.
type Carried struct{ In, Out uint64 }

// Status takes a picture.
func (o *Overlay) Status(ctx context.Context) (Status, error) {
	var s Status
	err := o.run(ctx, func() {
		s.View = o.core.View()
		s.QueueDrops = o.queued
		s.Waiting = make(map[link.ID]int, len(o.ports))
		s.Carried = make(map[link.ID]Carried, len(o.ports))
		for id, p := range o.ports {
			addDrops(&s.QueueDrops, p.queue.Drops())
			s.Waiting[id] = p.queue.Len() + p.link.Pending()
			in, out := p.link.Carried()
			s.Carried[id] = Carried{in, out}
		}
	})
	if err != nil {
		return Status{}, err // the loop may still be at s
	}
	s.Packets = o.counts.load()
	return s, nil
}

// Hosts is the known hosts as bytes, for Options.Known of the next start. It may
// also be called when Run is over.
func (o *Overlay) Hosts(ctx context.Context) ([]byte, error) {
	var b []byte
	err := o.run(ctx, func() { b = o.core.Hosts() })
	if errors.Is(err, ErrClosed) {
		select {
		case <-o.gone:
			return o.core.Hosts(), nil
		case <-ctx.Done():
		}
	}
	if err != nil {
		return nil, err // the loop may still be at b
	}
	return b, nil
}
