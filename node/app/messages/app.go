package messages

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/node"
	"filbert/node/contacts"
	"filbert/overlay/group"
	"filbert/overlay/identity"
)

const service = "messages" // of lines

// Errors of sending.
var (
	// ErrSelf: it is to the node itself.
	ErrSelf = errors.New("that is this node itself")
	// ErrBlocked: the user blocked the peer.
	ErrBlocked = errors.New("that peer is blocked")
	// ErrWaiting: too much waits for the peer.
	ErrWaiting = fmt.Errorf("%d messages wait for that peer already", maxWaiting)
	// ErrNone: there is no such conversation.
	ErrNone = errors.New("no messages there")
	// ErrWatchers: too many watch.
	ErrWatchers = fmt.Errorf("%d watch already", maxWatchers)
)

// App sends and takes messages.
type App struct {
	host node.Host
	log  zerolog.Logger
	wake chan struct{} // the loop looks what to do; it holds one

	// history is used, and streams are changed, by who holds order. It is held while the
	// history is written: so what is shown in order is kept in order.
	order   sync.Mutex
	history *History
	streams map[streamKey]*Stream // of peers with a line, of members, and where messages are held
	posted  map[group.ID]*posted

	mu       sync.Mutex
	sessions map[identity.PeerID][]*session // the first one sends
	calls    map[identity.PeerID]*call      // peers that the user wrote to, until they took it
	dialing  int                            // at most maxDials
	watchers map[chan Entry]struct{}
	counts   Counts
}

// streamKey is an author in a conversation.
type streamKey struct {
	with   Conversation
	author identity.PeerID
}

// from is the stream of a peer that writes to us.
func from(peer identity.PeerID) streamKey { return streamKey{To(peer), peer} }

// Counts is what came, by what became of it.
type Counts struct {
	Taken, Known, Old, Forged, Refused uint64
}

// call is about the lines that we open to a peer.
type call struct {
	next  time.Time // not before
	pause time.Duration
	busy  bool
	why   string // the last one failed
}

// New makes the application of a node that does not run yet. The history stays the caller's
// to close, after the node and Run have ended.
func New(host node.Host, history *History, log zerolog.Logger) *App {
	a := &App{
		host: host, history: history, log: log, wake: make(chan struct{}, 1), streams: map[streamKey]*Stream{},
		posted:   map[group.ID]*posted{},
		sessions: map[identity.PeerID][]*session{}, calls: map[identity.PeerID]*call{}, watchers: map[chan Entry]struct{}{},
	}
	host.HandleLine(service, a.serve)
	return a
}

func (a *App) self() identity.PeerID { return a.host.Self().PeerID() }

// Send writes a message to a peer and keeps it until it is acknowledged. At is where the
// peer may be, if the user said so.
func (a *App) Send(to identity.PeerID, at netip.AddrPort, text string) (Entry, error) {
	switch {
	case to == a.self():
		return Entry{}, fmt.Errorf("messages: %w", ErrSelf)
	case a.host.Contact(to).Trust == contacts.Blocked:
		return Entry{}, fmt.Errorf("messages: %w", ErrBlocked)
	}
	e, err := a.keep(to, at, text)
	if err != nil {
		return Entry{}, err
	}
	a.mu.Lock()
	if c := a.calls[to]; c != nil {
		c.next, c.pause = time.Time{}, 0
	}
	for _, s := range a.sessions[to] {
		s.nudge()
	}
	a.mu.Unlock()
	a.publish(e)
	a.look()
	return e, nil
}

// keep writes a message and puts it into the history.
func (a *App) keep(to identity.PeerID, at netip.AddrPort, text string) (Entry, error) {
	now := time.Now()
	a.order.Lock()
	defer a.order.Unlock()
	_, _, waiting, err := a.history.Counts(To(to))
	if err != nil {
		return Entry{}, err
	}
	if waiting >= maxWaiting {
		return Entry{}, fmt.Errorf("messages: %w", ErrWaiting)
	}
	s, err := a.history.Stream(To(to), a.self())
	if err != nil {
		return Entry{}, err
	}
	m, err := write(a.host.Self(), To(to), max(s.last, s.floor), text, now)
	if err != nil {
		return Entry{}, err
	}
	if at.IsValid() {
		if err := a.history.NoteAddress(to, at, now); err != nil {
			return Entry{}, err
		}
	}
	e := Entry{Message: m, With: To(to), State: Waiting, Came: now}
	return e, a.history.Add(e, nil)
}

