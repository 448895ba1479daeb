package conform

import (
	"fmt"
	"strings"

	"filbert/overlay/wire"
)

var handshakeCases = []Case{
	{
		Name: "handshake/0.6", Checks: "a HELLO of 0.6 is answered 200, and the link carries messages after a bare third block",
		Source: "handshake.md §1; gtk-gnutella.md Connecting 5",
		run:    func(t *trial) { t.link(t.ultrapeer()).alive() },
	},
	{
		Name: "handshake/0.4", Checks: "a HELLO of 0.4 is closed without a word", Source: "handshake.md §1; gtk-gnutella.md Connecting 3",
		run: func(t *trial) {
			c := t.dial()
			c.write([]byte("GNUTELLA CONNECT/0.4\n\n"))
			b, ok := c.hear("the connection to be closed")
			t.check(!ok, "the connection to be closed", "%s", b.first)
		},
	},
	{
		Name: "handshake/0.7", Checks: "a HELLO of 0.7 is served as 0.6", Source: "handshake.md §1; gtk-gnutella.md Connecting 3",
		run: func(t *trial) {
			g := t.ultrapeer()
			g.first = "GNUTELLA CONNECT/0.7"
			p := t.link(g)
			t.check(strings.HasPrefix(p.answer.first, "GNUTELLA/0.6 "), "GNUTELLA/0.6", "%s", p.answer.first)
			p.alive()
		},
	},
	{
		Name: "handshake/version", Checks: "a HELLO whose version is no number is not served", Source: "handshake.md §1",
		run: func(t *trial) {
			g := t.ultrapeer()
			g.first = "GNUTELLA CONNECT/new"
			c := t.dial()
			c.say(g.lines(c)...)
			c.refused(true)
		},
	},
	{
		Name: "handshake/role", Checks: "who sends no X-Ultrapeer is refused", Source: "handshake.md §5; gtk-gnutella.md X-Ultrapeer",
		run: func(t *trial) {
			g := t.ultrapeer().without("X-Ultrapeer")
			c := t.dial()
			c.say(g.lines(c)...)
			b := c.refused(false, 403, 503)
			validStatus(t, b)
			validLines(t, b)
		},
	},
	{
		Name: "handshake/early-hello", Checks: "bytes behind the HELLO, before its answer, end the connection",
		Source: "handshake.md §1; gtk-gnutella.md Connecting 4",
		run: func(t *trial) {
			c := t.dial()
			g := t.ultrapeer()
			c.write([]byte(strings.Join(g.lines(c), "\r\n") + "\r\n\r\nGNUTELLA/0.6 200 OK\r\n\r\n"))
			c.refused(true)
		},
	},
	{
		Name: "handshake/early-message", Checks: "messages in one segment with the third block are taken",
		Source: "handshake.md §1, vectors; gtk-gnutella.md Connecting 4",
		run: func(t *trial) {
			c := t.dial()
			g := t.ultrapeer()
			c.say(g.lines(c)...)
			answer := c.block("an answer to the HELLO")
			t.check(answer.welcome(), "the servent to let us in", "%s", answer.first)
			guid := t.guid()
			c.write(wire.AppendFrame([]byte("GNUTELLA/0.6 200 OK\r\n\r\n"), guid, 1, 0, &wire.Ping{}))
			p := t.newPeer(c, g, answer, false)
			p.want("a pong to the ping behind the third block", isPong(guid))
		},
	},
	{
		Name: "handshake/dribble", Checks: "a HELLO that comes in many segments is taken", Source: "handshake.md §1",
		run: func(t *trial) {
			c := t.dial()
			g := t.ultrapeer()
			hello := []byte(strings.Join(g.lines(c), "\r\n") + "\r\n\r\n")
			for len(hello) > 0 {
				n := min(len(hello), 7)
				c.write(hello[:n])
				hello = hello[n:]
			}
			answer := c.block("an answer to the HELLO")
			t.check(answer.welcome(), "the servent to let us in", "%s", answer.first)
		},
	},
	{
		Name: "handshake/continuation", Checks: "a header that goes on in a line that begins with a blank is one header",
		Source: "handshake.md §1",
		run:    func(t *trial) { t.link(t.ultrapeer().with("X-Ultrapeer:\r\n  True")).alive() },
	},
	{
		Name: "handshake/lf", Checks: "lines that end in LF alone are taken", Source: "handshake.md §1",
		run: func(t *trial) {
			c := t.dial()
			g := t.ultrapeer()
			c.write([]byte(strings.Join(g.lines(c), "\n") + "\n\n"))
			answer := c.block("an answer to the HELLO")
			t.check(answer.welcome(), "the servent to let us in", "%s", answer.first)
		},
	},
	{
		Name: "handshake/case", Checks: "names of headers are known in any case", Source: "handshake.md §1",
		run: func(t *trial) {
			t.link(t.ultrapeer().without("X-Ultrapeer").with("x-ULTRAPEER: true")).alive()
		},
	},
	{
		Name: "handshake/unknown-header", Checks: "headers that nobody knows are ignored", Source: "handshake.md §3",
		run: func(t *trial) { t.link(t.ultrapeer("X-Conform: 1; a=b", "X-Empty:")).alive() },
	},
	{
		Name: "handshake/long-line", Checks: "a first line above 1024 bytes is not served", Source: "handshake.md §1; gtk-gnutella.md Connecting 2",
		run: func(t *trial) {
			g := t.ultrapeer()
			g.first += strings.Repeat(" ", limitFirstLine) + "x"
			c := t.dial()
			c.say(g.lines(c)...)
			c.refused(true)
		},
	},
	{
		Name: "handshake/many-headers", Checks: "more than 128 header lines are refused with 413", Source: "handshake.md §1, §4; gtk-gnutella.md Connecting 2",
		run: func(t *trial) {
			g := t.ultrapeer()
			for i := range limitBlockLines {
				g.headers = append(g.headers, fmt.Sprintf("X-Conform-%d: x", i))
			}
			c := t.dial()
			c.say(g.lines(c)...)
			c.refused(true, 413)
		},
	},
	{
		Name: "handshake/large-block", Checks: "a header block above 16384 bytes is refused with 413", Source: "handshake.md §1, §4; gtk-gnutella.md Connecting 2",
		run: func(t *trial) {
			g := t.ultrapeer()
			for i := range 40 {
				g.headers = append(g.headers, fmt.Sprintf("X-Conform-%d: %s", i, strings.Repeat("x", 500)))
			}
			c := t.dial()
			c.say(g.lines(c)...)
			c.refused(true, 413)
		},
	},
	{
		Name: "handshake/accept", Checks: "Accept without application/x-gnutella-packets is refused with 406", Source: "handshake.md §3, §4",
		run: func(t *trial) {
			g := t.ultrapeer("Accept: application/x-gnutella2")
			c := t.dial()
			c.say(g.lines(c)...)
			c.refused(false, 406)
		},
	},
	{
		Name: "handshake/accept-packets", Checks: "Accept with application/x-gnutella-packets among others is let in", Source: "handshake.md §3",
		run: func(t *trial) {
			t.link(t.ultrapeer("Accept: application/x-gnutella2, application/x-gnutella-packets")).alive()
		},
	},
	{
		Name: "handshake/guid-again", Checks: "a second link with the GUID of the first is refused with 409", Source: "handshake.md §5; gtk-gnutella.md GUID",
		run: func(t *trial) {
			duplicate(t, func(g *greeting, first *peer) { *g = g.with("GUID: " + first.guid.String()) })
		},
	},
	{
		Name: "handshake/address-again", Checks: "a second link from the listening address of the first is refused with 409",
		Source: "handshake.md §5; gtk-gnutella.md Node",
		run:    func(t *trial) { duplicate(t, func(g *greeting, first *peer) { g.listen = first.listen }) },
	},
	{
		Name: "handshake/self", Checks: "a HELLO with the servent's own GUID is refused", Source: "handshake.md §5, order of judging",
		run: func(t *trial) {
			g := t.ultrapeer().with("GUID: " + t.needs("GUID"))
			c := t.dial()
			c.say(g.lines(c)...)
			c.refused(false)
		},
	},
	{
		Name: "handshake/turned-down", Checks: "when we refuse in the third block the link does not come about", Source: "handshake.md §1, §2",
		run: func(t *trial) {
			c := t.dial()
			g := t.ultrapeer()
			c.say(g.lines(c)...)
			answer := c.block("an answer to the HELLO")
			t.check(answer.welcome(), "the servent to let us in", "%s", answer.first)
			c.say("GNUTELLA/0.6 503 Too many connections", "User-Agent: "+agent)
			c.ends(t.cfg.Timeout)
		},
	},
	{
		Name: "handshake/half-open", Checks: "half a HELLO is not waited for without end", Source: "handshake.md §1 timeouts; THREATS T16",
		run: func(t *trial) {
			c := t.dial()
			c.write([]byte("GNUTELLA CONNECT/0.6\r\nUser-Agent: " + agent + "\r\n"))
			t.cfg.Tell(fmt.Sprintf("half a HELLO: waiting up to %v for the end", halfOpenLimit))
			c.ends(halfOpenLimit)
			t.one().alive()
		},
	},
}

// duplicate makes a link, and another one that alter gives a property of the
// first; it must be refused with 409.
func duplicate(t *trial, alter func(g *greeting, first *peer)) {
	first := t.one()
	g := t.ultrapeer()
	alter(&g, first)
	c := t.dial()
	c.say(g.lines(c)...)
	c.refused(false, 409)
	first.alive()
}

func isPong(guid wire.GUID) func(wire.Frame) bool {
	return func(f wire.Frame) bool { return f.Type() == wire.TypePong && f.GUID() == guid }
}
