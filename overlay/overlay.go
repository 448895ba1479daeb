package overlay

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"filbert/overlay/handshake"
	"filbert/overlay/link"
	"filbert/overlay/tlslink"
	"filbert/overlay/wire"
)

// Options are what an Overlay is built from.
type Options struct {
	Config
	Agent   string         // User-Agent, "name/version"
	Dialer  Dialer         // opens connections
	Matcher Matcher        // answers queries; nil when nothing is shared
	Bouncer Bouncer        // knows who is not wanted as a neighbor; nil: nobody
	Witness Witness        // hears of neighbors that come and go; nil: nobody
	Caller  Caller         // connects to those who ask for it by PUSH; nil when nobody shall
	Punches Punches        // takes the words of those who open paths; nil when nobody does
	Deflate bool           // compress links where the other side does
	TLS     *tlslink.Layer // encrypt links where the other side does; nil = never
	IDs     *tlslink.Layer // likewise, where both prove their IDs (identity.LinkTLS); nil = never; needs TLS
	Known   []byte         // hosts of an earlier run, as Hosts returned them
	Pongs   Pongs          // takes what answers pings sent by SendDatagram; may be nil
	Packets net.PacketConn // sends datagrams from the start, read by ServeDatagrams later; nil: not before that
	Aside   PacketListener // opens other UDP ports; nil: all is sent from the one
	Patient bool           // wait for writers that had no turn; not in virtual time, where one seed gives one trace
	Rand    *rand.Rand
	Log     zerolog.Logger
}

// Dialer opens connections; a net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// PacketListener opens UDP ports; a net.ListenConfig is one.
type PacketListener interface {
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
}

// Bouncer knows servents that are not to be linked with, by their GUIDs. It does not block.
type Bouncer interface {
	Blocks(servent [16]byte) bool
}

// Pongs takes pongs that come by UDP. Received must not block, nor keep the
// frame; it reports whether the pong answered a question of its.
type Pongs interface {
	Received(from netip.AddrPort, pong wire.Frame) bool
}

// Overlay is the engine around a Core: one loop owns the Core and the queues
// of all links; goroutines for reading, writing, dialing and shaking hands post
// what they learn to its inbox. See Run for the life cycle.
type Overlay struct {
	agent   string
	dialer  Dialer
	deflate bool
	patient bool
	tls     *tlslink.Layer
	ids     *tlslink.Layer // for those who prove their IDs
	bouncer Bouncer
	witness Witness
	punches Punches
	match   *matching
	pongs   Pongs
	aside   PacketListener
	log     zerolog.Logger

	inbox  chan letter
	done   chan struct{} // closed when the loop takes no more letters
	gone   chan struct{} // closed when Run is over
	work   sync.WaitGroup
	nextIn atomic.Uint64 // names of links that others open: odd
	counts packetCounts

	// Below: owned by the loop.
	life       context.Context // ends dials and handshakes of ours with Run
	ended      bool            // no new links and searches
	core       *Core
	batch      Batch // the event of the batch at hand
	ports      map[link.ID]*port
	dirty      []*port // have messages to flush
	taken      int     // bytes of batches since the last flush
	patience   int     // bytes taken that were not spent on waiting
	verdicts   map[link.ID]chan<- handshake.Verdict
	searches   map[SearchID]chan *Hit
	nextID     SearchID
	waiting    map[netip.AddrPort][]chan<- error // for links to be up, or not
	packets    net.PacketConn
	calling    calling
	queued     link.Drops       // dropped by queues of links that are gone
	complained []netip.AddrPort // seeds that could not be had
	untrusted  []netip.AddrPort // hosts whose TLS failed, the latest last
	timer      *time.Timer
	due        time.Time
}

// port is a link and the queue in front of it.
type port struct {
	link  *link.Link
	queue link.Queue
	dirty bool

	slow     bool // did not catch up when it was waited for
	progress progress
}

// letter is what the inbox takes: an event, a batch of a link, a link whose
// writer has room again, or a call to be made on the loop.
type letter struct {
	event Event
	link  *link.Link
	batch []byte
	call  func()
}

