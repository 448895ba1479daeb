package nat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Ladder connects to peers and remembers what worked. Safe for concurrent use.
type Ladder struct {
	mu     sync.Mutex
	memory *Memory // guarded by mu
}

// NewLadder returns one that knows no peer.
func NewLadder() *Ladder { return &Ladder{memory: NewMemory()} }

// Climb connects to a peer by the rungs that Plan has it try, and tells by which it did.
// dial goes one of them, as Way has it.
func (l *Ladder) Climb(ctx context.Context, f *Facts, dial func(context.Context, Rung) (net.Conn, error)) (net.Conn, Rung, error) {
	var ways []Way
	var byRung []Rung
	steps := l.Plan(f)
	for _, s := range steps {
		if !s.Try {
			continue
		}
		byRung = append(byRung, s.Rung)
		ways = append(ways, Way{Name: s.Rung.String(), HeadStart: s.HeadStart, Dial: func(racing context.Context) (net.Conn, error) {
			began := time.Now()
			conn, err := dial(racing, s.Rung)
			a := Attempt{Rung: s.Rung, At: began, Took: time.Since(began)}
			switch {
			case err == nil:
			case errors.Is(err, ErrCrowded): // it was not tried
				a.Outcome, a.Reason = GivenUp, ErrCrowded.Error()
			case racing.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
				a.Outcome, a.Reason = GivenUp, "not waited for any longer"
			default: // its time was up, at the latest
				a.Outcome, a.Reason = Failed, err.Error()
			}
			l.note(f, a)
			return conn, err
		}})
	}
	switch len(ways) {
	case 0:
		return nil, 0, fmt.Errorf("%w: %s", ErrNoWay, reasons(steps))
	case 1:
		conn, err := ways[0].Dial(ctx)
		return conn, byRung[0], err
	}
	conn, by, err := Race(ctx, ways)
	for _, r := range byRung {
		if r.String() == by {
			return conn, r, err
		}
	}
	return conn, 0, err
}

// Forget forgets what worked and what did not, as after a move to another network.
func (l *Ladder) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.memory = NewMemory()
}

// Plan is what would be tried now.
func (l *Ladder) Plan(f *Facts) []Step {
	l.mu.Lock()
	defer l.mu.Unlock()
	past := l.memory.Past(&f.Peer)
	return Plan(time.Now(), f, &past)
}

func (l *Ladder) note(f *Facts, a Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.memory.Note(&f.Peer, a)
}

// Attempts is the last attempts at a peer, the newest first.
func (l *Ladder) Attempts(p *Peer) []Attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.memory.Attempts(p)
}

// Find is the peer tried last that has an address or a GUID, as Memory.Find.
func (l *Ladder) Find(addr netip.AddrPort, servent [16]byte) (Peer, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.memory.Find(addr, servent)
}

func reasons(steps []Step) string {
	var why []string
	for _, s := range steps {
		why = append(why, s.Rung.String()+": "+s.Why)
	}
	return strings.Join(why, "; ")
}
