package conform

import (
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"

	"filbert/overlay/wire"
)

// peer is our end of a link that is up: frames go out by send, and come in by
// want. A goroutine reads all that comes and answers pings, as every servent
// must.
type peer struct {
	t      *trial // the case that uses the link now
	c      *conn
	guid   wire.GUID      // our servent GUID on this link
	listen netip.AddrPort // where we said we listen
	answer block          // what the servent said of itself
	shared bool           // kept when the case is over

	sendMu sync.Mutex
	out    io.Writer
	flush  func() error // pushes out what out holds back

	reader sync.WaitGroup
	news   chan struct{} // holds a token when something came
	mu     sync.Mutex
	inbox  []wire.Frame // what no want has taken, oldest first
	bye    *wire.Bye
	ended  error // why nothing more comes; nil while it may
}

// newPeer makes a link of a connection after its handshake. It is left when the
// case ends, unless it is shared by then.
func (t *trial) newPeer(c *conn, g greeting, answer block, deflate bool) *peer {
	c.raw.SetDeadline(time.Time{})
	p := &peer{
		t: t, c: c, guid: g.guid, listen: g.listen, answer: answer,
		out: c.raw, flush: func() error { return nil }, news: make(chan struct{}, 1),
	}
	if deflate {
		z := zlib.NewWriter(c.raw)
		p.out, p.flush = z, z.Flush
	}
	inflate := answer.lists("Content-Encoding", "deflate")
	p.reader.Go(func() { p.read(inflate) })
	for i, closer := range t.open { // the link closes it from now on
		if closer == c.tcp {
			t.open = append(t.open[:i], t.open[i+1:]...)
			break
		}
	}
	t.later(p)
	return p
}

// Close ends the link with the case. A shared one stays.
func (p *peer) Close() error {
	if !p.shared {
		p.leave(quietTime)
	}
	return nil
}

// leave says BYE, waits so long for the servent to close, so that it has a slot
// for the next link, and closes.
func (p *peer) leave(patience time.Duration) {
	if !p.over() {
		p.emit(wire.AppendFrame(nil, wire.GUID{}, 1, 0, &wire.Bye{Code: wire.ByeShutdown, Text: "Done"}))
		p.wait(patience, func(wire.Frame) bool { return false })
	}
	p.c.raw.Close()
	p.reader.Wait()
}

// read takes all that comes until the end.
func (p *peer) read(inflate bool) {
	var src io.Reader = p.c.r
	err := error(nil)
	if inflate {
		if src, err = zlib.NewReader(p.c.r); err != nil {
			p.stop(fmt.Errorf("its stream does not inflate: %w", err))
			return
		}
	}
	frames := wire.NewReader(src)
	for {
		batch, err := frames.ReadBatch()
		if err != nil {
			p.stop(err)
			return
		}
		for rest := append([]byte(nil), batch...); len(rest) > 0; {
			var f wire.Frame
			if f, rest, err = wire.SplitFrame(rest); err != nil {
				p.stop(err)
				return
			}
			p.take(f)
		}
	}
}

// take keeps one frame and answers it if it asks whether we live.
func (p *peer) take(f wire.Frame) {
	if f.Type() == wire.TypePing && f.TTL() == 1 && f.Hops() == 0 {
		p.emit(wire.AppendFrame(nil, f.GUID(), 1, 0, &wire.Pong{Addr: p.listen, Files: 1, KiB: 8}))
	}
	p.mu.Lock()
	if f.Type() == wire.TypeBye {
		if m, err := wire.Parse(f.Type(), f.Payload()); err == nil {
			p.bye, _ = m.(*wire.Bye)
		}
	}
	if len(p.inbox) == maxInbox {
		p.inbox = p.inbox[1:]
	}
	p.inbox = append(p.inbox, f)
	p.mu.Unlock()
	p.wake()
}

func (p *peer) stop(err error) {
	p.mu.Lock()
	p.ended = err
	p.mu.Unlock()
	p.wake()
}