// ErrClosed says that the overlay does not run (any more).
var ErrClosed = errors.New("overlay: closed")

// New builds an overlay. Nothing happens before Run.
func New(o Options) *Overlay {
	o.Config.agent = o.Agent
	v := &Overlay{
		agent:    o.Agent,
		deflate:  o.Deflate,
		patient:  o.Patient,
		tls:      o.TLS,
		ids:      o.IDs,
		bouncer:  o.Bouncer,
		witness:  o.Witness,
		punches:  o.Punches,
		dialer:   o.Dialer,
		pongs:    o.Pongs,
		packets:  o.Packets,
		aside:    o.Aside,
		log:      o.Log,
		inbox:    make(chan letter, inboxSize),
		done:     make(chan struct{}),
		gone:     make(chan struct{}),
		ports:    make(map[link.ID]*port),
		verdicts: make(map[link.ID]chan<- handshake.Verdict),
		searches: make(map[SearchID]chan *Hit),
		waiting:  make(map[netip.AddrPort][]chan<- error),
		calling:  calling{caller: o.Caller},
	}
	o.Lines, o.tls = v, o.TLS != nil
	v.core = NewCore(o.Config, o.Rand)
	v.nextIn.Store(1)
	if len(o.Known) > 0 {
		if _, err := v.core.Restore(time.Now(), o.Known); err != nil {
			o.Log.Warn().Err(err).Msg("known hosts are lost")
		}
	}
	v.match = newMatching(o.Matcher, v.post)
	return v
}

// Run owns the overlay until ctx ends: it then says BYE to all neighbors, gives
// them a short grace to hear it, and returns when every goroutine is gone. It
// is called once.
func (o *Overlay) Run(ctx context.Context) error {
	defer close(o.gone)
	o.life = ctx
	o.work.Go(o.match.run)
	o.timer = time.NewTimer(0)
	defer o.timer.Stop()
	for ctx.Err() == nil {
		select {
		case l := <-o.inbox:
			o.handle(l)
		case <-o.timer.C:
			o.flush()
			o.step(&Tick{})
			o.flush()
			o.watch(time.Now())
			o.flush()
		case <-ctx.Done():
		}
		o.schedule()
	}
	o.step(&Shutdown{})
	o.flush()
	o.end()
	return nil
}

// end waits for every goroutine. Those that posted a letter at the last moment
// have it handled all the same: a batch must be released, a connection closed.
func (o *Overlay) end() {
	o.ended = true
	close(o.done)
	o.match.stop()
	for id, hits := range o.searches {
		close(hits)
		delete(o.searches, id)
	}
	gone := make(chan struct{})
	var late sync.WaitGroup
	late.Go(func() {
		for {
			select {
			case l := <-o.inbox:
				o.handle(l)
			case <-gone:
				return
			}
		}
	})
	o.work.Wait()
	close(gone)
	late.Wait()
}

// handle takes one letter.
func (o *Overlay) handle(l letter) {
	if l.batch != nil {
		o.take(l)
		return
	}
	o.flush()
	switch {
	case l.call != nil:
		l.call()
	case l.link != nil: // its writer has room again
		if p := o.ports[l.link.ID()]; p != nil {
			p.link.Flush(&p.queue)
		}
	default:
		if f, ok := l.event.(*Failed); ok {
			o.complain(f)
		}
		o.step(l.event)
	}
	o.flush()
}

// complain tells of a link that did not come about: aloud the first time a seed
// cannot be had, since the user named it.
func (o *Overlay) complain(f *Failed) {
	addr := o.core.dialing[f.Link].addr
	if n := o.core.links[f.Link]; n != nil && !n.inbound {
		addr = n.remote
	}
	o.resolve(addr, f.Err)
	level := zerolog.DebugLevel
	if slices.Contains(o.core.cfg.Seeds, addr) && !slices.Contains(o.complained, addr) {
		o.complained = append(o.complained, addr)
		level = zerolog.WarnLevel
	}
	o.log.WithLevel(level).Err(f.Err).Stringer("peer", addr).Msg("no link; will be tried again")
}