// look wakes the loop.
func (a *App) look() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Conversations is all, that in which something came last first.
func (a *App) Conversations() ([]Summary, error) {
	a.order.Lock()
	defer a.order.Unlock()
	return a.history.Conversations()
}

// Messages is the last ones of a conversation.
func (a *App) Messages(with Conversation, most int) ([]Entry, error) {
	a.order.Lock()
	defer a.order.Unlock()
	list, err := a.history.Messages(with, most)
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.calls[with.PeerID()]; c != nil && with.Kind == Peer {
		for i := range list {
			if list[i].State == Waiting {
				list[i].Why = c.why
			}
		}
	}
	return list, err
}

// MarkRead notes that the user saw what came so far.
func (a *App) MarkRead(with Conversation) error {
	a.order.Lock()
	defer a.order.Unlock()
	return a.history.MarkRead(with)
}

// Remove forgets the messages of a conversation, those that wait too.
func (a *App) Remove(with Conversation) error {
	a.order.Lock()
	defer a.order.Unlock()
	all, _, _, err := a.history.Counts(with)
	switch {
	case err != nil:
		return err
	case all == 0:
		return fmt.Errorf("messages: %w", ErrNone)
	}
	for k := range a.streams {
		if k.with == with {
			delete(a.streams, k)
		}
	}
	return a.history.Remove(with)
}

// Counts is what came so far.
func (a *App) Counts() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts
}

func (a *App) count(change func(*Counts)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.counts)
}

// Watch is a channel of what is shown and sent from now on, until stop is called. Who does
// not read soon misses some, which the history has.
func (a *App) Watch() (news <-chan Entry, stop func(), err error) {
	ch := make(chan Entry, watchQueue)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.watchers) >= maxWatchers {
		return nil, nil, fmt.Errorf("messages: %w", ErrWatchers)
	}
	a.watchers[ch] = struct{}{}
	return ch, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.watchers, ch)
	}, nil
}

func (a *App) publish(entries ...Entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for ch := range a.watchers {
		for _, e := range entries {
			select {
			case ch <- e:
			default:
			}
		}
	}
}

// Run delivers what waits until ctx ends.
func (a *App) Run(ctx context.Context) error {
	var calls sync.WaitGroup
	defer calls.Wait()
	calls.Go(func() { a.followGroups(ctx) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-a.wake:
		}
		now := time.Now()
		due, err := a.release(now)
		if err == nil {
			var waiting []identity.PeerID
			if waiting, err = a.waiting(now); err == nil {
				for _, peer := range waiting {
					if start, at := a.mayCall(peer, now); start {
						calls.Go(func() { a.callTo(ctx, peer) })
					} else if !at.IsZero() && (due.IsZero() || at.Before(due)) {
						due = at
					}
				}
			}
		}
		if err != nil {
			a.log.Warn().Err(err).Msg("messages")
			due = now.Add(lastRetry)
		}
		pause := lastRetry
		if !due.IsZero() {
			pause = max(due.Sub(now), 0)
		}
		timer.Reset(pause)
	}
}

// release shows what waited long enough for what is before it, and tells when to look again.
func (a *App) release(now time.Time) (due time.Time, err error) {
	a.order.Lock()
	defer a.order.Unlock()
	holding, err := a.history.Holding()
	if err != nil {
		return due, err
	}
	for _, k := range holding {
		s, err := a.streamLocked(k)
		if err != nil {
			return due, err
		}
		if ready := s.Ready(now); len(ready) > 0 {
			if err := a.history.Show(k.with, k.author, ready); err != nil {
				delete(a.streams, k)
				return due, err
			}
			shown, err := a.history.Entries(k.with, k.author, ready)
			if err != nil {
				return due, err
			}
			a.publish(shown...)
		}
		if next := s.Due(); !next.IsZero() && (due.IsZero() || next.Before(due)) {
			due = next
		}
	}
	return due, nil
}

// waiting is the peers for whom something waits.
func (a *App) waiting(now time.Time) ([]identity.PeerID, error) {
	a.order.Lock()
	defer a.order.Unlock()
	if err := a.history.GiveUp(a.self(), now.Add(-maxAge)); err != nil {
		return nil, err
	}
	return a.history.Waiting()
}

// streamLocked is the order of what an author writes in a conversation.
func (a *App) streamLocked(k streamKey) (*Stream, error) {
	if s := a.streams[k]; s != nil {
		return s, nil
	}
	s, err := a.history.Stream(k.with, k.author)
	if err != nil {
		return nil, err
	}
	a.streams[k] = s
	return s, nil
}
