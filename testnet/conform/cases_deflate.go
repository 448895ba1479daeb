package conform

import (
	"bytes"
	"compress/zlib"

	"filbert/overlay/wire"
)

var deflateCases = []Case{
	{
		Name: "deflate/theirs", Checks: "who accepts deflate gets Content-Encoding: deflate and a zlib stream that carries messages, while its own direction stays plain",
		Source: "handshake.md §6",
		run: func(t *trial) {
			p := t.deflated(false)
			p.alive()
			t.carries(t.one(), p)
		},
	},
	{
		Name: "deflate/both", Checks: "both directions deflated carry messages", Source: "handshake.md §6",
		run: func(t *trial) {
			p := t.deflated(true)
			p.alive()
			a := t.one()
			t.carries(a, p)
			t.carries(p, a)
		},
	},
	{
		Name: "deflate/ours", Checks: "our direction may be deflated while the servent's stays plain", Source: "handshake.md §6: directions are independent",
		run: func(t *trial) {
			if !t.answer.lists("Accept-Encoding", "deflate") {
				t.notOffered("it does not accept deflate")
			}
			g := t.ultrapeer()
			g.deflate = true
			p := t.link(g)
			_, deflates := p.answer.get("Content-Encoding")
			t.check(!deflates, "a plain direction: we accept no deflate", "Content-Encoding")
			p.alive()
			t.carries(p, t.one())
		},
	},
	{
		Name: "deflate/list", Checks: "deflate is found among other encodings", Source: "handshake.md §6, vectors",
		run: func(t *trial) {
			t.deflated(false).leave(quietTime) // does it at all?
			p := t.link(t.ultrapeer("Accept-Encoding: gzip, deflate"))
			t.check(p.answer.lists("Content-Encoding", "deflate"), "Content-Encoding: deflate", "none")
			p.alive()
		},
	},
	{
		Name: "deflate/other", Checks: "who accepts gzip alone gets a plain link", Source: "handshake.md §6",
		run: func(t *trial) {
			p := t.link(t.ultrapeer("Accept-Encoding: gzip"))
			v, ok := p.answer.get("Content-Encoding")
			t.check(!ok, "no Content-Encoding", "%q", v)
			p.alive()
		},
	},
	{
		Name: "deflate/split", Checks: "messages are taken however the stream cuts them", Source: "handshake.md §6: messages do not align to flushes",
		run: func(t *trial) {
			p := t.deflated(true)
			guid := t.guid()
			ping := wire.AppendFrame(nil, guid, 1, 0, &wire.Ping{})
			for i := range ping {
				p.emit(ping[i : i+1]) // a flush after each byte
			}
			p.want("a pong", isPong(guid))
		},
	},
	{
		Name: "deflate/prompt", Checks: "what is deflated is flushed soon", Source: "handshake.md §6: 500 ms, never beyond 2 s",
		run: func(t *trial) {
			p := t.deflated(false)
			guid := t.guid()
			p.send(wire.AppendFrame(nil, guid, 1, 0, &wire.Ping{}))
			p.wantWithin(flushLimit, "a pong within two seconds", isPong(guid))
		},
	},
	{
		Name: "deflate/garbage", Checks: "a stream that does not inflate ends the link, others stay", Source: "handshake.md §6; wire.md §12",
		run: func(t *trial) {
			a := t.one()
			p := t.plainAfterPromise()
			p.emit(bytes.Repeat([]byte("not zlib at all "), 64))
			p.wantEnd("the end of the link")
			a.alive()
		},
	},
	{
		Name: "deflate/bomb", Checks: "a stream that inflates without end harms nobody", Source: "THREATS T18",
		run: func(t *trial) {
			a := t.one()
			p := t.plainAfterPromise()
			p.emit(bomb(64 << 20))
			a.alive()
			p.leave(t.cfg.Timeout) // it may have much to read until it sees that we left
		},
	},
}

// deflated is a link whose servent deflates; ours says whether we do as well.
func (t *trial) deflated(ours bool) *peer {
	g := t.ultrapeer("Accept-Encoding: deflate")
	g.deflate = ours
	p := t.link(g)
	if !p.answer.lists("Content-Encoding", "deflate") {
		t.notOffered("it does not deflate for who accepts that")
	}
	if ours && !p.answer.lists("Accept-Encoding", "deflate") {
		t.notOffered("it does not accept deflate")
	}
	return p
}

// plainAfterPromise is a link on which we promised a zlib stream, and whose
// bytes the case writes itself.
func (t *trial) plainAfterPromise() *peer {
	if !t.answer.lists("Accept-Encoding", "deflate") {
		t.notOffered("it does not accept deflate")
	}
	g := t.ultrapeer()
	g.confirm = []string{"Content-Encoding: deflate"}
	return t.link(g)
}

// bomb is a small zlib stream that inflates to n zero bytes.
func bomb(n int) []byte {
	var b bytes.Buffer
	z, _ := zlib.NewWriterLevel(&b, zlib.BestCompression) // the level is a valid one
	zeros := make([]byte, 1<<20)
	for range n / len(zeros) {
		z.Write(zeros) // into memory
	}
	z.Close()
	return b.Bytes()
}
