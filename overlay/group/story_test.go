package group

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"filbert/overlay/identity"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// TestLossyNetwork: with one datagram in five lost nobody is called dead for long, and what is
// changed gets around.
func TestLossyNetwork(t *testing.T) {
	inWorld(t, 5, fabric.Config{Seed: 3, Loss: fabric.LossRate(0.2)}, func(t *testing.T, w *world) {
		g := w.family(t, 5)
		if err := g[0].Rotate(); err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 30*time.Second, g, 5)
	})
}

// TestLeave: who leaves is a member no more, and the founder gives the others another key.
func TestLeave(t *testing.T) {
	inWorld(t, 3, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 3)
		old, err := g[0].Seal([]byte("while you were here"))
		if err != nil {
			t.Fatal(err)
		}
		if err := g[2].Leave(context.Background()); err != nil {
			t.Fatal(err)
		}
		if w.nodes[2].Group(g[2].ID()) != nil {
			t.Error("it still takes part")
		}
		w.within(t, 20*time.Second, "the others have a new key", func() bool {
			return agree(g[:2], 2) && g[1].State().Epoch() == 2 && !g[1].State().NeedsRotation()
		})
		if _, err := g[1].Unseal(old); err != nil {
			t.Errorf("what was sealed just before cannot be read: %v", err)
		}
		if _, err := w.nodes[2].Open(g[1].State().Clone()); ReasonOf(err) != NotMember {
			t.Errorf("it opens the group again: %v", err)
		}
	})
}

// TestNoSafeKey: two owners expel two members at one time. Nothing is sent until an owner has
// rotated, which it does by itself.
func TestNoSafeKey(t *testing.T) {
	inWorld(t, 4, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 4)
		if err := g[0].SetRole(w.nodes[1].id.PeerID(), Owner); err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 20*time.Second, g, 4)
		for i := range 2 {
			if err := g[i].Expel(w.nodes[2+i].id.PeerID()); err != nil {
				t.Fatal(err)
			}
		}
		blind := false
		w.within(t, 30*time.Second, "there is a safe key", func() bool {
			_, err := g[0].Seal(nil)
			blind = blind || ReasonOf(err) == NoKey
			return agree(g[:2], 2) && g[0].State().Epoch() > 0
		})
		if !blind {
			t.Error("a key was used that an expelled member has")
		}
		if _, err := g[0].Seal([]byte("safe")); err != nil {
			t.Error(err)
		}
	})
}

// TestFullDisk: what cannot be kept is not told to anybody.
func TestFullDisk(t *testing.T) {
	inWorld(t, 2, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 2)
		before := g[0].State().Digest()
		w.nodes[0].disk.full = true
		if err := g[0].Rotate(); err == nil {
			t.Error("a rotation that is not on the disk counts")
		}
		if _, err := g[0].Invite(Guest, time.Hour, nil); err == nil {
			t.Error("an invite that is not on the disk counts")
		}
		rest(5 * time.Second)
		if g[0].State().Digest() != before || g[1].State().Digest() != before {
			t.Error("the state changed")
		}
		w.nodes[0].disk.full = false
		if err := g[0].Rotate(); err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 10*time.Second, g, 2)
	})
}

