package node

import (
	"context"
	"net/netip"
	"runtime/debug"
	"time"

	"filbert/node/doctor"
	"filbert/overlay/handshake"
)

// Examine judges how the node is. The error is overlay.ErrClosed when it does
// not run.
func (n *Node) Examine(ctx context.Context) ([]doctor.Check, error) {
	o, err := n.overlay.Status(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	f := doctor.Facts{
		Now: now, Built: built(), Running: now.Sub(n.started),
		Port: n.addr.Port(), Neighbors: len(o.Neighbors), Known: o.Known, Leaf: o.Role == handshake.RoleLeaf, Proxies: o.Proxies,
		TCP: doctor.Way(o.TCP), UDP: doctor.Way(o.UDP),
		External: o.External, Told: n.cfg.External.IsValid(), Seen: o.Votes, Own: n.ownAddrs(),
		STUN:     n.stuns.facts(),
		MaxFiles: maxFiles(), Mapping: n.mapping(), Router: n.routerFacts(), Upkeep: n.upkeepFacts(),
		TURN:  n.punches.turns.facts(),
		Relay: doctor.Relay{At: n.relays.reservations(), Serves: o.Relays, Circuits: n.relays.stats().Circuits},
	}
	for i := range o.Neighbors {
		f.Relay.Offered = f.Relay.Offered || o.Neighbors[i].Relays
	}
	if n.disk != nil {
		f.Downloads.Path = n.cfg.Downloads
		f.Downloads.Free, f.Downloads.Err = n.disk.Free()
	}
	return doctor.Examine(f), nil
}

// built is when the program's source was committed, the zero time if it does not say.
func built() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			at, _ := time.Parse(time.RFC3339, s.Value) // or zero
			return at
		}
	}
	return time.Time{}
}

// ownAddrs is the addresses of this machine, but those of loopback; on a simulated
// network the one it listens at.
func (n *Node) ownAddrs() (own []netip.Addr) {
	networks, _ := n.ownNetworks()
	for _, p := range networks {
		own = append(own, p.Addr())
	}
	return own
}
