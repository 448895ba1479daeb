package overlay

import (
	"strings"
	"time"

	"filbert/overlay/deflate"
	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// crawlerDatagram tells a crawler of our neighbors (LIME/5), once in
// crawlerPause. Who did not prove its address is told of as many as fit into
// what it may get.
func (c *Core) crawlerDatagram(now time.Time, ev *Datagram, f wire.Frame, v *wire.Vendor) {
	ping, err := v.CrawlerPing()
	if err != nil {
		c.drop(nil, DropMalformed)
		return
	}
	if _, again := c.udp.crawlers.get(now, who(ev.From)); again {
		c.drop(nil, DropDatagram)
		return
	}
	if c.proveFirst(now, ev) {
		return
	}
	room := c.room(now, ev.From, len(f))
	if room == 0 {
		c.drop(nil, DropDatagram)
		return
	}
	ultras, leaves := c.census(now, handshake.RoleUltrapeer, ping.Ultrapeers), c.census(now, handshake.RoleLeaf, ping.Leaves)
	if len(ultras)+len(leaves) == 0 {
		return // as gtk-gnutella: nothing to tell
	}
	pong := &wire.CrawlerPong{
		Features: ping.Features & (wire.CrawlTime | wire.CrawlAgents | wire.CrawlUptime),
		Uptime:   min(now.Sub(c.started), 24*time.Hour),
	}
	if !c.isProven(now, ev.From) {
		pong.Features &^= wire.CrawlAgents // the longest part, for the least
	}
	for {
		pong.Ultrapeers, pong.Leaves = addrsOf(ultras), addrsOf(leaves)
		if pong.Features&wire.CrawlAgents != 0 {
			pong.Agents = deflate.Deflate(nil, []byte(agentsOf(ultras, leaves, c.cfg.agent)))
		}
		out := c.out.frame(f.GUID(), 1, pong.Message())
		switch {
		case len(out) <= room:
			if f.TTL()&wire.TTLInflates != 0 {
				out = deflateDatagram(out)
			}
			if c.respond(now, ev.From, out) {
				c.udp.crawlers.put(now, who(ev.From), struct{}{})
			}
			return
		case len(leaves) > 0:
			leaves = leaves[:len(leaves)/2]
		case len(ultras) > 0:
			ultras = ultras[:len(ultras)-1]
		default:
			return
		}
	}
}

// crawledHost is a neighbor as a crawler is told of it.
type crawledHost struct {
	wire.CrawledHost
	agent string
}

// census lists up to most neighbors of a role, those of longest standing first.
func (c *Core) census(now time.Time, role handshake.Role, most uint8) (out []crawledHost) {
	for _, n := range c.neighbors {
		if len(out) == int(most) {
			break
		}
		if n.peer.Role == role && n.listen.IsValid() && n.listen.Addr().Is4() {
			out = append(out, crawledHost{wire.CrawledHost{Addr: n.listen, Up: now.Sub(n.since)}, n.peer.Agent})
		}
	}
	return out
}

func addrsOf(hosts []crawledHost) (out []wire.CrawledHost) {
	for _, h := range hosts {
		out = append(out, h.CrawledHost)
	}
	return out
}

// agentsOf joins the User-Agents in the order of the hosts, our own last.
func agentsOf(ultras, leaves []crawledHost, own string) string {
	escape := strings.NewReplacer(`\`, `\\`, `;`, `\;`)
	var agents []string
	for _, hosts := range [...][]crawledHost{ultras, leaves} {
		for _, h := range hosts {
			agents = append(agents, escape.Replace(h.agent))
		}
	}
	return strings.Join(append(agents, escape.Replace(own)), ";")
}