func (p *peer) wake() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// over reports whether the link has ended.
func (p *peer) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended != nil
}

// end says how the link ended.
func (p *peer) end() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.bye != nil:
		return fmt.Sprintf("BYE %d %q", p.bye.Code, p.bye.Text)
	case p.ended == nil:
		return "a link that stays"
	case errors.Is(p.ended, io.EOF) || isReset(p.ended):
		return "the end of the link"
	}
	return "the end of the link: " + p.ended.Error()
}

// emit writes bytes to the link, deflated if that was agreed on. What the
// servent thinks of them is seen by what comes.
func (p *peer) emit(b []byte) {
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	p.c.raw.SetWriteDeadline(time.Now().Add(sendLimit))
	if _, err := p.out.Write(b); err == nil {
		p.flush()
	}
}

// send sends frames.
func (p *peer) send(frames ...wire.Frame) {
	for _, f := range frames {
		p.emit(f)
	}
}

// find takes the first frame out of the inbox that match wants.
func (p *peer) find(match func(wire.Frame) bool) (wire.Frame, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.inbox {
		if match(f) {
			p.inbox = append(p.inbox[:i:i], p.inbox[i+1:]...)
			return f, true
		}
	}
	return nil, false
}

// wait waits until a frame came that match wants, the link ended or time is up.
func (p *peer) wait(limit time.Duration, match func(wire.Frame) bool) (wire.Frame, bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		over := p.over()
		if f, ok := p.find(match); ok || over {
			return f, ok
		}
		select {
		case <-p.news:
		case <-timer.C:
			return nil, false
		case <-p.t.ctx.Done():
			return nil, false
		}
	}
}

// want waits for a frame; what says which, for people.
func (p *peer) want(what string, match func(wire.Frame) bool) wire.Frame {
	return p.wantWithin(p.t.cfg.Timeout, what, match)
}

func (p *peer) wantWithin(limit time.Duration, what string, match func(wire.Frame) bool) wire.Frame {
	f, ok := p.wait(limit, match)
	switch {
	case ok:
	case p.over():
		p.t.fail(what, p.end())
	default:
		p.t.failf(what, "none within %v%s", limit, p.others())
	}
	return f
}

// others lists what came instead.
func (p *peer) others() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.inbox) == 0 {
		return ""
	}
	var names []string
	for _, f := range p.inbox[max(0, len(p.inbox)-5):] {
		names = append(names, describe(f))
	}
	return "; there came " + strings.Join(names, ", ")
}

// wantNone checks that nothing came that match wants, up to the servent's
// answer to something later and a little beyond.
func (p *peer) wantNone(what string, match func(wire.Frame) bool) {
	p.alive()
	if f, ok := p.wait(quietTime, match); ok {
		p.t.failf("no "+what, "%s", describe(f))
	}
}

// wantEnd waits for the end of the link and returns the BYE before it, if any.
func (p *peer) wantEnd(want string) *wire.Bye {
	never := func(wire.Frame) bool { return false }
	p.wait(p.t.cfg.Timeout, never)
	if !p.over() {
		p.t.failf(want, "the link stays up%s", p.others())
	}
	return p.farewell()
}

// farewell is the BYE that came, if any.
func (p *peer) farewell() *wire.Bye {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bye
}

// alive checks that the servent still answers on this link: it has taken all
// that was sent before.
func (p *peer) alive() {
	guid := wire.NewPingGUID(p.t.cfg.Rand)
	p.send(wire.AppendFrame(nil, guid, 1, 0, &wire.Ping{}))
	p.want("a pong: the servent answers", func(f wire.Frame) bool { return f.Type() == wire.TypePong && f.GUID() == guid })
}

// settle waits until the link is at rest and forgets what came.
func (p *peer) settle() {
	p.alive()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inbox = p.inbox[:0]
}

// describe tells a frame to people.
func describe(f wire.Frame) string {
	return fmt.Sprintf("%v ttl %d hops %d, %d bytes, GUID %v", f.Type(), f.TTL(), f.Hops(), len(f.Payload()), f.GUID())
}
