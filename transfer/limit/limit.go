package limit

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/time/rate"
)

// Limit is a rate that any number of transfers share: who asks first goes
// first, piece by piece, so that those who always have more to move get equal
// parts. A nil Limit limits nothing. Safe for concurrent use.
type Limit struct {
	bucket *rate.Limiter
	piece  int
	lan    bool
}

// New limits to perSecond bytes a second, nil if that is 0. Rates between 0 and
// Least become Least. Hosts of the own network (loopback, link-local and private
// addresses) are limited only with lan.
func New(perSecond int64, lan bool) *Limit {
	if perSecond <= 0 {
		return nil
	}
	perSecond = max(perSecond, Least)
	piece := int(min(max(perSecond/perBurst, minPiece), maxPiece))
	return &Limit{bucket: rate.NewLimiter(rate.Limit(perSecond), piece), piece: piece, lan: lan}
}

// Piece is how many bytes to move at a time with a host: at most most, and
// nothing that Wait would not grant at once.
func (l *Limit) Piece(host netip.Addr, most int) int {
	if !l.limits(host) {
		return most
	}
	return min(most, l.piece)
}

// Wait waits until n bytes may move between us and a host. The error is ctx's,
// of a deadline that the turn would come after it.
// More than a Piece is waited for in pieces, between which others have a turn.
func (l *Limit) Wait(ctx context.Context, host netip.Addr, n int) error {
	if !l.limits(host) {
		return nil
	}
	for n > 0 {
		piece := min(n, l.piece)
		if l.bucket.WaitN(ctx, piece) != nil {
			// Of a deadline it tells at once, and in words of its own.
			return fmt.Errorf("limit: %w", cmp.Or(ctx.Err(), context.DeadlineExceeded))
		}
		n -= piece
	}
	return nil
}

// limits reports whether transfers with a host are held to the rate.
func (l *Limit) limits(host netip.Addr) bool {
	return l != nil && (l.lan || !near(host.Unmap()))
}

// near reports whether a host is on the own machine or network. An address that
// is none, as that of a pipe, is not.
func near(host netip.Addr) bool {
	return host.IsLoopback() || host.IsPrivate() || host.IsLinkLocalUnicast()
}
