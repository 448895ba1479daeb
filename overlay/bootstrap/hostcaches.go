package bootstrap

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"filbert/overlay/bootstrap/uhc"
	"filbert/overlay/wire"
)

// Datagrams sends from the node's UDP socket.
type Datagrams interface {
	// Send sends one datagram, which may be lost. It does not wait for the
	// network. An error means that the node ends.
	Send(to netip.AddrPort, frame wire.Frame) error
}

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// HostCaches asks UDP host caches. It implements Source.
type HostCaches struct {
	out      Datagrams
	resolver Resolver
	answers  chan uhc.Answer

	mu     sync.Mutex
	client *uhc.Client
}

// NewHostCaches returns a source that asks by client's choice. The client
// belongs to it from now on.
func NewHostCaches(client *uhc.Client, out Datagrams, resolver Resolver) *HostCaches {
	return &HostCaches{out: out, resolver: resolver, client: client, answers: make(chan uhc.Answer, maxAnswers)}
}

// Len is how many caches are known.
func (h *HostCaches) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.client.Len()
}

// Snapshot is the caches to be remembered, see uhc.Client.
func (h *HostCaches) Snapshot() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.client.Snapshot()
}

// Received takes a pong that came by UDP and reports whether it was an answer to
// us. It never blocks; the frame is the caller's again when it returns.
func (h *HostCaches) Received(from netip.AddrPort, pong wire.Frame) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	answer, ok := h.client.Received(time.Now(), from, pong)
	if ok {
		select {
		case h.answers <- answer:
		default: // more than enough are waiting
		}
	}
	return ok
}

// resolved is the outcome of a lookup.
type resolved struct {
	host  string
	addrs []netip.Addr
}

// Find implements Source: it asks caches until one has answered, and a moment
// longer.
func (h *HostCaches) Find(ctx context.Context, found func(Found)) error {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	lookups := make(chan resolved)
	lookUp := func(host string) {
		work.Go(func() {
			addrs, err := h.resolver.LookupNetIP(ctx, "ip", host)
			if err != nil {
				addrs = nil
			}
			select {
			case lookups <- resolved{host, addrs}:
			case <-ctx.Done():
			}
		})
	}
	h.mu.Lock()
	h.client.Begin()
	h.mu.Unlock()
	defer h.end()

	timer := time.NewTimer(0)
	defer timer.Stop()
	var until <-chan time.Time // the round ends then, once there was an answer
	for {
		due, over, err := h.next(lookUp)
		if err != nil || over {
			return err
		}
		if !due.IsZero() {
			timer.Reset(time.Until(due))
		}
		select {
		case answer := <-h.answers:
			hosts := make([]netip.AddrPort, 0, len(answer.Hosts))
			for _, host := range answer.Hosts {
				hosts = append(hosts, host.Addr)
			}
			found(Found{hosts, answer.From.Addr()})
			if until == nil && len(hosts) > 0 {
				until = time.After(linger)
			}
		case r := <-lookups:
			if err := h.resolved(r); err != nil {
				return err
			}
		case <-timer.C:
		case <-until:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// next carries out what the client wants now. It returns when it is to be asked
// again, and whether the round is over.
func (h *HostCaches) next(lookUp func(host string)) (due time.Time, over bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	effects := h.client.Next(now)
	for _, e := range effects {
		switch e := e.(type) {
		case *uhc.Lookup:
			lookUp(e.Host)
		case *uhc.Ask:
			err = h.out.Send(e.To, e.Frame)
		}
	}
	return h.client.Due(), h.client.Over(now) && len(h.answers) == 0, err
}

// resolved gives the client the addresses of a name.
func (h *HostCaches) resolved(r resolved) (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.client.Resolved(time.Now(), r.host, r.addrs) {
		if ask, ok := e.(*uhc.Ask); ok {
			err = h.out.Send(ask.To, ask.Frame)
		}
	}
	return err
}

func (h *HostCaches) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.client.End()
}