// TestApart: two groups of the same machines share no member, no key and no tag.
func TestApart(t *testing.T) {
	inWorld(t, 3, fabric.Config{}, func(t *testing.T, w *world) {
		a := w.family(t, 3)
		b := w.second(t, 0, 1)
		sealed, err := a[2].Seal([]byte("for a"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b[0].Unseal(sealed); ReasonOf(err) != OtherGroup {
			t.Errorf("a message of one group in the other: %v", err)
		}
		if _, err := w.nodes[2].dial(context.Background(), helloTime, Ask{Peer: w.nodes[0].id.PeerID()}, &hello{purpose: forSync, group: b[0].ID()}); err == nil {
			t.Error("a member of one group is let into the other")
		}
		if err := b[0].Expel(w.nodes[1].id.PeerID()); err != nil {
			t.Fatal(err)
		}
		rest(10 * time.Second)
		if !agree(a, 3) || !sees(a[0], w.nodes[1].id.PeerID()) {
			t.Error("who is expelled of one group is gone from the other")
		}
		if len(w.nodes[0].Groups()) != 2 || w.nodes[0].Group(b[0].ID()) != b[0] {
			t.Error("the hub does not know its groups")
		}
		if _, err := w.nodes[0].Open(a[0].State().Clone()); ReasonOf(err) != IsMember {
			t.Errorf("a group is opened twice: %v", err)
		}
		tag := TagOf(b[0].ID(), w.nodes[0].id.PeerID())
		if d := append(tag[:], make([]byte, Overhead)...); !w.nodes[0].Owns(d) || w.nodes[2].Owns(d) {
			t.Error("whose a datagram is, is not known by its tag")
		}
		b[0].Close()
		rest(time.Second)
		if !agree(a, 3) {
			t.Error("the end of one group is the end of the other")
		}
	})
}

// TestContact: members hear how one is reached, and when that changes.
func TestContact(t *testing.T) {
	inWorld(t, 2, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 2)
		if err := g[0].SetContact([]byte("198.51.100.7:6346")); err != nil {
			t.Fatal(err)
		}
		w.within(t, 5*time.Second, "the contact is told", func() bool {
			i := slices.IndexFunc(g[1].Members(), func(p Presence) bool { return p.Peer == w.nodes[0].id.PeerID() })
			return string(g[1].Members()[i].Contact) == "198.51.100.7:6346"
		})
	})
}

// TestJoinAskingOthers: an invite names who is away, who is no owner, and the founder.
func TestJoinAskingOthers(t *testing.T) {
	inWorld(t, 4, fabric.Config{}, func(t *testing.T, w *world) {
		s := foundAt(t, time.Now(), w.nodes[0].id, w.nodes[1].id)
		for _, m := range w.nodes[:2] {
			if _, err := m.Open(s.Clone()); err != nil {
				t.Fatal(err)
			}
		}
		founder := w.nodes[0].Group(s.ID())
		ask := []Ask{{Peer: w.nodes[3].id.PeerID()}, {Peer: w.nodes[1].id.PeerID()}, {Peer: w.nodes[0].id.PeerID()}}
		invite, err := founder.Invite(Guest, time.Minute, ask)
		if err != nil {
			t.Fatal(err)
		}
		w.nodes[3].kill()
		rest(10 * time.Second)
		g, err := w.nodes[2].Join(context.Background(), invite)
		if err != nil {
			t.Fatal(err)
		}
		if m, _ := g.State().Member(w.nodes[2].id.PeerID()); m.Role != Guest {
			t.Errorf("it joined as %v", m.Role)
		}
		// The answer was lost: it asks again.
		g.Close()
		if g, err = w.nodes[2].Join(context.Background(), invite); err != nil {
			t.Errorf("asking again: %v", err)
		} else {
			g.Close()
		}
		// Who made up the token hears nothing.
		invite.Token[0]++
		invite.Ask = ask[2:]
		if _, err := w.nodes[2].Join(context.Background(), invite); err == nil || ReasonOf(err) != Fine {
			t.Errorf("a token that was made up: %v", err)
		}
	})
}

