package gwc

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Snapshot is when each cache was visited, as lines of text: URL, Unix time and
// who told of it, "-" for the settings. A node that is started again and again
// must not visit the same caches each time.
func (c *Client) Snapshot() []byte {
	var b []byte
	for _, k := range c.list {
		teller := "-"
		if !k.pinned {
			teller = k.teller.String()
		}
		switch {
		case k.asked.IsZero():
		case k.pinned, k.answered && k.teller.IsValid():
			b = fmt.Appendf(b, "%s %d %s\n", k.url, k.asked.Unix(), teller)
		}
	}
	return b
}

// Restore takes a snapshot and returns how many caches were new. Lines that make
// no sense are left out, so a damaged snapshot harms nothing.
func (c *Client) Restore(now time.Time, snapshot []byte) (n int) {
	for line := range strings.SplitSeq(string(snapshot[:min(len(snapshot), MaxSnapshot)]), "\n") {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		normal, ok := Normal(fields[0])
		seconds, err := strconv.ParseInt(fields[1], 10, 64)
		if !ok || err != nil {
			continue
		}
		k := c.find(normal)
		teller, err := netip.ParseAddr(fields[2])
		if k == nil && err == nil && len(c.list) < maxCaches {
			k = &cache{url: normal, teller: teller.Unmap().WithZone(""), answered: true}
			c.list = append(c.list, k)
			n++
		}
		if asked := time.Unix(seconds, 0); k != nil && !asked.After(now) {
			k.asked = asked
		}
	}
	return n
}
