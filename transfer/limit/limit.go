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
// parts. A nil Limit limits nothing. Safe for concurrent use.
type Limit struct {
	bucket *rate.Limiter
	piece  atomic.Int64 // bytes; 0: no limit
	lan    bool
}

// New limits to perSecond bytes a second, 0 is no limit. Rates between 0 and
// Least become Least. Hosts of the own network (loopback, link-local and private
// addresses) are limited only with lan.
func New(perSecond int64, lan bool) *Limit {
	l := &Limit{bucket: rate.NewLimiter(rate.Inf, 0), lan: lan}
	l.Set(perSecond)
	return l
}

// Set changes the rate, for whoever asks from now on.
func (l *Limit) Set(perSecond int64) {
	if perSecond <= 0 {
		l.piece.Store(0)
		l.bucket.SetLimit(rate.Inf)
		return
	}
	perSecond = max(perSecond, Least)
	piece := min(max(perSecond/perBurst, minPiece), maxPiece)
	l.bucket.SetBurst(int(piece))
	l.bucket.SetLimit(rate.Limit(perSecond))
	l.piece.Store(piece)
}

// Piece is how many bytes to move at a time with a host: at most most, and
// nothing that Wait would not grant at once.
func (l *Limit) Piece(host netip.Addr, most int) int {
	if piece := l.limits(host); piece > 0 {
		return min(most, piece)
	}
	return most
}

// Wait waits until n bytes may move between us and a host. The error is ctx's,
// of a deadline that the turn would come after it.
// More than a Piece is waited for in pieces, between which others have a turn.
func (l *Limit) Wait(ctx context.Context, host netip.Addr, n int) error {
	for n > 0 {
		piece := l.limits(host)
		if piece == 0 {
			return nil
		}
		piece = min(n, piece)
		if l.bucket.WaitN(ctx, piece) != nil {
			if piece > l.bucket.Burst() && ctx.Err() == nil {
				continue // the rate was changed just now
			}
			// Of a deadline it tells at once, and in words of its own.
			return fmt.Errorf("limit: %w", cmp.Or(ctx.Err(), context.DeadlineExceeded))
		}
		n -= piece
	}
	return nil
}

// limits is the piece that transfers with a host are held to, 0 if they are not.
func (l *Limit) limits(host netip.Addr) int {
	if l == nil || !l.lan && near(host.Unmap()) {
		return 0
	}
	return int(l.piece.Load())
}

// near reports whether a host is on the own machine or network. An address that
// is none, as that of a pipe, is not.
func near(host netip.Addr) bool {
	return host.IsLoopback() || host.IsPrivate() || host.IsLinkLocalUnicast()
}
