package lan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"time"

	"github.com/hashicorp/mdns"
)

// Run announces the node until ctx ends, on the interfaces that there are.
func (d *Discovery) Run(ctx context.Context) error {
	t := time.NewTicker(recheck)
	defer t.Stop()
	var at []place
	var servers []*mdns.Server
	stop := func() {
		for _, s := range servers {
			s.Shutdown() // never fails
		}
		servers = nil
	}
	defer func() { stop() }()
	for {
		now, err := places(d.cfg.Listen.Addr())
		if err != nil {
			d.cfg.Log.Debug().Err(err).Msg("interfaces")
		} else if !slices.EqualFunc(now, at, place.equal) {
			stop()
			at = now
			for _, p := range at {
				s, err := d.serve(p)
				if err != nil {
					d.cfg.Log.Debug().Err(err).Msg("not announced on the local network")
					continue
				}
				servers = append(servers, s)
			}
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// serve announces the node on one interface.
func (d *Discovery) serve(p place) (*mdns.Server, error) {
	var ips []net.IP
	for _, addr := range p.addrs {
		ips = append(ips, addr.AsSlice())
	}
	zone, err := mdns.NewMDNSService(d.name, service, domain, d.name+"."+domain, int(d.cfg.Listen.Port()), ips, []string{"v=0.6"})
	if err == nil {
		var s *mdns.Server
		if s, err = mdns.NewServer(&mdns.Config{Zone: zone, Iface: &p.iface, Logger: quiet()}); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("lan: announce on %s: %w", p.iface.Name, err)
}

// quiet is the logger of the library, which complains of what others send.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

var errNoInterface = errors.New("lan: no interface of a local network")
