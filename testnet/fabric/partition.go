package fabric

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Partition stops all traffic between the hosts A and B until it is healed. Segments that left before arrive. TCP
// goes on afterwards, as if it had sent again what was lost; datagrams are lost.
type Partition struct {
	Name   string
	A, B   []netip.Addr // an empty B is everybody else
	OneWay bool         // only from A to B
	Hold   bool         // datagrams wait as well, up to a limit: a link that pauses
}

// Heal ends the partitions of that name.
type Heal struct{ Name string }

// cut is a partition in force.
type cut struct {
	Partition
	a, b map[netip.Addr]bool
	held []datagram
}

func (p Partition) apply(n *Net, _ time.Duration) {
	n.cuts = append(n.cuts, &cut{Partition: p, a: set(p.A), b: set(p.B)})
}

func (f Heal) apply(n *Net, now time.Duration) {
	var remain, healed []*cut
	for _, c := range n.cuts {
		if c.Name == f.Name {
			healed = append(healed, c)
		} else {
			remain = append(remain, c)
		}
	}
	n.cuts = remain
	for _, c := range healed {
		for _, d := range c.held {
			n.postLocked(d, nil, now)
		}
	}
	n.unstallLocked()
}

// cutLocked returns the first partition that is in the way of a link, or nil.
func (n *Net) cutLocked(l *link) *cut {
	for _, c := range n.cuts {
		if c.stops(l.From, l.To) || !c.OneWay && c.stops(l.To, l.From) {
			return c
		}
	}
	return nil
}

// stops tells whether the partition lies between from in A and to in B.
func (c *cut) stops(from, to netip.Addr) bool {
	if len(c.b) == 0 {
		return c.a[from] && !c.a[to]
	}
	return c.a[from] && c.b[to]
}

func (p Partition) String() string {
	arrow, b, hold := "<->", "all others", ""
	if p.OneWay {
		arrow = "->"
	}
	if len(p.B) > 0 {
		b = some(p.B)
	}
	if p.Hold {
		hold = ", datagrams wait"
	}
	return fmt.Sprintf("partition %q: %s %s %s%s", p.Name, some(p.A), arrow, b, hold)
}

func (f Heal) String() string { return fmt.Sprintf("heal %q", f.Name) }

func set(addrs []netip.Addr) map[netip.Addr]bool {
	m := make(map[netip.Addr]bool, len(addrs))
	for _, a := range addrs {
		m[a.Unmap()] = true
	}
	return m
}

// some names a few of the hosts.
func some(addrs []netip.Addr) string {
	const few = 4
	names := make([]string, 0, few+1)
	for _, a := range addrs[:min(few, len(addrs))] {
		names = append(names, a.String())
	}
	if len(addrs) > few {
		names = append(names, fmt.Sprintf("and %d more", len(addrs)-few))
	}
	return strings.Join(names, ", ")
}
