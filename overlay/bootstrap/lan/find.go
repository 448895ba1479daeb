package lan

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"

	"github.com/hashicorp/mdns"
	"github.com/rs/zerolog"

	"filbert/overlay/bootstrap"
)

// Config is what a Discovery is built from.
type Config struct {
	Listen netip.AddrPort // where the node listens
	Rand   *rand.Rand     // names the node
	Log    zerolog.Logger
}

// Discovery finds servents on the local network. It implements bootstrap.Source.
type Discovery struct {
	cfg  Config
	name string // of our instance
}

// New builds a Discovery. It says and asks nothing before Run and Find.
func New(cfg Config) *Discovery {
	var random [6]byte
	for i := range random {
		random[i] = byte(cfg.Rand.Uint32())
	}
	return &Discovery{cfg: cfg, name: "filbert-" + hex.EncodeToString(random[:])}
}

// Find implements bootstrap.Source: it asks once on every interface.
func (d *Discovery) Find(ctx context.Context, found func(bootstrap.Found)) error {
	at, err := places(d.cfg.Listen.Addr())
	if err != nil {
		return fmt.Errorf("lan: %w", err)
	}
	if len(at) == 0 {
		return errNoInterface
	}
	var work sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	for _, p := range at {
		work.Go(func() {
			hosts, err := d.ask(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, err)
			}
			for _, host := range hosts {
				found(bootstrap.Found{Hosts: []netip.AddrPort{host}, Teller: host.Addr()})
			}
		})
	}
	work.Wait()
	if len(failed) < len(at) || ctx.Err() != nil {
		return nil
	}
	return errors.Join(failed...)
}

// ask asks on one interface, over IPv4 if that works there. The library goes on
// writing to an entry after it told of it, so none is read before it has ended.
func (d *Discovery) ask(ctx context.Context, p place) ([]netip.AddrPort, error) {
	var entries chan *mdns.ServiceEntry
	ask := func(v4 bool) error {
		entries = make(chan *mdns.ServiceEntry, maxEntries)
		return mdns.QueryContext(ctx, &mdns.QueryParam{
			Service: service, Domain: domain, Timeout: patience, Interface: &p.iface, Entries: entries,
			DisableIPv4: !v4, DisableIPv6: v4, Logger: quiet(),
		})
	}
	if err := ask(true); err != nil { // IPv4 multicast needs a route
		if ctx.Err() != nil {
			return nil, nil
		}
		if err6 := ask(false); err6 != nil {
			return nil, fmt.Errorf("lan: ask on %s: %w", p.iface.Name, errors.Join(err, err6))
		}
	}
	var hosts []netip.AddrPort
	for len(entries) > 0 {
		if host, ok := d.host(<-entries); ok {
			hosts = append(hosts, host)
		}
	}
	return hosts, nil
}

// host reads an entry; ok is false when it is none of a servent nearby, or ours.
func (d *Discovery) host(e *mdns.ServiceEntry) (_ netip.AddrPort, ok bool) {
	instance, ours := strings.CutSuffix(strings.ToLower(e.Name), "."+service+"."+domain)
	if !ours || instance == d.name || e.Port < minPort || e.Port > 0xffff {
		return netip.AddrPort{}, false
	}
	for _, ip := range [][]byte{e.AddrV4, e.AddrV6} {
		if addr, ok := netip.AddrFromSlice(ip); ok && near(addr.Unmap()) {
			return netip.AddrPortFrom(addr.Unmap(), uint16(e.Port)), true
		}
	}
	return netip.AddrPort{}, false
}
