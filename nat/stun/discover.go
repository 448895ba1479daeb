package stun

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Discovery is what Discover works with.
type Discovery struct {
	// Servers are asked, those of one family, at most maxServers of them. Two with
	// different addresses tell whether the mapping depends on the other end; one with
	// an OTHER-ADDRESS of its own (RFC 5780) tells all.
	Servers []netip.AddrPort

	// Client is that of the socket whose address matters, Local the addresses of this
	// socket as the host has them: without, nothing is said about the presence of a NAT.
	Client *Client
	Local  []netip.AddrPort

	// Listen opens another port of the same host. Without, filtering and hairpin stay
	// unknown.
	Listen func(ctx context.Context) (net.PacketConn, error)

	// Config says how often and how long is asked, besides what discoverySends bounds.
	Config Config
}

// discovery is one run.
type discovery struct {
	Discovery
	report Report

	fresh       *Client // on a port that only one server knows
	freshMapped netip.AddrPort
	up          netip.AddrPort // another address of a server that answered
}

// Discover finds out how the NAT behaves. It takes some 15 s, and what servers take
// that do not answer. With an error the report is what was found until then.
func Discover(ctx context.Context, d Discovery) (Report, error) {
	switch {
	case len(d.Servers) == 0:
		return Report{}, errors.New("stun: discover: no servers")
	case d.Client == nil:
		return Report{}, errors.New("stun: discover: no client")
	case len(d.Servers) > maxServers:
		d.Servers = d.Servers[:maxServers]
	}
	r := discovery{Discovery: d}
	for i := range r.Servers {
		if r.Servers[i].Addr().Is4() != r.Servers[0].Addr().Is4() {
			return Report{}, errors.New("stun: discover: servers of both families")
		}
	}
	r.ask(ctx)
	if r.report.judgeAsked(d.Local); r.report.UDP == Yes {
		r.mapping(ctx)
		r.behind(ctx)
	}
	if err := ctx.Err(); err != nil {
		return r.report, fmt.Errorf("stun: discover: %w", err)
	}
	return r.report, nil
}

// ask asks all servers at once. Transactions are drawn in their order, so that chance is
// the same whoever runs first.
func (d *discovery) ask(ctx context.Context) {
	d.report.Servers = make([]ServerFinding, len(d.Servers))
	var wg sync.WaitGroup
	for i, server := range d.Servers {
		bind := d.Client.prepare(server, Options{Config: d.Config})
		wg.Go(func() {
			f := ServerFinding{Server: server}
			var err error
			if f.Answer, err = bind(ctx); err != nil {
				f.Error = err.Error()
			}
			d.report.Servers[i] = f
		})
	}
	wg.Wait()
}

// patience is for requests that may well get no answer.
func (d *discovery) patience() Config { return patience(d.Config) }

func patience(c Config) Config {
	if c.Sends <= 0 || c.Sends > discoverySends {
		c.Sends = discoverySends
	}
	return c
}

// openPort opens another port.
func openPort(ctx context.Context, listen func(ctx context.Context) (net.PacketConn, error), cfg Config) (*Client, error) {
	conn, err := listen(ctx)
	if err != nil {
		return nil, fmt.Errorf("stun: open a port: %w", err)
	}
	c := New(writer(conn), cfg)
	c.knocks = make(chan transactionID, maxPending)
	c.start(conn)
	return c, nil
}

// behind runs the tests that need another port.
func (d *discovery) behind(ctx context.Context) {
	if d.Listen == nil || ctx.Err() != nil {
		return
	}
	var err error
	if d.fresh, err = openPort(ctx, d.Listen, d.Client.cfg); err != nil {
		d.report.find("filtering", "for another port of the host", err.Error(), "filtering is not known")
		return
	}
	defer d.fresh.Close()
	server := d.filterServer()
	a, err := d.fresh.Bind(ctx, server.Server, Options{Config: d.Config})
	if err != nil {
		d.report.find("filtering", fmt.Sprintf("%v from another port", server.Server), err.Error(), "filtering is not known")
		return
	}
	d.freshMapped = a.Mapped
	d.filtering(ctx, server)
	d.hairpin(ctx)
}