// TestHello plays both ends of the first words, over a pipe.
func TestHello(t *testing.T) {
	anna, bert := newPeer(t, 1), newPeer(t, 2)
	play := func(t *testing.T, change func(c net.Conn) net.Conn, h *hello) (got *hello, called, listened error) {
		bubble.Test(t, func(t *testing.T) {
			a, b := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				if got, listened = listen(b, bert, time.Now()); listened == nil {
					listened = got.answer(b, bert, Fine)
				} else {
					b.Close()
				}
			}()
			called = call(change(a), anna, h, time.Now())
			<-done
			a.Close()
			b.Close()
		})
		return got, called, listened
	}
	plain := func(c net.Conn) net.Conn { return c }
	invite := Invite{Group: ID{1}, Token: Token{2}}
	got, err, err2 := play(t, plain, &hello{purpose: forSync, group: ID{1}, acceptor: bert.PeerID(), has: brief{7}})
	if err != nil || err2 != nil || got.dialer != anna.PeerID() || got.group != (ID{1}) || got.purpose != forSync || got.has != (brief{7}) {
		t.Errorf("%+v: %v, %v", got, err, err2)
	}
	_, err, _ = play(t, plain, &hello{purpose: forSync, group: ID{1}, acceptor: anna.PeerID()})
	if ReasonOf(err) == Fine && err == nil {
		t.Error("somebody else answered")
	}
	join := NewJoinRequest(anna, invite, bert.PeerID())
	got, err, err2 = play(t, plain, &hello{purpose: forJoin, group: ID{1}, acceptor: bert.PeerID(), join: join})
	if err != nil || err2 != nil || got.join == nil || *got.join != *join {
		t.Errorf("a join request: %v, %v", err, err2)
	}
	other := NewJoinRequest(newPeer(t, 3), invite, bert.PeerID())
	_, _, err2 = play(t, plain, &hello{purpose: forJoin, group: ID{1}, acceptor: bert.PeerID(), join: other})
	wantRefused(t, err2, BadSignature)

	// What was heard on one stream opens no other.
	var tape bytes.Buffer
	if _, err, err2 := play(t, func(c net.Conn) net.Conn { return &taped{Conn: c, to: &tape} }, &hello{purpose: forSync, group: ID{1}, acceptor: bert.PeerID()}); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	bubble.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		done := make(chan error)
		go func() {
			_, err := listen(b, bert, time.Now())
			b.Close()
			done <- err
		}()
		io.ReadFull(a, make([]byte, nonceLen))
		a.Write(tape.Bytes())
		wantRefused(t, <-done, BadSignature)
		a.Close()
	})
}

// taped notes what is written.
type taped struct {
	net.Conn
	to io.Writer
}

func (c *taped) Write(b []byte) (int, error) {
	c.to.Write(b)
	return c.Conn.Write(b)
}

