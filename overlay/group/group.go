package group

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/rs/zerolog"

	"filbert/overlay/identity"
)

// Group is one that its node takes part in. Its methods may be called by several goroutines.
//
// Its loop decides what is to be done and starts it; each exchange of records and each dial
// to who is away is a goroutine of its own, one of a kind at a time. memberlist has its own.
type Group struct {
	hub  *Hub
	id   ID
	self identity.PeerID
	log  zerolog.Logger

	ctx  context.Context // ends with Close
	end  context.CancelFunc
	once sync.Once
	wg   sync.WaitGroup
	wake chan struct{} // holds one: the loop has something to look at

	swim    *memberlist.Memberlist
	keyring *memberlist.Keyring
	packets chan *memberlist.Packet
	streams chan net.Conn
	contact atomic.Pointer[[]byte]
	refused [reasons]atomic.Uint64
	outcast atomic.Bool

	state atomic.Pointer[State] // never changed: a change puts another in its place
	ring  atomic.Pointer[ring]

	changing sync.Mutex // held by who changes the state, disk included

	mu         sync.Mutex // guards what follows; no call is made under it
	keys       []heldKey  // the one in use first, then those that are still read
	blind      bool       // there is no key that we may use
	closing    bool
	gossipOut  *Sealer
	gossipIn   *Opener
	messageOut *Sealer
	messageIn  *Opener
	present    map[identity.PeerID]*presence
	budget     budget
	joins      bucket
	open       map[*inspected]bool
	odd        map[identity.PeerID]time.Time // until when a peer's records are not asked for
	differs    identity.PeerID               // a member whose records are others than ours
	lost       bool                          // a datagram came with a key that we lack
	news       bool                          // others are to hear of what we have
	exchanging bool
	exchanged  time.Time
	dialing    int
	dialed     time.Time
	stale      time.Time // since when the key should be replaced
	rotated    time.Time // when we last did so by ourselves
}

// heldKey is a key and until when it is read; the one in use has no end.
type heldKey struct {
	EpochKey
	until time.Time
}

func newGroup(h *Hub, s *State) *Group {
	now := time.Now()
	g := &Group{
		hub: h, id: s.ID(), self: h.self(),
		log:     h.cfg.Log.With().Str("group", s.ID().String()[:8]).Logger(),
		wake:    make(chan struct{}, 1),
		packets: make(chan *memberlist.Packet, packetQueue),
		streams: make(chan net.Conn),
		present: map[identity.PeerID]*presence{},
		open:    map[*inspected]bool{},
		odd:     map[identity.PeerID]time.Time{},

		gossipOut:  NewSealer(h.cfg.Self, s.ID(), Gossip, rand.Reader, now),
		gossipIn:   NewOpener(h.self(), s.ID(), Gossip, now),
		messageOut: NewSealer(h.cfg.Self, s.ID(), Message, rand.Reader, now),
		messageIn:  NewOpener(h.self(), s.ID(), Message, time.Time{}),
	}
	g.ctx, g.end = context.WithCancel(context.WithoutCancel(h.ctx)) // Close says goodbye first
	g.contact.Store(h.contact.Load())
	g.state.Store(s)
	return g
}

// start joins the members that can be reached.
func (g *Group) start() error {
	var none Key // until there is one memberlist is given a key that nobody has
	rand.Read(none[:])
	var err error
	if g.keyring, err = memberlist.NewKeyring(nil, swimKey(none)); err != nil {
		return err
	}
	g.rekey()
	told := g.contact.Load()
	swim, err := memberlist.Create(swimConfig(g, g.keyring))
	if err != nil {
		return err
	}
	g.mu.Lock()
	closing := g.closing
	if !closing {
		g.swim = swim
		g.wg.Go(g.loop)
	}
	g.mu.Unlock()
	switch {
	case closing:
		return errors.Join(net.ErrClosed, swim.Shutdown())
	case g.contact.Load() != told: // it was changed when there was nobody yet to tell it to
		if err := swim.UpdateNode(leaveTime); err != nil {
			g.log.Debug().Err(err).Msg("members were not told how we are reached")
		}
	}
	return nil
}

