package stun

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v2"
)

// Options change a Bind.
type Options struct {
	// Change asks for an answer from elsewhere, which Other says where: the
	// OTHER-ADDRESS of the server. An answer from the server itself is taken as well,
	// and Answer.From tells: that server does not change.
	Change Change
	Other  netip.AddrPort

	// Config replaces that of the client if its fields are not zero.
	Config Config
}

// Answer is what a server says.
type Answer struct {
	From   netip.AddrPort `json:"from"`   // where it came from
	Mapped netip.AddrPort `json:"mapped"` // how the server sees us
	Origin netip.AddrPort `json:"origin"` // where the server says it answers from
	Other  netip.AddrPort `json:"other"`  // its other address
	Sends  int            `json:"sends"`  // requests sent until it came
	RTT    time.Duration  `json:"rtt"`    // from the last of them on
}

// Bind asks a server how it sees us. It returns an ErrTimeout after some 39.5 s, or
// as the options say.
func (c *Client) Bind(ctx context.Context, server netip.AddrPort, o Options) (Answer, error) {
	return c.prepare(server, o)(ctx)
}

// prepare begins a transaction, which what it returns must be called to end.
func (c *Client) prepare(server netip.AddrPort, o Options) func(ctx context.Context) (Answer, error) {
	server = netip.AddrPortFrom(server.Addr().Unmap(), server.Port())
	from := []netip.AddrPort{server}
	if o.Change != SameAddress {
		from = append(from, o.Change.of(server, o.Other))
	}
	id, t, err := c.begin(from...)
	return func(ctx context.Context) (Answer, error) {
		if err != nil {
			return Answer{}, fmt.Errorf("stun: bind %v: %w", server, err)
		}
		defer c.end(id)
		request := message{class: stun.ClassRequest, id: id, change: o.Change}
		return c.converse(ctx, t, request.bytes(), server, c.config(o.Config), c.write)
	}
}

func (c *Client) config(o Config) Config {
	cfg := c.cfg
	if o.RTO > 0 {
		cfg.RTO = o.RTO
	}
	if o.Sends > 0 {
		cfg.Sends = o.Sends
	}
	return cfg
}

// converse sends a request until its transaction has an answer, or it is too late.
func (c *Client) converse(ctx context.Context, t *transaction, request []byte, server netip.AddrPort, cfg Config,
	write func([]byte, netip.AddrPort) error) (Answer, error) {
	fail := func(err error) (Answer, error) {
		return Answer{}, fmt.Errorf("stun: bind %v: %w", server, err)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for i := range cfg.Sends {
		sent := time.Now()
		if err := write(request, server); err != nil {
			return fail(err)
		}
		timer.Reset(cfg.wait(i))
		select {
		case a := <-t.answer:
			answer := Answer{From: a.from, Mapped: a.mapped, Origin: a.origin, Other: a.other, Sends: i + 1, RTT: time.Since(sent)}
			switch {
			case a.class == stun.ClassErrorResponse:
				return fail(&StatusError{a.code})
			case !usable(a.mapped):
				return fail(ErrNothing)
			}
			return answer, nil
		case <-timer.C:
		case <-ctx.Done():
			return fail(ctx.Err())
		case <-c.done:
			return fail(net.ErrClosed)
		}
	}
	return fail(ErrTimeout)
}

// usable reports whether an address can be a host's.
func usable(a netip.AddrPort) bool {
	return a.Port() != 0 && a.Addr().IsValid() && !a.Addr().IsUnspecified() && !a.Addr().IsMulticast()
}