// TestSilentCaller: who says nothing, or one byte a second, is not waited for.
func TestSilentCaller(t *testing.T) {
	near := fabric.Config{Latency: func(fabric.Draw) time.Duration { return time.Millisecond }}
	inWorld(t, 2, near, func(t *testing.T, w *world) {
		g := w.family(t, 2)
		var all []net.Conn
		for range maxPending + 10 {
			c, err := w.nodes[1].cfg.Streams.Dial(context.Background(), Ask{Peer: w.nodes[0].id.PeerID()})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		rest(time.Second)
		if n := len(w.nodes[0].pending); n != maxPending {
			t.Errorf("%d are waited for", n)
		}
		rest(helloTime)
		if n := len(w.nodes[0].pending); n != 0 {
			t.Errorf("%d are still waited for", n)
		}
		for _, c := range all {
			c.Close()
		}
		w.agreeWithin(t, 10*time.Second, g, 2)
	})
}

// TestExchange brings two states in step that are larger than what goes at once.
func TestExchange(t *testing.T) {
	p := newPeers(t, 2)
	a := found(t, p...)
	b := a.Clone()
	big := Rotation{Sealed: make([]SealedKey, maxMembers)}
	for range 12 {
		want(t, a)(a.issue(p[0], &Rotate{big}, noon))
	}
	want(t, b)(b.Leave(p[1], noon))
	rounds := 0
	for a.Digest() != b.Digest() {
		if rounds++; rounds > 3 {
			t.Fatal("they do not come in step")
		}
		o := exchangeOf(t, b, a)
		if o.futile() || o.same {
			t.Errorf("round %d: %+v", rounds, o)
		}
	}
	if o := exchangeOf(t, b, a); !o.same || o.got+o.gave != 0 {
		t.Errorf("when both have the same: %+v", o)
	}
}

// exchangeOf plays one exchange over a pipe.
func exchangeOf(t *testing.T, dialing, accepting *State) (o outcome) {
	t.Helper()
	merge := func(s *State) func([]*Record) (*State, int, error) {
		return func(records []*Record) (*State, int, error) {
			n, _ := s.Merge(records...)
			return s, n, nil
		}
	}
	a, b := net.Pipe()
	done := make(chan error)
	go func() { done <- exchangeAccepting(b, accepting, merge(accepting)) }()
	o, err := exchangeDialing(a, dialing, merge(dialing))
	if err2 := <-done; err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return o
}

// FuzzExchange: whatever the other says, nothing is allocated that it did not send.
func FuzzExchange(f *testing.F) {
	s := found(f, newPeer(f, 0))
	var whole bytes.Buffer
	writeFrame(&whole, have(s))
	records, _ := lacking(s, nil)
	writeFrame(&whole, records)
	f.Add(whole.Bytes())
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	take := func(records []*Record) (*State, int, error) { return s, len(records), nil }
	f.Fuzz(func(t *testing.T, b []byte) {
		exchangeDialing(&halfDeaf{bytes.NewReader(b)}, s, take)
		exchangeAccepting(&halfDeaf{bytes.NewReader(b)}, s, take)
		var h hello
		if len(b) >= helloLen {
			h.parse(b[:helloLen])
		}
	})
}

// halfDeaf says what it has to say, and hears nothing.
type halfDeaf struct{ io.Reader }

func (halfDeaf) Write(b []byte) (int, error) { return len(b), nil }

// TestBudget holds the bounds at one below, at them and above.
func TestBudget(t *testing.T) {
	var b budget
	p := func(i int) identity.PeerID { return identity.PeerID{byte(i)} }
	for i := range groupBudget / gossipCharge {
		if !b.open(p(i), gossipCharge, noon) {
			t.Fatalf("stream %d is refused", i)
		}
	}
	if b.held != groupBudget || b.open(p(100), gossipCharge, noon) || b.hold(1) {
		t.Errorf("%d bytes are charged, and more is let in", b.held)
	}
	b.close(p(0), gossipCharge)
	if b.held != groupBudget-gossipCharge || !b.hold(gossipCharge) {
		t.Error("what was given back is not there")
	}

	b = budget{}
	for i := range streamsEach + 1 {
		if b.open(p(1), 1, noon) != (i < streamsEach) {
			t.Errorf("stream %d of one peer", i+1)
		}
	}
	b = budget{}
	passed := 0
	for range streamBurst + 5 {
		if b.open(p(1), 1, noon) {
			b.close(p(1), 1)
			passed++
		}
	}
	if passed != streamBurst {
		t.Errorf("%d streams at once", passed)
	}
	passed = 0
	for range packetBurst + 50 {
		if b.packet(p(1), noon) {
			passed++
		}
	}
	for range packetRate + 50 {
		if b.packet(p(1), noon.Add(time.Second)) {
			passed++
		}
	}
	if passed != packetBurst+packetRate {
		t.Errorf("%d datagrams in a second", passed)
	}
	b.forget(func(identity.PeerID) bool { return false })
	if len(b.peers) != 0 {
		t.Error("who is no member keeps its place")
	}
}

// TestLogLines: what peers say cannot write to the terminal.
func TestLogLines(t *testing.T) {
	var out bytes.Buffer
	l := logLines{&Group{hub: &Hub{}, log: zerolog.New(&out)}}
	line := "[ERR] memberlist: got \x1b[31m\x00 from '" + strings.Repeat("x", 2000) + "'\n"
	if n, err := l.Write([]byte(line)); n != len(line) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got := out.String(); len(got) > maxLogLine+200 || strings.ContainsAny(got, "\x1b\x00") || !strings.Contains(got, `"level":"debug"`) {
		t.Errorf("logged %q", got)
	}
}

// TestAloneAmongMany: most members are away when one starts; it finds the one that is there.
func TestAloneAmongMany(t *testing.T) {
	inWorld(t, 40, fabric.Config{}, func(t *testing.T, w *world) {
		var peers []*identity.Identity
		for _, m := range w.nodes {
			peers = append(peers, m.id)
		}
		for _, m := range w.nodes[2:] {
			m.kill()
		}
		s := foundAt(t, time.Now(), peers...)
		a, err := w.nodes[0].Open(s.Clone())
		if err != nil {
			t.Fatal(err)
		}
		rest(time.Minute)
		b, err := w.nodes[1].Open(s.Clone())
		if err != nil {
			t.Fatal(err)
		}
		took := w.agreeWithin(t, 40*time.Second, []*Group{a, b}, 2)
		t.Logf("two of 40 found each other after %v", took)
	})
}

// TestToldThatExpelled: who was expelled while it was away is told by who still knows it.
func TestToldThatExpelled(t *testing.T) {
	inWorld(t, 3, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 3)
		if g[2].Outcast() {
			t.Error("a member is told that it is none")
		}
		w.nodes[2].kill()
		if err := g[0].Expel(w.nodes[2].id.PeerID()); err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 10*time.Second, g[:2], 2)
		w.nodes[2].on()
		g[2] = w.nodes[2].reopen(t)
		w.within(t, 30*time.Second, "it is told", func() bool { return g[2].Outcast() })
		w.within(t, heardTime+10*time.Second, "it sees nobody, and is not seen", func() bool { return online(g[0]) == 2 && online(g[2]) == 1 })
	})
}