// Close tells the others that we go, and ends what runs. What memberlist has begun ends within
// helloTime by itself: it waits for nothing.
func (g *Group) Close() {
	g.once.Do(func() {
		defer g.hub.drop(g)
		g.changing.Lock() // a change that has begun is kept, and none after it
		g.mu.Lock()
		g.closing = true
		started := g.swim != nil
		g.mu.Unlock()
		g.changing.Unlock()
		if !started {
			g.end()
			return
		}
		if err := g.swim.Leave(leaveTime); err != nil {
			g.log.Debug().Err(err).Msg("nobody was told that we go")
		}
		g.end()
		if err := g.swim.Shutdown(); err != nil {
			g.log.Debug().Err(err).Msg("membership did not end well")
		}
		g.mu.Lock()
		open := make([]*inspected, 0, len(g.open))
		for c := range g.open {
			open = append(open, c)
		}
		g.mu.Unlock()
		for _, c := range open {
			c.Close()
		}
		g.wg.Wait()
	})
}

// ID names the group.
func (g *Group) ID() ID { return g.id }

// State is what is known of the group. It must not be changed: what changes the group are the
// methods of Group.
func (g *Group) State() *State { return g.state.Load() }

// Outcast tells whether the member that we spoke to last says that we were expelled. The
// record of that is kept from us, so it is that member's word alone.
func (g *Group) Outcast() bool { return g.outcast.Load() }

// Presence is a member and whether it is there.
type Presence struct {
	Member
	Online  bool
	Contact []byte // how it said, by the word of others, that it is reached
}

// Members are all members; we are there ourselves.
func (g *Group) Members() []Presence {
	now := time.Now()
	members := g.state.Load().Members()
	out := make([]Presence, len(members))
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, m := range members {
		out[i] = Presence{Member: m, Online: m.Peer == g.self}
		if p := g.present[m.Peer]; p != nil {
			out[i].Online, out[i].Contact = p.online(now), p.contact
		}
	}
	return out
}

// SetContact changes what members are told of how we are reached.
func (g *Group) SetContact(contact []byte) error {
	contact = append([]byte(nil), contact[:min(len(contact), maxMeta)]...)
	g.contact.Store(&contact)
	g.mu.Lock()
	swim := g.swim
	g.mu.Unlock()
	if swim == nil {
		return nil // start tells it
	}
	return swim.UpdateNode(leaveTime)
}

// Refused is how often something that came was refused, by reason.
func (g *Group) Refused() map[Reason]uint64 {
	out := map[Reason]uint64{}
	for i := range g.refused {
		if n := g.refused[i].Load(); n > 0 {
			out[Reason(i)] = n
		}
	}
	return out
}

// Seal closes a message for all members.
func (g *Group) Seal(payload []byte) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.blind {
		return nil, refused(NoKey)
	}
	return g.messageOut.Seal(g.keys[0].EpochKey, identity.PeerID{}, payload, time.Now())
}

// Unseal opens a message of a member, once.
func (g *Group) Unseal(b []byte) (Envelope, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e, why := g.messageIn.Open(b, g.role, time.Now())
	return e, refused(why)
}

// Invite opens an invite, of which the text is to be given to one person.
func (g *Group) Invite(role Role, life time.Duration, ask []Ask) (i Invite, err error) {
	err = g.change(func(s *State, now time.Time) (err error) {
		i, _, err = s.Invite(g.hub.cfg.Self, role, life, ask, rand.Reader, now)
		return err
	})
	return i, err
}

// Revoke takes an invite back.
func (g *Group) Revoke(record Hash) error {
	return g.change(func(s *State, now time.Time) error {
		_, err := s.Revoke(g.hub.cfg.Self, record, now)
		return err
	})
}

// SetRole gives a member another role.
func (g *Group) SetRole(p identity.PeerID, role Role) error {
	return g.change(func(s *State, now time.Time) error {
		_, err := s.SetRole(g.hub.cfg.Self, p, role, now)
		return err
	})
}

// Expel removes a member and gives the others a new key.
func (g *Group) Expel(p identity.PeerID) error {
	return g.change(func(s *State, now time.Time) error {
		_, err := s.Expel(g.hub.cfg.Self, p, rand.Reader, now)
		return err
	})
}

// Rotate gives the group a new key.
func (g *Group) Rotate() error {
	return g.change(func(s *State, now time.Time) error {
		_, err := s.Rotate(g.hub.cfg.Self, rand.Reader, now)
		return err
	})
}