// step lets the Core take an event and carries its effects out, but for flush.
func (o *Overlay) step(ev Event) {
	for _, effect := range o.core.Step(time.Now(), ev) {
		o.do(effect)
	}
}

// do carries one effect out.
func (o *Overlay) do(effect Effect) {
	switch e := effect.(type) {
	case *Send:
		if p := o.ports[e.Link]; p != nil {
			p.slow = p.slow && p.queue.Len() > 0
			p.queue.Push(e.Frame)
			if !p.dirty {
				p.dirty = true
				o.dirty = append(o.dirty, p)
			}
		}
	case *Match:
		if !o.match.push(e) {
			o.core.drop(o.core.links[e.Link], DropMatcherBusy)
		}
	case *Deliver:
		select {
		case o.searches[e.Search] <- e.Hit:
		default:
			o.core.drop(nil, DropSearchBusy)
		}
	case *Close:
		o.close(e.Link)
	case *Met:
		if o.witness != nil {
			o.witness.Met(e)
		}
	case *Parted:
		if o.witness != nil {
			o.witness.Parted(e)
		}
	case *Dial:
		d := *e
		o.work.Go(func() { o.dial(o.life, d) })
	case *Probe:
		o.probe(e.To)
	case *Call:
		o.call(e)
	case *PushAsked:
		o.calling.asked = e.Result
	case *Word:
		o.word(e)
	case *Judged:
		if reply := o.verdicts[e.Link]; reply != nil {
			reply <- e.Verdict // has room for it
			delete(o.verdicts, e.Link)
		}
	case *Ponged:
		o.ponged(e)
	case *Reply:
		o.sendDatagram(e)
	}
}

// close lets a link send what it has and end.
func (o *Overlay) close(id link.ID) {
	p := o.ports[id]
	if p == nil {
		return
	}
	delete(o.ports, id)
	p.link.Flush(&p.queue)
	p.link.Close()
	addDrops(&o.queued, p.queue.Drops())
}

// schedule sets the timer to the Core's next deadline.
func (o *Overlay) schedule() {
	if due := o.core.Due(); due != o.due {
		o.due = due
		o.timer.Reset(time.Until(due))
	}
}

// post puts a letter into the inbox; it waits while the loop is busy and
// reports false when the loop is over.
func (o *Overlay) post(l letter) bool {
	select {
	case <-o.done:
		return false
	default:
	}
	select {
	case o.inbox <- l:
		return true
	case <-o.done:
		return false
	}
}

// run makes a call on the loop and waits for its end. With an error the call was
// not made and never will be: what it would write to is the caller's again.
func (o *Overlay) run(ctx context.Context, call func()) error {
	var taken atomic.Bool
	finished := make(chan struct{})
	if !o.post(letter{call: func() {
		if !taken.Swap(true) {
			defer close(finished)
			call()
		}
	}}) {
		return ErrClosed
	}
	err := ErrClosed
	select {
	case <-finished:
		return nil
	case <-o.done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if taken.Swap(true) {
		<-finished // it is being made
		return nil
	}
	return err
}

// Received implements link.Sink.
func (o *Overlay) Received(l *link.Link, batch []byte) {
	if !o.post(letter{link: l, batch: batch}) {
		l.Release()
	}
}

// Drained implements link.Sink.
func (o *Overlay) Drained(l *link.Link) { o.post(letter{link: l}) }

// Ended implements link.Sink.
func (o *Overlay) Ended(l *link.Link, err error) {
	if !o.post(letter{event: &Ended{l.ID(), err}}) {
		l.Close()
	}
}

func addDrops(sum *link.Drops, d link.Drops) {
	sum.Push += d.Push
	sum.Hit += d.Hit
	sum.Query += d.Query
	sum.Pong += d.Pong
	sum.Ping += d.Ping
	sum.Other += d.Other
}
