package uhc

import (
	"net/netip"
	"slices"
	"strings"
)

// Snapshot is the caches that answered and are not of the settings, as lines of
// text, "host:port teller", those that answered last first. Restore takes it.
func (c *Client) Snapshot() []byte {
	var kept []*cache
	for _, k := range c.list {
		if !k.pinned && !k.answered.IsZero() {
			kept = append(kept, k)
		}
	}
	slices.SortStableFunc(kept, func(a, b *cache) int { return b.answered.Compare(a.answered) })
	var b []byte
	for _, k := range kept {
		b = append(b, k.name()...)
		b = append(append(b, ' '), k.teller.String()...)
		b = append(b, '\n')
	}
	return b
}

// Restore adds the caches of a snapshot and returns how many were new. Lines
// that name none are left out, so a damaged snapshot harms nothing.
func (c *Client) Restore(snapshot []byte) (n int) {
	snapshot = snapshot[:min(len(snapshot), MaxSnapshot)]
	for line := range strings.SplitSeq(string(snapshot), "\n") {
		name, by, _ := strings.Cut(line, " ")
		host, port, ok := parseName(name)
		teller, err := netip.ParseAddr(by)
		if ok && err == nil && len(c.list) < maxCaches && c.find(host, port) == nil {
			c.list = append(c.list, &cache{host: host, port: port, teller: teller.Unmap().WithZone("")})
			n++
		}
	}
	return n
}