// Leave ends our membership, tells a member of it if one can be reached, and closes the group.
func (g *Group) Leave(ctx context.Context) error {
	if err := g.change(func(s *State, now time.Time) error {
		_, err := s.Leave(g.hub.cfg.Self, now)
		return err
	}); err != nil {
		return err
	}
	defer g.Close()
	for _, m := range g.Members() {
		if m.Online && m.Peer != g.self && ctx.Err() == nil {
			if _, err := g.exchange(ctx, m.Peer); err == nil {
				return nil
			}
		}
	}
	return fmt.Errorf("group: leave: no member was reached; they think that we are away")
}

// change makes another state of the present one. It counts when it is on disk.
func (g *Group) change(do func(s *State, now time.Time) error) error {
	g.changing.Lock()
	defer g.changing.Unlock()
	if g.closed() {
		return net.ErrClosed
	}
	s := g.state.Load().Clone()
	if err := do(s, time.Now()); err != nil {
		return err
	}
	if err := g.hub.save(s); err != nil {
		return err
	}
	g.adopt(s)
	return nil
}

// takeFrom returns what merges records of a member, and returns the state after it and how
// many were new. Who sends what is refused is left alone for a while.
func (g *Group) takeFrom(p identity.PeerID) func([]*Record) (*State, int, error) {
	return func(records []*Record) (*State, int, error) {
		s, n, why := g.take(records)
		if why != Fine {
			g.refuse(why)
			g.mu.Lock()
			g.oddLocked(p)
			g.mu.Unlock()
		}
		return s, n, nil
	}
}

func (g *Group) take(records []*Record) (s *State, n int, why Reason) {
	old := g.state.Load()
	if len(records) == 0 {
		return old, 0, Fine
	}
	g.changing.Lock()
	defer g.changing.Unlock()
	old = g.state.Load()
	if g.closed() {
		return old, 0, Fine
	}
	s = old.Clone()
	n, why = s.Merge(records...)
	if n == 0 {
		return old, 0, why
	}
	if err := g.hub.save(s); err != nil {
		g.log.Warn().Err(err).Msg("records of others were not kept")
	}
	g.adopt(s)
	return s, n, why
}

func (g *Group) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closing
}

// adopt puts a state in the place of the present one, with what follows.
func (g *Group) adopt(s *State) {
	old := g.state.Load()
	changed := s.Digest() != old.Digest()
	g.state.Store(s)
	g.rekey()
	g.mu.Lock()
	g.budget.forget(func(p identity.PeerID) bool { return g.role(p) != NoRole })
	for p := range g.present {
		if g.role(p) == NoRole {
			delete(g.present, p)
		}
	}
	g.news = g.news || changed
	g.mu.Unlock()
	if changed {
		g.poke()
		g.tellOf(old, s)
	}
}

// rekey takes the key of the present state into use.
func (g *Group) rekey() {
	key, ok := g.state.Load().CurrentKey(g.hub.cfg.Self)
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.blind = !ok
	if ok && (len(g.keys) == 0 || g.keys[0].Of != key.Of) {
		if len(g.keys) > 0 {
			g.keys[0].until = now.Add(oldKeyTime)
		}
		held := []heldKey{{EpochKey: key}}
		for _, k := range g.keys {
			if k.Of != key.Of {
				held = append(held, k)
			}
		}
		g.keys = held
	}
	g.holdLocked(now)
}

// holdLocked drops keys whose time is over, and tells all who open what comes.
func (g *Group) holdLocked(now time.Time) {
	var keys []EpochKey
	var held []heldKey
	for i, k := range g.keys {
		if i == 0 || now.Before(k.until) {
			keys, held = append(keys, k.EpochKey), append(held, k)
		}
	}
	g.keys = held
	g.gossipIn.Keys(keys...)
	g.messageIn.Keys(keys...)
	g.ring.Store(newRing(g.id.String(), keys))
	if len(keys) == 0 {
		return
	}
	for _, k := range keys {
		if err := g.keyring.AddKey(swimKey(k.Key)); err != nil {
			g.log.Error().Err(err).Msg("a key was not taken")
		}
	}
	if err := g.keyring.UseKey(swimKey(keys[0].Key)); err != nil {
		g.log.Error().Err(err).Msg("a key was not taken")
	}
	for _, old := range g.keyring.GetKeys() {
		if !holds(keys, old) {
			if err := g.keyring.RemoveKey(old); err != nil {
				g.log.Error().Err(err).Msg("a key was not dropped")
			}
		}
	}
}

func holds(keys []EpochKey, swim []byte) bool {
	for _, k := range keys {
		if string(swimKey(k.Key)) == string(swim) {
			return true
		}
	}
	return false
}

func (g *Group) poke() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}
