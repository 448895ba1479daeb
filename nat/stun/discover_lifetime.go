package stun

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/pion/stun/v2"
)

// lifetime is the test of RFC 5780 §4.6: how long a port can be silent and still be
// reached. Another port has the server send to it, in a binary search.
func (d *discovery) lifetime(ctx context.Context, server netip.AddrPort) {
	if d.Lifetime <= 0 || ctx.Err() != nil {
		return
	}
	asked := fmt.Sprintf("%v to send to a port that was silent", server)
	alive, err := d.outlives(ctx, server, 0)
	if err != nil || !alive {
		d.report.find("lifetime", asked, "it sends nothing even at once", "the lifetime is not known")
		return
	}
	from, to := time.Duration(0), d.Lifetime+lifetimeStep
	for next := d.Lifetime; to-from > lifetimeStep; next = (from + to) / 2 {
		alive, err := d.outlives(ctx, server, next)
		if err != nil {
			d.report.find("lifetime", asked, err.Error(), fmt.Sprintf("between %v and %v", from, to))
			return
		}
		if alive {
			from = next
			d.report.LifetimeFrom = from.Seconds()
		} else {
			to = next
			d.report.LifetimeTo = to.Seconds()
		}
	}
	if d.report.LifetimeTo == 0 {
		d.report.find("lifetime", asked, fmt.Sprintf("it came after %v", from), fmt.Sprintf("bindings live for %v or more", from))
		return
	}
	d.report.find("lifetime", asked, fmt.Sprintf("it came after %v, and not after %v", from, to), fmt.Sprintf("keep bindings by sending every %v or less", from))
}

// outlives reports whether a new port is reached after a silence.
func (d *discovery) outlives(ctx context.Context, server netip.AddrPort, silence time.Duration) (bool, error) {
	silent, err := d.open(ctx)
	if err != nil {
		return false, err
	}
	defer silent.Close()
	a, err := silent.Bind(ctx, server, Options{Config: d.Config})
	if err != nil {
		return false, err
	}
	timer := time.NewTimer(silence)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	id, t, err := silent.begin(server)
	if err != nil {
		return false, err
	}
	defer silent.end(id)
	request := message{class: stun.ClassRequest, id: id, to: a.Mapped.Port()}
	_, err = silent.converse(ctx, t, request.bytes(), server, silent.config(d.patience()), d.fresh.write)
	return err == nil, ctx.Err()
}
