package conform

var tlsCases = []Case{
	{
		Name: "tls/upgrade", Checks: "who offers Upgrade: TLS/1.0 gets Connection: Upgrade, and TLS begins after the third block", Source: "handshake.md §7 (b)",
		run: func(t *trial) {
			p := t.upgraded()
			p.alive()
			t.carries(t.one(), p)
		},
	},
	{
		Name: "tls/unconfirmed", Checks: "an upgrade that we do not confirm leaves the link plain", Source: "handshake.md §7 (b)",
		run: func(t *trial) {
			p := t.link(t.ultrapeer("Upgrade: TLS/1.0"))
			if !p.answer.lists("Upgrade", "TLS/1.0") {
				t.notOffered("its answer has no Upgrade: TLS/1.0")
			}
			p.alive()
		},
	},
	{
		Name: "tls/other-upgrade", Checks: "an upgrade to something else is ignored", Source: "handshake.md §7: other tokens ignored",
		run: func(t *trial) {
			p := t.link(t.ultrapeer("Upgrade: Foo/9.9"))
			t.check(!p.answer.lists("Connection", "Upgrade"), "no Connection: Upgrade", "that")
			p.alive()
		},
	},
	{
		Name: "tls/upgrade-deflate", Checks: "deflate runs inside an upgraded link", Source: "handshake.md §6, §7",
		run: func(t *trial) {
			g := t.ultrapeer("Upgrade: TLS/1.0", "Accept-Encoding: deflate")
			g.confirm, g.deflate = []string{"Connection: Upgrade"}, true
			p := t.link2TLS(g)
			if !p.answer.lists("Content-Encoding", "deflate") {
				t.notOffered("it does not deflate")
			}
			p.alive()
		},
	},
	{
		Name: "tls/direct", Checks: "the port takes TLS at once, and a HELLO inside it", Source: "handshake.md §7 (a); bootstrap.md §7",
		run: func(t *trial) {
			p := t.direct()
			p.alive()
			t.carries(t.one(), p)
		},
	},
	{
		Name: "tls/no-upgrade-inside", Checks: "inside TLS no further upgrade is agreed on", Source: "handshake.md §7",
		run: func(t *trial) {
			p := t.direct("Upgrade: TLS/1.0")
			t.check(!p.answer.lists("Connection", "Upgrade"), "no Connection: Upgrade inside TLS", "that")
			p.alive()
		},
	},
	{
		Name: "tls/http", Checks: "the port serves HTTP inside TLS", Source: "bootstrap.md §7",
		run: func(t *trial) {
			t.needTLS()
			c := t.dial()
			if err := c.secure(); err != nil {
				t.failf("a TLS handshake", "%s", t.told(err))
			}
			r := c.request("GET", "/uri-res/N2R?urn:sha1:"+unknownSHA1)
			t.check(r.code() == 404 || r.code() == 503, "404 for an unknown URN", "%s", r.first)
		},
	},
	{
		Name: "tls/garbage", Checks: "a connection that begins as TLS and goes on as none is closed, others stay", Source: "bootstrap.md §7; THREATS T31",
		run: func(t *trial) {
			a := t.one()
			c := t.dial()
			c.write(append([]byte{22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3}, make([]byte, 700)...))
			c.ends(halfOpenLimit)
			a.alive()
		},
	},
}

// needTLS ends the case unless the servent said that it speaks TLS.
func (t *trial) needTLS() {
	if !t.answer.lists("Upgrade", "TLS/1.0") && !t.answer.lists("X-Features", "tls/1.0") {
		t.notOffered("its headers do not name TLS")
	}
}

// upgraded is a link that became TLS after its handshake.
func (t *trial) upgraded() *peer {
	g := t.ultrapeer("Upgrade: TLS/1.0")
	g.confirm = []string{"Connection: Upgrade"}
	return t.link2TLS(g)
}

// link2TLS makes a link whose third block confirms the upgrade, if the servent
// agreed to it.
func (t *trial) link2TLS(g greeting) *peer {
	hello := func() (*conn, block) {
		c := t.dial()
		c.say(g.lines(c)...)
		return c, c.block("an answer to the HELLO")
	}
	c, answer := hello()
	for t.crowded(answer) {
		c, answer = hello()
	}
	t.check(answer.welcome(), "the servent to let us in", "%s", answer.first)
	if !answer.lists("Connection", "Upgrade") {
		t.notOffered("its answer to Upgrade: TLS/1.0 has no Connection: Upgrade")
	}
	t.check(answer.lists("Upgrade", "TLS/1.0"), "Upgrade: TLS/1.0 beside Connection: Upgrade", "none")
	return t.confirm(c, g, answer)
}

// direct is a link inside a TLS connection.
func (t *trial) direct(headers ...string) *peer {
	t.needTLS()
	c := t.dial()
	if err := c.secure(); err != nil {
		t.failf("a TLS handshake", "%s", t.told(err))
	}
	p, answer := t.shake(c, t.ultrapeer(headers...))
	if p == nil {
		t.failf("the servent to let us in", "%s", answer.first)
	}
	return p
}
