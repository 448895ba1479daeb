package conform

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"filbert/overlay/wire"
)

// agent is our User-Agent. Names that servents check for being genuine are
// taken by nobody (handshake.md §5).
const agent = "conform/1.0"

// greeting is our side of a handshake: the first block, and what the third one
// adds.
type greeting struct {
	first   string
	headers []string
	confirm []string
	guid    wire.GUID
	listen  netip.AddrPort // where we say we listen; invalid = where the connection comes from, which nobody else has
	deflate bool           // we shall deflate what we send, if the servent inflates
}

// ultrapeer is the HELLO of an ultrapeer that asks for nothing beyond the
// minimum: no compression, no TLS, no vendor messages, no query routing.
func (t *trial) ultrapeer(headers ...string) greeting {
	return t.greeting("True", headers)
}

// leaf is the HELLO of a leaf. It takes compression, without which gtk-gnutella
// has no leaves.
func (t *trial) leaf(headers ...string) greeting {
	return t.greeting("False", append([]string{"Accept-Encoding: deflate"}, headers...))
}

func (t *trial) greeting(ultrapeer string, headers []string) greeting {
	g := greeting{first: "GNUTELLA CONNECT/0.6", guid: t.guid()}
	g.headers = []string{
		"User-Agent: " + agent,
		"X-Ultrapeer: " + ultrapeer,
		"X-Query-Routing: 0.1",
		"X-Dynamic-Querying: 0.1",
		"X-Degree: 32",
		"X-Max-TTL: 4",
		"X-Requeries: False",
		"GGEP: 0.5",
		"Pong-Caching: 0.1",
		"Bye-Packet: 0.1",
		"GUID: " + g.guid.String(),
	}
	g.headers = append(g.headers, headers...)
	return g
}

// without takes a header away.
func (g greeting) without(name string) greeting {
	g.headers = slices.DeleteFunc(slices.Clone(g.headers), func(line string) bool {
		return strings.HasPrefix(line, name+":")
	})
	return g
}

// with replaces a header.
func (g greeting) with(line string) greeting {
	name, _, _ := strings.Cut(line, ":")
	g = g.without(name)
	g.headers = append(g.headers, line)
	return g
}

// lines is the first block on a connection.
func (g *greeting) lines(c *conn) []string {
	if !g.listen.IsValid() {
		g.listen = c.local
	}
	return append(append([]string{g.first}, g.headers...),
		fmt.Sprintf("Listen-IP: %v", g.listen), fmt.Sprintf("Node: %v", g.listen), fmt.Sprintf("Remote-IP: %v", c.t.cfg.Addr.Addr()))
}

// shake says a greeting and reads the answer. A servent that lets us in gets
// the third block, and the link is up; otherwise there is no peer.
func (t *trial) shake(c *conn, g greeting) (*peer, block) {
	c.say(g.lines(c)...)
	answer := c.block("an answer to the HELLO")
	if !answer.welcome() {
		return nil, answer
	}
	return t.confirm(c, g, answer), answer
}

// confirm sends the third block and makes a peer of the connection.
func (t *trial) confirm(c *conn, g greeting, answer block) *peer {
	lines := append([]string{"GNUTELLA/0.6 200 OK"}, g.confirm...)
	deflate := g.deflate && answer.lists("Accept-Encoding", "deflate")
	if deflate {
		lines = append(lines, "Content-Encoding: deflate")
	}
	c.say(lines...)
	for _, line := range g.confirm {
		if line == "Connection: Upgrade" {
			if err := c.secure(); err != nil {
				t.failf("a TLS handshake after the upgrade", "%s", t.told(err))
			}
		}
	}
	return t.newPeer(c, g, answer, deflate)
}

// link is a link that must come about.
func (t *trial) link(g greeting) *peer {
	p, answer := t.shake(t.dial(), g)
	for t.crowded(answer) {
		p, answer = t.shake(t.dial(), g)
	}
	if p == nil {
		t.failf("the servent to let us in", "%s", answer.first)
	}
	return p
}

// crowded reports, after a pause, whether a servent has no slot and may have one soon: it
// may not have seen yet that a link of an earlier case has ended.
func (t *trial) crowded(answer block) bool {
	if t.crowdedAt.IsZero() {
		t.crowdedAt = time.Now()
	}
	full := strings.Contains(answer.first, " 204 ") || strings.Contains(answer.first, " 503 ")
	if !full || time.Since(t.crowdedAt) > t.cfg.Timeout {
		return false
	}
	t.pause(crowdedPause)
	return true
}

// pair returns two links of ours as ultrapeers, which are kept from case to
// case. What came on them before is forgotten.
func (t *trial) pair() (a, b *peer) {
	for i, p := range t.links {
		if p == nil || p.over() {
			p = t.link(t.ultrapeer())
			p.shared = true
			t.links[i] = p
		}
	}
	for _, p := range t.links {
		p.t = t
		p.settle()
	}
	return t.links[0], t.links[1]
}

// one returns one such link.
func (t *trial) one() *peer {
	a, _ := t.pair()
	return a
}
