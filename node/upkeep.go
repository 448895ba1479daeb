package node

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"filbert/nat"
	"filbert/nat/socket"
	"filbert/node/doctor"
	"filbert/overlay"
	"filbert/overlay/handshake"
)

// upkeep counts what the node sends while nobody asks it anything. As a leaf it saves bytes
// when the budget of the hour is used up.
type upkeep struct {
	groups  atomic.Uint64 // bytes that members were sent, with headers
	aside   atomic.Uint64 // bytes of STUN from ports beside ours, likewise
	thrifty atomic.Bool

	mu    sync.Mutex
	meter nat.UpkeepMeter // guarded by mu
	was   nat.UpkeepBytes // guarded by mu: since the start, when it was last counted
	paths uint64          // guarded by mu: datagrams and bytes of QUIC then, with headers
	used  uint64          // guarded by mu: streams over paths that had been opened then
}

// UpkeepStatus is what was sent in the last hour while nobody asked for anything.
type UpkeepStatus struct {
	Hour    nat.UpkeepBytes
	Budget  uint64
	Thrifty bool // what can wait is done less often
}

func (u *upkeep) status() UpkeepStatus {
	u.mu.Lock()
	defer u.mu.Unlock()
	return UpkeepStatus{Hour: u.meter.Hour(time.Now()), Budget: nat.MaxUpkeep, Thrifty: u.thrifty.Load()}
}

// keepUpkeep counts until ctx ends.
func (n *Node) keepUpkeep(ctx context.Context) error {
	tick := time.NewTicker(upkeepPeriod)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		o, err := n.overlay.Status(ctx)
		if err != nil {
			return nil // the overlay has ended, and we are about to
		}
		thrifty := n.count(time.Now(), &o) && o.Role == handshake.RoleLeaf
		if n.upkeep.thrifty.Swap(thrifty) == thrifty {
			continue
		}
		if thrifty {
			n.log.Info().Msg("what keeps the node reachable has used up its bytes of this hour: what can wait, waits")
		}
		if err := n.overlay.SetThrift(thrifty); err != nil {
			return nil // likewise
		}
	}
}

// count counts what was sent since it was called last, and reports whether the budget of
// the hour is used up.
func (n *Node) count(now time.Time, o *overlay.Status) bool {
	links, datagrams := &o.Traffic.Sent, &o.Datagrams.Sent
	udp := n.socket.Stats()
	with := func(k socket.Kind) uint64 { return udp.Kinds[k].SentBytes + udpHeaders*udp.Kinds[k].Sent }
	sum := nat.UpkeepBytes{
		nat.UpkeepLinks:     links.Upkeep + ipHeaders*links.Kept(),
		nat.UpkeepDials:     vainDial*o.DialsVain + madeDial*(o.Dials-o.DialsVain),
		nat.UpkeepDatagrams: datagrams.Upkeep + udpHeaders*datagrams.Kept(),
		nat.UpkeepSTUN:      with(socket.STUN) + n.upkeep.aside.Load(),
		nat.UpkeepRelays:    n.relays.client.Kept(),
		nat.UpkeepGroups:    n.upkeep.groups.Load(),
	}
	used, inUse := n.punches.uses()
	quic := with(socket.QUIC)
	u := &n.upkeep
	u.mu.Lock()
	defer u.mu.Unlock()
	var sent nat.UpkeepBytes
	for i := range sum {
		sent[i] = sum[i] - u.was[i]
	}
	if used == u.used && !inUse { // what paths carried was for them alone
		sent[nat.UpkeepPaths] = quic - u.paths
	}
	u.was, u.paths, u.used = sum, quic, used
	u.meter.Add(now, sent)
	return u.meter.Spent(now)
}

// upkeepFacts is the same for the doctor.
func (n *Node) upkeepFacts() doctor.Upkeep {
	s := n.upkeep.status()
	return doctor.Upkeep{Hour: s.Hour, Budget: s.Budget, Thrifty: s.Thrifty}
}

// groupConn is a line between members whose bytes are counted.
type groupConn struct {
	net.Conn
	sent *atomic.Uint64
}

// Write implements net.Conn.
func (c *groupConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.sent.Add(uint64(n + recordHeaders + ipHeaders))
	return n, err
}

// asidePort is a UDP port beside ours whose bytes are counted.
type asidePort struct {
	net.PacketConn
	sent *atomic.Uint64
}

// WriteTo implements net.PacketConn.
func (c *asidePort) WriteTo(b []byte, to net.Addr) (int, error) {
	n, err := c.PacketConn.WriteTo(b, to)
	c.sent.Add(uint64(n + udpHeaders))
	return n, err
}
