package limit

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// Limit is a rate that any number of transfers share: who asks first goes
// first, piece by piece, so that those who always have more to move get equal
// parts. Those with hosts of the own network (loopback, link-local and private
// addresses) are a class of their own, which may have another rate. A nil Limit
// limits nothing. Safe for concurrent use.
type Limit struct {
	all, own bucket
	lan      bool
	parent   *Limit // nil: there is none
}

// bucket is one rate.
type bucket struct {
	*rate.Limiter
	per   int64        // the part of a second's bytes that may go at once, as 1/per
	piece atomic.Int64 // bytes; 0: no limit
}

// New limits to perSecond bytes a second, 0 is no limit. Rates between 0 and
// Least become Least. Hosts of the own network are limited only with lan.
func New(perSecond int64, lan bool) *Limit {
	l := &Limit{lan: lan, all: bucket{per: perBurst}, own: bucket{per: perBurst}}
	for _, b := range []*bucket{&l.all, &l.own} {
		b.Limiter = rate.NewLimiter(rate.Inf, 0)
	}
	l.Set(perSecond)
	return l
}

// Child is a further limit for some of the transfers that l limits: those are held to both.
// It holds for hosts of the own network too, whatever l does. l may be nil.
func (l *Limit) Child(perSecond int64) *Limit {
	c := New(0, true)
	c.parent, c.all.per = l, perChildBurst
	c.Set(perSecond)
	return c
}

// Set changes the rate, for whoever asks from now on.
func (l *Limit) Set(perSecond int64) { l.all.set(perSecond) }

// SetOwn limits transfers with hosts of the own network, all together, likewise;
// at first they have no limit of their own.
func (l *Limit) SetOwn(perSecond int64) { l.own.set(perSecond) }

func (b *bucket) set(perSecond int64) {
	if perSecond <= 0 {
		b.piece.Store(0)
		b.SetLimit(rate.Inf)
		return
	}
	perSecond = max(perSecond, Least)
	piece := min(max(perSecond/b.per, minPiece), maxPiece)
	b.SetBurst(int(piece))
	b.SetLimit(rate.Limit(perSecond))
	b.piece.Store(piece)
}

// Piece is how many bytes to move at a time with a host: at most most, and
// nothing that Wait would not grant at once.
func (l *Limit) Piece(host netip.Addr, most int) int {
	for _, b := range l.buckets(host) {
		if b != nil {
			most = b.cut(most)
		}
	}
	if l != nil && l.parent != nil {
		return l.parent.Piece(host, most)
	}
	return most
}

// Wait waits until n bytes may move between us and a host. The error is ctx's,
// of a deadline that the turn would come after it.
// More than a Piece is waited for in pieces, between which others have a turn.
func (l *Limit) Wait(ctx context.Context, host netip.Addr, n int) error {
	for n > 0 {
		piece := l.Piece(host, n)
		for _, b := range l.buckets(host) {
			if b == nil {
				continue
			}
			if err := b.wait(ctx, piece); err != nil {
				return err
			}
		}
		if l != nil && l.parent != nil { // last, so that who waits for us is in nobody's way there
			if err := l.parent.Wait(ctx, host, piece); err != nil {
				return err
			}
		}
		n -= piece
	}
	return nil
}

// wait waits until n bytes may move.
func (b *bucket) wait(ctx context.Context, n int) error {
	for n > 0 {
		piece := b.cut(n)
		if b.WaitN(ctx, piece) != nil {
			if piece > b.Burst() && ctx.Err() == nil {
				continue // the rate was changed just now
			}
			// Of a deadline it tells at once, and in words of its own.
			return fmt.Errorf("limit: %w", cmp.Or(ctx.Err(), context.DeadlineExceeded))
		}
		n -= piece
	}
	return nil
}

// cut is how much of n may go at once.
func (b *bucket) cut(n int) int {
	if piece := int(b.piece.Load()); piece > 0 {
		return min(n, piece)
	}
	return n
}

// buckets is the rates that transfers with a host are held to, nil where none.
func (l *Limit) buckets(host netip.Addr) (held [2]*bucket) {
	if l == nil {
		return held
	}
	near := near(host.Unmap())
	if near {
		held[0] = &l.own
	}
	if !near || l.lan {
		held[1] = &l.all
	}
	return held
}

// near reports whether a host is on the own machine or network. An address that
// is none, as that of a pipe, is not.
func near(host netip.Addr) bool {
	return host.IsLoopback() || host.IsPrivate() || host.IsLinkLocalUnicast()
}
