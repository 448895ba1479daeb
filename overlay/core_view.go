package overlay

import (
	"net/netip"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// Neighbor is what is known of one link that is up. Agent is as received: it
// must be escaped before it is shown.
type Neighbor struct {
	Link       link.ID
	Addr       netip.AddrPort // of the connection
	Listen     netip.AddrPort // where it takes connections; invalid when unknown
	Inbound    bool
	Agent      string
	GUID       wire.GUID
	Role       handshake.Role
	Degree     int
	MaxTTL     wire.TTL
	Terms      handshake.Terms
	Since      time.Time
	Heard      time.Time      // last bytes of it
	RTT        time.Duration  // 0 = not known
	Table      bool           // it sent a route table
	TableFill  float64        // how much of it is set, 0 to 1
	Files, KiB uint32         // what it shares, by its own word
	Relays     bool           // for those whom nobody can connect to, by its own word
	STUN       bool           // it answers STUN where it listens, likewise
	Proxy      netip.AddrPort // where it asks us to call, if it is our push proxy
	Words      bool           // it passes words about paths on to us, as our push proxy
	Received   Counts
	Sent       Counts
	Drops      Drops // of what it sent
}

// DefaultWant is how many neighbors a node should want.
const DefaultWant = 8

// View is a picture of a Core.
type View struct {
	GUID      wire.GUID
	Mode      Mode
	Role      handshake.Role
	RoleWhy   string     // why it is what it is, or what keeps it from being an ultrapeer
	External  netip.Addr // as others see us; invalid while they do not agree
	IPv6      netip.Addr // likewise, by IPv6
	Started   time.Time
	Neighbors []Neighbor
	Dialing   int
	DialsHeld uint64 // times that somebody would have been dialed, but many had not answered
	Dials     uint64 // begun so far
	DialsVain uint64 // of these, that nobody answered
	Known     int    // hosts in the cache
	Routes    int    // query GUIDs remembered
	Searches  int
	Want, Max int // ultrapeers
	MaxLeaves int
	Proxies   int  // neighbors that are our push proxies
	Relays    bool // we relay for others
	STUN      bool // we answer STUN
	Votes     int  // independent networks that said where they see us
	Asking    int  // dynamic queries that run
	Told      bool // all neighbors know our latest route table, as far as they keep one
	Traffic   Traffic
	Datagrams Traffic // by UDP
	Drops     Drops
	TCP, UDP  Reach            // on the kind of network our neighbors are on
	Horizon   []wire.HSEPLevel // what is within 1, 2, … hops, by the word of neighbors
}

// Leaves is how many neighbors are leaves of ours.
func (v *View) Leaves() int {
	count := 0
	for i := range v.Neighbors {
		if v.Role == handshake.RoleUltrapeer && v.Neighbors[i].Role == handshake.RoleLeaf {
			count++
		}
	}
	return count
}

// View takes a picture.
func (c *Core) View() View {
	v := View{
		GUID:      c.cfg.GUID,
		Mode:      c.cfg.Mode,
		Role:      c.role.is,
		RoleWhy:   c.role.why,
		External:  c.self.external,
		IPv6:      c.self.known(false),
		Started:   c.started,
		Dialing:   len(c.dialing),
		DialsHeld: c.vain.held,
		Dials:     c.dials,
		DialsVain: c.vain.noted,
		Known:     c.hosts.Len(),
		Routes:    c.queries.Len(),
		Searches:  len(c.searches.list),
		Want:      c.wantedLinks(),
		Max:       c.cfg.Max,
		MaxLeaves: c.cfg.MaxLeaves,
		Asking:    len(c.asking),
		Told:      c.told(),
		Votes:     len(c.self.votes),
		Relays:    c.relays(),
		STUN:      c.servesSTUN(),
		Traffic:   c.traffic,
		Datagrams: c.udp.traffic,
		Drops:     c.drops,
		TCP:       c.reach.tcp[c.outlook()].reach(),
		UDP:       c.reach.udp[c.outlook()].reach(),
	}
	horizon := c.horizon(nil)
	v.Horizon = horizon[:]
	if !v.External.IsValid() {
		v.External = c.self.known(true)
	}
	for _, n := range c.neighbors {
		if n.vendor.proxy.at.IsValid() {
			v.Proxies++
		}
		seen := Neighbor{
			Link: n.id, Addr: n.remote, Listen: n.listen, Inbound: n.inbound,
			Agent: n.peer.Agent, GUID: n.peer.GUID, Role: n.peer.Role, Degree: n.peer.Degree, MaxTTL: n.peer.MaxTTL, Terms: n.terms,
			Since: n.since, Heard: n.heard, Files: n.files, KiB: n.kib,
			Relays:   n.peer.Features[handshake.FeatureRelay] != (handshake.Version{}),
			Words:    n.vendor.proxy.at.IsValid() && n.supports(wire.VendorPunchWord),
			STUN:     n.peer.Features[handshake.FeatureSTUN] != (handshake.Version{}),
			Proxy:    n.vendor.proxy.at,
			Received: n.received, Sent: n.sent, Drops: n.drops, RTT: n.rtt,
		}
		if t := n.table(); t != nil {
			seen.Table, seen.TableFill = true, t.Fill()
		}
		v.Neighbors = append(v.Neighbors, seen)
	}
	return v
}

// Hosts is the known hosts as bytes, for Restore.
func (c *Core) Hosts() []byte { return c.hosts.Snapshot() }
