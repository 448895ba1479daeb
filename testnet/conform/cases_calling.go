package conform

import (
	"strings"
	"time"
)

var callingCases = []Case{
	{
		Name: "calling/hello", Checks: "the servent that calls says GNUTELLA CONNECT/0.6 and headers as every servent reads them, and nothing more", Source: "handshake.md §1, §3",
		run: func(t *trial) {
			c := t.called()
			b := c.hello()
			validLines(t, b)
			role, ok := b.get("X-Ultrapeer")
			t.check(ok && boolForm.MatchString(role), "X-Ultrapeer: True or False", "%q", role)
			guid, ok := b.get("GUID")
			t.check(!ok || guidForm.MatchString(guid), "32 hex digits", "%q", guid)
			c.silent("nothing before our answer")
		},
	},
	{
		Name: "calling/accepted", Checks: "our 200 is answered by a third block of 200, and the link carries messages", Source: "handshake.md §1; gtk-gnutella.md Connecting 5",
		run: func(t *trial) {
			p, third := t.answered()
			validLines(t, third)
			_, deflates := third.get("Content-Encoding")
			t.check(!deflates, "no Content-Encoding: we accept no deflate", "that")
			p.alive()
			t.carries(p, t.one())
		},
	},
	{
		Name: "calling/refused", Checks: "our 503 is answered by the end of the connection", Source: "handshake.md §1",
		run: func(t *trial) {
			c := t.called()
			c.hello()
			c.say("GNUTELLA/0.6 503 Too many connections", "User-Agent: "+agent, "X-Ultrapeer: True")
			c.ends(t.cfg.Timeout)
		},
	},
	{
		Name: "calling/not-gnutella", Checks: "an answer that is none of Gnutella ends the connection", Source: "handshake.md vectors: status line",
		run: func(t *trial) {
			c := t.called()
			c.hello()
			c.say("HTTP/1.1 400 Bad Request", "Connection: close")
			c.ends(t.cfg.Timeout)
			t.one().alive()
		},
	},
	{
		Name: "calling/deflate", Checks: "it inflates what we promise to deflate, and deflates for who accepts it", Source: "handshake.md §6",
		run: func(t *trial) {
			p, third := t.answered("Accept-Encoding: deflate", "Content-Encoding: deflate")
			t.check(p.answer.lists("Content-Encoding", "deflate") == third.lists("Content-Encoding", "deflate"), "one word", "two")
			p.alive()
			t.carries(p, t.one())
		},
	},
	{
		Name: "calling/tls", Checks: "it begins TLS after its third block when we take its offer", Source: "handshake.md §7 (b)",
		run: func(t *trial) {
			p, _ := t.answered("Upgrade: TLS/1.0", "Connection: Upgrade")
			p.alive()
			t.carries(p, t.one())
		},
	},
}

// hello reads the first block of a servent that calls.
func (c *conn) hello() block {
	b := c.block("a HELLO")
	c.t.check(strings.HasPrefix(b.first, "GNUTELLA CONNECT/0.6"), "GNUTELLA CONNECT/0.6", "%q", b.first)
	return b
}

// silent checks that nothing comes for a while.
func (c *conn) silent(want string) {
	c.raw.SetReadDeadline(time.Now().Add(quietTime))
	if b, err := c.r.Peek(1); err == nil {
		c.t.failf(want, "%x", b)
	}
}

// answered lets a servent that calls in and makes a link of it. With headers
// that take up an offer, the case ends unless that was offered.
func (t *trial) answered(headers ...string) (*peer, block) {
	c := t.called()
	b := c.hello()
	deflate, upgrade := false, false
	for _, h := range headers {
		switch h {
		case "Content-Encoding: deflate":
			if deflate = b.lists("Accept-Encoding", "deflate"); !deflate {
				t.notOffered("its HELLO does not accept deflate")
			}
		case "Upgrade: TLS/1.0":
			if upgrade = b.lists("Upgrade", "TLS/1.0"); !upgrade {
				t.notOffered("its HELLO has no Upgrade: TLS/1.0")
			}
		}
	}
	g := t.ultrapeer(headers...)
	g.first = "GNUTELLA/0.6 200 OK"
	c.say(g.lines(c)...)
	third := c.block("a third block")
	t.check(third.welcome() && statusForm.MatchString(third.first), "GNUTELLA/0.6 200 OK", "%q", third.first)
	if upgrade {
		t.check(third.lists("Connection", "Upgrade"), "Connection: Upgrade in its third block", "none")
		if err := c.secureServer(); err != nil {
			t.failf("a TLS handshake after the upgrade", "%s", t.told(err))
		}
	}
	said := b
	said.fields = append(said.fields[:len(said.fields):len(said.fields)], third.fields...)
	return t.newPeer(c, g, said, deflate), third
}
