package overlay

import (
	"maps"
	"net/netip"
	"time"

	"filbert/overlay/handshake"
)

// crawls reports whether a peer is a crawler: it asks who our neighbors are.
func crawls(ev *Applied) bool { return ev.Inbound && ev.Peer.Crawler != (handshake.Version{}) }

// crawled answers a crawler with our neighbors, each address now and then only.
func (c *Core) crawled(now time.Time, ev *Applied) handshake.Verdict {
	if !c.crawls.allow(now, ev.Remote.Addr()) {
		return handshake.Refused(handshake.Forbidden, "Crawled too often")
	}
	v := handshake.Accepted()
	for _, n := range c.neighbors {
		addr := n.listen
		if !addr.IsValid() {
			addr = n.remote
		}
		if n.peer.Role == handshake.RoleLeaf {
			v.Leaves = append(v.Leaves, addr)
		} else {
			v.Peers = append(v.Peers, addr)
		}
	}
	return v
}

// crawlLimit remembers who crawled us lately: addresses, with the time from which
// on they may again.
type crawlLimit struct{ until map[netip.Addr]time.Time }

// allow reports whether an address may crawl now: once in crawlPause, maxCrawlers
// addresses at most.
func (l *crawlLimit) allow(now time.Time, addr netip.Addr) bool {
	if l.until == nil {
		l.until = make(map[netip.Addr]time.Time)
	}
	maps.DeleteFunc(l.until, func(_ netip.Addr, until time.Time) bool { return !now.Before(until) })
	if _, ok := l.until[addr]; ok || len(l.until) >= maxCrawlers {
		return false
	}
	l.until[addr] = now.Add(crawlPause)
	return true
}
