package group

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"filbert/overlay/identity"
)

// Config is what a Hub needs of its node.
type Config struct {
	Self    Signer
	Packets Packets
	Streams Streams
	Store   Store   // nil keeps nothing
	Witness Witness // nil: nobody hears what becomes of members
	Log     zerolog.Logger

	// Contact is what members are told of how we are reached, at most 512 bytes. It is
	// not looked into here.
	Contact []byte
}

// Hub runs the groups of one node, each apart from the others: they share the two ways to
// the network and nothing else.
type Hub struct {
	cfg Config
	ctx context.Context // ends when Run begins to end
	end context.CancelFunc
	wg  sync.WaitGroup

	pending chan struct{} // a place for each stream that has not said who calls

	contact atomic.Pointer[[]byte]

	mu     sync.Mutex // guards what follows; no call is made under it
	groups map[ID]*Group
	tags   map[Tag]*Group
}

// NewHub returns a hub. Groups can be opened when Run was called.
func NewHub(cfg Config) *Hub {
	h := &Hub{cfg: cfg, pending: make(chan struct{}, maxPending), groups: map[ID]*Group{}, tags: map[Tag]*Group{}}
	h.ctx, h.end = context.WithCancel(context.Background())
	h.SetContact(cfg.Contact)
	return h
}

// SetContact changes what members of groups that are opened from now on are told first of how we
// are reached; of those that are open, Group.SetContact does.
func (h *Hub) SetContact(contact []byte) {
	contact = append([]byte(nil), contact[:min(len(contact), maxMeta)]...)
	h.contact.Store(&contact)
}

// Run takes in what comes until ctx ends; then it closes all groups and both ways to the
// network, and waits.
func (h *Hub) Run(ctx context.Context) error {
	h.wg.Go(h.receive)
	h.wg.Go(h.accept)
	<-ctx.Done()
	h.end() // no group is opened from here on
	var all sync.WaitGroup
	for _, g := range h.Groups() {
		all.Go(g.Close)
	}
	all.Wait()
	err := errors.Join(h.cfg.Packets.Close(), h.cfg.Streams.Close())
	h.wg.Wait()
	return err
}

// Owns tells whether a datagram is one of the hub's groups, by its tag.
func (h *Hub) Owns(datagram []byte) bool { return h.tagged(datagram) != nil }

func (h *Hub) tagged(datagram []byte) *Group {
	if len(datagram) < Overhead {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tags[Tag(datagram[:len(Tag{})])]
}

// Groups are those that are open.
func (h *Hub) Groups() []*Group {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*Group, 0, len(h.groups))
	for _, g := range h.groups {
		out = append(out, g)
	}
	return out
}

// Group returns one that is open, or nil.
func (h *Hub) Group(id ID) *Group {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.groups[id]
}

// Open begins to take part in a group by what is known of it, and keeps that.
func (h *Hub) Open(s *State) (*Group, error) {
	if _, ok := s.Member(h.cfg.Self.PeerID()); !ok {
		return nil, fmt.Errorf("group: open: %w", refused(NotMember))
	}
	if err := h.save(s); err != nil {
		return nil, err
	}
	g := newGroup(h, s)
	tag := TagOf(g.id, g.self)
	h.mu.Lock()
	var err error
	switch {
	case h.ctx.Err() != nil:
		err = net.ErrClosed
	case h.groups[g.id] != nil:
		err = refused(IsMember)
	case len(h.groups) >= maxGroups:
		err = refused(TooMany)
	default:
		h.groups[g.id], h.tags[tag] = g, g
	}
	h.mu.Unlock()
	if err == nil {
		if err = g.start(); err != nil {
			h.drop(g)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("group: open: %w", err)
	}
	return g, nil
}

func (h *Hub) save(s *State) error {
	if h.cfg.Store == nil {
		return nil
	}
	if err := h.cfg.Store.Save(s.ID(), s.Encode()); err != nil {
		return fmt.Errorf("group: save: %w", err)
	}
	return nil
}

func (h *Hub) drop(g *Group) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.groups, g.id)
	delete(h.tags, TagOf(g.id, g.self))
}

// receive reads datagrams until the way is closed.
func (h *Hub) receive() {
	for {
		b, err := h.cfg.Packets.Receive()
		if err != nil {
			return
		}
		if g := h.tagged(b); g != nil {
			g.ingest(b)
		}
	}
}

// accept takes streams until the way is closed. Who finds no place is not heard.
func (h *Hub) accept() {
	for {
		c, err := h.cfg.Streams.Accept()
		if err != nil {
			return
		}
		select {
		case h.pending <- struct{}{}:
			h.wg.Go(func() { h.greet(c) })
		default:
			c.Close()
		}
	}
}

// greet finds out who calls, and for which group.
func (h *Hub) greet(c net.Conn) {
	hi, err := listen(c, h.cfg.Self, time.Now())
	<-h.pending
	var g *Group
	if err == nil {
		g = h.Group(hi.group)
	}
	if g == nil {
		c.Close()
		return
	}
	g.welcome(c, hi)
}

// dial opens a stream to a peer and says hello, each within some time.
func (h *Hub) dial(ctx context.Context, within time.Duration, to Ask, hi *hello) (net.Conn, error) {
	hi.acceptor = to.Peer
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c, err := h.cfg.Streams.Dial(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("group: dial: %w: %w", ErrUnreached, err)
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	err = call(c, h.cfg.Self, hi, time.Now())
	if err != nil && ReasonOf(err) == Fine {
		err = fmt.Errorf("%w: %w", ErrSilent, err)
	}
	if !stop() || err != nil {
		c.Close()
		return nil, errors.Join(err, ctx.Err())
	}
	return c, nil
}

// pause waits, and tells whether it was for as long as that.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// self is who runs the groups.
func (h *Hub) self() identity.PeerID { return h.cfg.Self.PeerID() }
