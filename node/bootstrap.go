package node

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"filbert/node/state"
	"filbert/overlay"
	"filbert/overlay/bootstrap"
	"filbert/overlay/bootstrap/gwc"
	"filbert/overlay/bootstrap/lan"
	"filbert/overlay/bootstrap/uhc"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// publicCaches lists the UDP host caches of the public Gnutella network, as
// gtk-gnutella 1.2.3 has them (2024). They are asked only by a node that was
// told to join the public network and given nobody to call.
func publicCaches() []string {
	return []string{
		"useast.gnutella.dyslexicfish.net:3558", "uswest.gnutella.dyslexicfish.net:3558",
		"uk.gnutella.dyslexicfish.net:3558", "au.gnutella.dyslexicfish.net:3558",
		"1.uhc.gtk-gnutella.nl:19104", "2.uhc.gtk-gnutella.nl:4876",
		"useast.gnutella.dyslexicfish.net:15321", "uswest.gnutella.dyslexicfish.net:18037", "uk.gnutella.dyslexicfish.net:41481",
	}
}

const (
	keyHostCaches = "udp-host-caches" // in the bucket of the host cache
	keyWebCaches  = "web-caches"
)

// finding is the node's ways to find hosts beside the overlay.
type finding struct {
	public     bool                  // the well-known caches are among those asked
	hostCaches *bootstrap.HostCaches // nil when none is to be asked
	webCaches  *bootstrap.WebCaches  // likewise
	lan        *lan.Discovery        // likewise
	bootstrap  *bootstrap.Bootstrap  // nil when there is none of them
	nobody     bool                  // at the start there is nobody to call and nobody to ask
}

// openFinding builds the ways that the configuration names. known tells whether
// hosts of an earlier run are there.
func (n *Node) openFinding(known bool) {
	f := &n.finding
	resolver := n.cfg.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	caches := n.cfg.HostCaches
	if f.public = n.cfg.PublicNetwork && len(n.cfg.Seeds) == 0; f.public {
		caches = append(caches[:len(caches):len(caches)], publicCaches()...)
	}
	sources := map[bootstrap.Kind]bootstrap.Source{}
	if len(caches) > 0 {
		wishes := wire.SCPUltrapeers
		if host, _, err := net.SplitHostPort(n.cfg.Listen); err == nil && strings.Contains(host, ":") { // IPv6, by the user's choice
			wishes |= wire.SCPIPv6
		}
		client := uhc.NewClient(uhc.Config{Caches: caches, Vendor: overlay.Vendor(), Hosts: n.cfg.Hosts, Wishes: wishes}, n.cfg.child())
		client.Restore(n.kept(keyHostCaches))
		f.hostCaches = bootstrap.NewHostCaches(client, datagrams{n}, resolver)
		sources[bootstrap.HostCache] = f.hostCaches
	}
	if len(n.cfg.WebCaches) > 0 {
		client := gwc.NewClient(gwc.Config{Caches: n.cfg.WebCaches, Vendor: overlay.Vendor().String(), Agent: n.cfg.Version}, n.cfg.child())
		client.Restore(time.Now(), n.kept(keyWebCaches))
		f.webCaches = bootstrap.NewWebCaches(bootstrap.WebCachesConfig{
			Client: client, Agent: n.cfg.agent(), Dialer: n.router, Resolver: resolver, Hosts: n.cfg.Hosts,
		})
		sources[bootstrap.WebCache] = f.webCaches
	}
	if n.cfg.LAN {
		f.lan = lan.New(lan.Config{Listen: n.addr, Rand: n.cfg.child(), Log: n.log})
		sources[bootstrap.LAN] = f.lan
	}
	if len(sources) > 0 {
		f.bootstrap = bootstrap.New(bootstrap.Config{Overlay: standing{n}, Sources: sources, Log: n.log})
	}
	f.nobody = len(sources) == 0 && len(n.cfg.Seeds) == 0 && !known
}

// pongs is who takes pongs that come by UDP.
func (f *finding) pongs() overlay.Pongs {
	if f.hostCaches == nil {
		return nil
	}
	return f.hostCaches
}

// parts are what runs of it.
func (f *finding) parts() []part {
	var parts []part
	if f.lan != nil {
		parts = append(parts, part{"local network", f.lan.Run})
	}
	if f.bootstrap != nil {
		parts = append(parts, part{"bootstrap", f.bootstrap.Run})
	}
	return parts
}

// Outlook says in a sentence what a user should know of how this node finds the
// network, "" if there is nothing to say.
func (n *Node) Outlook() string {
	switch {
	case n.finding.public:
		return "No seed is given, so the well-known UDP host caches of the public Gnutella network are asked for hosts."
	case n.finding.nobody:
		return "There is nobody to call: name a servent with --seed, or look for some with --lan, --udp-host-cache, --web-cache or --public-network."
	}
	return ""
}

// kept is a value of an earlier run, nil if there is none.
func (n *Node) kept(key string) []byte {
	b, err := n.cfg.State.Bucket(stateHosts).Get(key)
	if err != nil {
		return nil // it is no loss: the settings name whom to ask
	}
	return b
}

// saveCaches remembers what was learned of caches.
func (n *Node) saveCaches() error {
	return n.cfg.State.Update(func(tx *state.Tx) error {
		if n.finding.hostCaches != nil {
			if err := tx.Put(stateHosts, keyHostCaches, n.finding.hostCaches.Snapshot()); err != nil {
				return err
			}
		}
		if n.finding.webCaches != nil {
			return tx.Put(stateHosts, keyWebCaches, n.finding.webCaches.Snapshot())
		}
		return nil
	})
}

// datagrams is the node's UDP socket. It implements bootstrap.Datagrams.
type datagrams struct{ n *Node }

// Send implements bootstrap.Datagrams.
func (d datagrams) Send(to netip.AddrPort, frame wire.Frame) error {
	return d.n.overlay.SendDatagram(to, frame)
}

// standing is the node as those who find hosts see it. It implements
// bootstrap.Overlay.
type standing struct{ n *Node }

// Standing implements bootstrap.Overlay. The node can be reached from outside
// when somebody did so and it is known at what address.
func (s standing) Standing(ctx context.Context) (bootstrap.Standing, error) {
	o, err := s.n.overlay.Status(ctx)
	if err != nil {
		return bootstrap.Standing{}, err
	}
	out := bootstrap.Standing{Links: len(o.Neighbors), Known: o.Known, Uptime: time.Since(s.n.started)}
	for _, neighbor := range o.Neighbors {
		if neighbor.Inbound && o.External.IsValid() && hostcache.Class(neighbor.Addr.Addr()) == hostcache.Global {
			out.Self = netip.AddrPortFrom(o.External, s.n.addr.Port())
		}
	}
	return out, nil
}

// Learn implements bootstrap.Overlay.
func (s standing) Learn(hosts []netip.AddrPort, teller netip.Addr) error {
	return s.n.overlay.Learn(hosts, teller)
}

// HostSource is one of the node's ways to find hosts.
type HostSource struct {
	bootstrap.SourceStatus
	Caches int // that are known, 0 where there are none
}

// hostSources is what became of the ways.
func (f *finding) hostSources() []HostSource {
	if f.bootstrap == nil {
		return nil
	}
	var out []HostSource
	for _, s := range f.bootstrap.Status() {
		source := HostSource{SourceStatus: s}
		switch s.Kind {
		case bootstrap.HostCache:
			source.Caches = f.hostCaches.Len()
		case bootstrap.WebCache:
			source.Caches = f.webCaches.Len()
		}
		out = append(out, source)
	}
	return out
}
