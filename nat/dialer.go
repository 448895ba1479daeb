package nat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// ErrCrowded is a Dialer's error: too many connections are being opened already.
var ErrCrowded = errors.New("nat: too many connections are being opened")

// Dialer holds dials to what a router at home bears: so many in a time, and so many at
// once that nobody has answered yet. Those over the budget wait. Safe for concurrent use.
type Dialer struct {
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	spares  func(netip.Addr) bool
	opening chan struct{} // holds one for each dial

	mu     sync.Mutex
	budget bucket // guarded by mu
}

// NewDialer paces dial. spares tells addresses that no router is on the way to.
func NewDialer(dial func(ctx context.Context, network, address string) (net.Conn, error), spares func(netip.Addr) bool) *Dialer {
	return &Dialer{
		dial: dial, spares: spares, opening: make(chan struct{}, maxOpening),
		budget: bucket{burst: dialBurst, pause: dialPause},
	}
}

// DialContext connects to an address, an IP with a port, when it is its turn. The error
// is ErrCrowded if ctx ended before.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if at, err := netip.ParseAddrPort(address); err == nil && d.spares(at.Addr()) {
		return d.dial(ctx, network, address)
	}
	select {
	case d.opening <- struct{}{}:
	case <-ctx.Done():
		return nil, crowded(ctx, address)
	}
	defer func() { <-d.opening }()
	if wait := d.take(); wait > 0 {
		turn := time.NewTimer(wait)
		defer turn.Stop()
		select {
		case <-turn.C:
		case <-ctx.Done():
			d.mu.Lock()
			defer d.mu.Unlock()
			d.budget.back()
			return nil, crowded(ctx, address)
		}
	}
	return d.dial(ctx, network, address)
}

func (d *Dialer) take() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.budget.take(time.Now())
}

func crowded(ctx context.Context, address string) error {
	return fmt.Errorf("dial %s: %w: %w", address, ErrCrowded, context.Cause(ctx))
}