// TestJunkRecords: a member that sends records of nobody is left alone after the first.
func TestJunkRecords(t *testing.T) {
	inWorld(t, 2, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 2)
		stranger := newPeer(t, 99)
		junk := func(n uint32) []byte {
			r := &Record{Group: g[0].ID(), Issuer: stranger.PeerID(), Number: n, Prev: Hash{byte(n)}, Clock: 1, Time: time.Now(),
				Body: &Rotate{Rotation{Sealed: make([]SealedKey, maxMembers)}}}
			r.sign(stranger)
			return r.Bytes()
		}
		let := 0
		for n := uint32(2); n < 22; n++ {
			c, err := g[1].dial(context.Background(), w.nodes[0].id.PeerID(), forSync)
			if err != nil {
				wantRefused(t, err, Busy)
				continue
			}
			let++
			writeFrame(c, nil)
			readFrame(c, maxHave*len(prefix{}))
			readFrame(c, syncBatch)
			b := junk(n)
			writeFrame(c, append([]byte{0, byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}, b...))
			io.ReadAll(c)
			c.Close()
			rest(2 * time.Second)
		}
		if let < 9 || let > 12 { // what waits for an issuer is a MiB; then half a minute of rest
			t.Errorf("%d times it was let in", let)
		}
		w.agreeWithin(t, 40*time.Second, g, 2)
	})
}

// TestClosedHub opens nothing any more.
func TestClosedHub(t *testing.T) {
	inWorld(t, 2, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 2)
		hub := w.nodes[0].Hub
		w.nodes[0].off()
		if _, err := hub.Open(g[0].State().Clone()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a group is opened: %v", err)
		}
		if err := g[0].Rotate(); !errors.Is(err, net.ErrClosed) || len(hub.Groups()) != 0 {
			t.Errorf("a group is still there: %v", err)
		}
		took := w.within(t, 5*time.Second, "it is missed", func() bool { return !sees(g[1], w.nodes[0].id.PeerID()) })
		t.Logf("who said goodbye is gone after %v", took)
	})
}

// TestIdle: what a group costs that has nothing to do.
func TestIdle(t *testing.T) {
	inWorld(t, 3, fabric.Config{}, func(t *testing.T, w *world) {
		w.family(t, 3)
		bytes, datagrams := 0, 0
		w.mu.Lock()
		w.tap = func(_ identity.PeerID, b []byte) {
			w.mu.Lock()
			bytes += len(b)
			datagrams++
			w.mu.Unlock()
		}
		w.mu.Unlock()
		rest(10 * time.Minute)
		w.mu.Lock()
		defer w.mu.Unlock()
		hour := bytes * 6 / 3
		t.Logf("%.1f MB an hour for each of three, %.1f datagrams/s of %d bytes", float64(hour)/1e6, float64(datagrams)/3/600, bytes/max(datagrams, 1))
		if hour > 8<<20 {
			t.Errorf("%d bytes an hour", hour)
		}
	})
}
