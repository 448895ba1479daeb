package stun

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v2"
)

// Lasting is how long a binding of the NAT lasts after the last datagram by it: for From, and not for To. Zero is not
// known. A NAT that keeps it for maxLifetime is tried no further.
type Lasting struct {
	From, To time.Duration
}

// Known reports whether all is found out.
func (l Lasting) Known() bool {
	return l.From >= maxLifetime || l.To > 0 && l.To-l.From <= lifetimeStep
}

// String tells it in seconds.
func (l Lasting) String() string {
	switch {
	case l == Lasting{}:
		return "unknown"
	case l.To == 0:
		return fmt.Sprintf("%.0f s or more", l.From.Seconds())
	case l.From == 0:
		return fmt.Sprintf("less than %.0f s", l.To.Seconds())
	}
	return fmt.Sprintf("%.0f to %.0f s", l.From.Seconds(), l.To.Seconds())
}

// next is the silence that tells most. The longest is the first: of a NAT as it should be nothing else is asked.
func (l Lasting) next() time.Duration {
	if l.To == 0 {
		return maxLifetime
	}
	return (l.From + l.To) / 2
}

// LifetimeTest is that of RFC 5780 §4.6: how long can a port be silent and still be reached?
type LifetimeTest struct {
	Servers []netip.AddrPort // asked in turn; they are to know RESPONSE-PORT

	// Listen opens a port of the host. There are two at a time.
	Listen func(ctx context.Context) (net.PacketConn, error)

	Config Config
}

// Narrow tries silences, one after the other, until the lifetime is known. It takes five minutes with a NAT that keeps
// bindings for long, else half an hour, and with one server twice as long. With an error, which is when no server was of
// use, it is what is known until then.
func (t LifetimeTest) Narrow(ctx context.Context, l Lasting) (Lasting, error) {
	if len(t.Servers) == 0 {
		return l, errors.New("stun: lifetime: no servers")
	}
	failed := 0 // in a row
	for i := 0; !l.Known(); i++ {
		if i > 0 && !wait(ctx, t.rest()) {
			return l, fmt.Errorf("stun: lifetime: %w", ctx.Err())
		}
		silence := l.next()
		switch lasts, err := t.outlasts(ctx, t.Servers[i%len(t.Servers)], silence); {
		case err != nil:
			if failed++; failed == len(t.Servers) || ctx.Err() != nil {
				return l, fmt.Errorf("stun: lifetime: %w", err)
			}
			continue
		case lasts:
			l.From = silence
		default:
			l.To = silence
		}
		failed = 0
	}
	return l, nil
}

// rest is between two steps, so that no server is asked for more than ours give.
func (t LifetimeTest) rest() time.Duration {
	step := lifetimeReplies * replyWire
	if !t.Servers[0].Addr().Is4() {
		step = lifetimeReplies * replyWire6
	}
	return time.Duration(float64(step) / hostRate * float64(time.Second) / float64(len(t.Servers)))
}

// outlasts reports whether a port that has been used for a while is reached after a silence. It takes
// lifetimeReplies of the server at most.
func (t LifetimeTest) outlasts(ctx context.Context, server netip.AddrPort, silence time.Duration) (bool, error) {
	silent, err := openPort(ctx, t.Listen, t.Config)
	if err != nil {
		return false, err
	}
	defer silent.Close()
	other, err := openPort(ctx, t.Listen, t.Config)
	if err != nil {
		return false, err
	}
	defer other.Close()
	before, err := silent.Bind(ctx, server, Options{Config: patience(t.Config)})
	if err != nil {
		return false, err
	}
	// Linux keeps for 30 s what was a question and an answer, and for 120 s what goes on 2 s later, as paths do.
	if !wait(ctx, lifetimeSettle) {
		return false, ctx.Err()
	}
	switch reached, err := silent.reachedBy(ctx, other, server, before.Mapped.Port()); {
	case err != nil:
		return false, err
	case !reached:
		return false, fmt.Errorf("stun: %v sends nothing to another port", server)
	}
	// What comes in need not keep a binding (RFC 4787 REQ-6), what goes out does. Nobody answers this.
	last := message{class: stun.ClassIndication}
	if err := silent.write(last.bytes(), server); err != nil {
		return false, err
	}
	if !wait(ctx, silence) {
		return false, ctx.Err()
	}
	if reached, err := silent.reachedBy(ctx, other, server, before.Mapped.Port()); reached || err != nil {
		return reached, err
	}
	// Is it the NAT, or is nobody there any more?
	after, err := silent.Bind(ctx, server, Options{Config: patience(t.Config)})
	if err == nil && after.Mapped.Addr() != before.Mapped.Addr() {
		err = fmt.Errorf("stun: our address was %v and is %v", before.Mapped.Addr(), after.Mapped.Addr())
	}
	return false, err
}

// reachedBy has another of our ports ask a server to send to this one, by its mapped port, and reports whether that came.
func (c *Client) reachedBy(ctx context.Context, other *Client, server netip.AddrPort, mapped uint16) (bool, error) {
	id, t, err := c.begin(server)
	if err != nil {
		return false, err
	}
	defer c.end(id)
	request := message{class: stun.ClassRequest, id: id, to: mapped}
	_, err = c.converse(ctx, t, request.bytes(), server, c.config(patience(c.cfg)), other.write)
	if errors.Is(err, ErrTimeout) {
		return false, nil
	}
	return err == nil, err
}

// wait reports whether ctx went on for so long.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
