package overlay

import (
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// TestBatchesShareAFlush takes letters by hand: what a batch brings for another
// link is held back while more letters wait, but not beyond turnBytes, and not
// when something else than a batch is taken.
func TestBatchesShareAFlush(t *testing.T) {
	o := New(Options{Config: Config{GUID: ourServent}, Rand: rand.New(rand.NewPCG(1, 2))})
	peers := map[link.ID]net.Conn{}
	for id := range link.ID(2) {
		id += 2
		ours, theirs := net.Pipe()
		peers[id] = theirs
		remote := netip.AddrPortFrom(alice.Addr(), uint16(id))
		peer := &handshake.Peer{Role: handshake.RoleUltrapeer, GUID: guidOf(100 + byte(id))}
		o.step(&Applied{Link: id, Remote: remote, Inbound: true, Peer: peer})
		o.ports[id] = &port{link: link.Start(id, link.Stream{Conn: ours}, o, &o.work)}
		o.step(&Up{Link: id})
		o.work.Go(func() { io.Copy(io.Discard, theirs) })
	}
	defer o.work.Wait()
	defer func() {
		close(o.done)
		for id, p := range o.ports {
			p.link.Abort()
			peers[id].Close()
		}
	}()
	o.flush()

	from, to := peers[2], o.ports[3]
	guid := byte(0)
	comes := func() letter {
		guid++
		if _, err := from.Write(wire.AppendFrame(nil, guidOf(guid), 4, 0, blueSky)); err != nil {
			t.Fatal(err)
		}
		return <-o.inbox
	}
	waits := letter{call: func() {
		if n := to.queue.Len(); n != 0 {
			t.Errorf("%d bytes are held back while something else is taken", n)
		}
	}}
	held := func(what string, want bool) {
		t.Helper()
		if got := to.queue.Len() > 0; got != want {
			t.Errorf("%s: held back %v, want %v", what, got, want)
		}
	}

	o.handle(comes())
	held("nothing waits", false)

	l := comes()
	o.inbox <- waits
	o.handle(l)
	held("something waits", true)
	o.handle(<-o.inbox)
	held("something else was taken", false)

	l = comes()
	o.inbox <- waits
	o.taken = turnBytes - len(l.batch)
	o.handle(l)
	held("as much was taken as may be", false)
	<-o.inbox
	l = comes()
	o.inbox <- waits
	o.taken = turnBytes - len(l.batch) - 1
	o.handle(l)
	held("a byte less was taken", true)
}

// TestPatience: a writer that can go on is waited for until its queue is empty;
// one that cannot, since its neighbor is slow, once, as long as patience lasts,
// and again when it has sent all.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := New(Options{Patient: true, Config: Config{GUID: ourServent}, Rand: rand.New(rand.NewPCG(1, 2))})
		ours, theirs := net.Pipe()
		p := &port{link: link.Start(1, link.Stream{Conn: ours}, o, &o.work)}
		o.ports[1] = p
		defer o.work.Wait()
		defer func() {
			close(o.done)
			p.link.Abort()
			theirs.Close()
		}()
		query := wire.Frame(wire.AppendFrame(nil, guidOf(1), 4, 1, blueSky))
		// flushes puts more into the queue than a link takes at once, and tells how
		// long the loop was held up.
		flushes := func() time.Duration {
			begin := time.Now()
			for p.queue.Len()+len(query) <= link.MaxQueue {
				o.do(&Send{1, query})
			}
			o.flush()
			return time.Since(begin)
		}
		const most = maxPatience / pauseBytes * writerPause
		flushes() // fills the writer, which then is at it for ever
		o.patience = maxPatience
		if held := flushes(); held != most || !p.slow || o.patience != 0 {
			t.Errorf("for a slow neighbor the loop waited %v, want %v; slow %v, patience %d", held, most, p.slow, o.patience)
		}
		o.patience = maxPatience
		if held := flushes(); held != 0 || o.patience != maxPatience {
			t.Errorf("it waited %v again", held)
		}
		o.work.Go(func() { io.Copy(io.Discard, theirs) })
		for p.queue.Len() > 0 {
			synctest.Wait()
			p.link.Flush(&p.queue)
		}
		drops := p.queue.Drops().Total()
		for range 20 {
			o.patience = maxPatience
			if held := flushes(); p.slow || p.queue.Len() > 0 || held > most/2 {
				t.Fatalf("for a neighbor that reads the loop waited %v, slow %v, %d bytes are left", held, p.slow, p.queue.Len())
			}
		}
		if p.queue.Drops().Total() != drops {
			t.Error("messages were dropped for a neighbor that reads")
		}
	})
}
