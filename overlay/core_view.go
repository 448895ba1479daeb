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
	Since      time.Time
	Heard      time.Time // last bytes of it
	Files, KiB uint32    // what it shares, by its own word
	Received   Counts
	Sent       Counts
	Drops      Drops // of what it sent
}

// DefaultWant is how many neighbors a node should want.
const DefaultWant = 8

// View is a picture of a Core.
type View struct {
	GUID      wire.GUID
	External  netip.Addr // as others see us; invalid while they do not agree
	Started   time.Time
	Neighbors []Neighbor
	Dialing   int
	Known     int // hosts in the cache
	Routes    int // query GUIDs remembered
	Searches  int
	Want, Max int
	Traffic   Traffic
	Datagrams Traffic // by UDP
	UDPOpen   bool    // strangers reach us by UDP
	Drops     Drops
}

// View takes a picture.
func (c *Core) View() View {
	v := View{
		GUID:      c.cfg.GUID,
		External:  c.self.external,
		Started:   c.started,
		Dialing:   len(c.dialing),
		Known:     c.hosts.Len(),
		Routes:    c.queries.Len(),
		Searches:  len(c.searches.list),
		Want:      c.cfg.Want,
		Max:       c.cfg.Max,
		Traffic:   c.traffic,
		Datagrams: c.udp.traffic,
		UDPOpen:   c.udpOpen(c.due),
		Drops:     c.drops,
	}
	if !v.External.IsValid() {
		v.External = c.self.agreed(true)
	}
	for _, n := range c.neighbors {
		v.Neighbors = append(v.Neighbors, Neighbor{
			Link: n.id, Addr: n.remote, Listen: n.listen, Inbound: n.inbound,
			Agent: n.peer.Agent, GUID: n.peer.GUID, Role: n.peer.Role, Degree: n.peer.Degree, MaxTTL: n.peer.MaxTTL,
			Since: n.since, Heard: n.heard, Files: n.files, KiB: n.kib,
			Received: n.received, Sent: n.sent, Drops: n.drops,
		})
	}
	return v
}

// Hosts is the known hosts as bytes, for Restore.
func (c *Core) Hosts() []byte { return c.hosts.Snapshot() }
