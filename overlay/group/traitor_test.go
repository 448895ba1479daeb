package group

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/go-msgpack/v2/codec"

	"filbert/overlay/identity"
	"filbert/testnet/fabric"
)

// A traitor is a member: it has the keys and can sign for itself. These tests let it say to
// the others what memberlist would not.

// swimMessage writes a message as memberlist does.
func swimMessage(kind byte, fields map[string]any) []byte {
	b := bytes.NewBuffer([]byte{kind})
	if err := codec.NewEncoder(b, &codec.MsgpackHandle{}).Encode(fields); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func swimSealed(r *ring, plain, with []byte) []byte {
	b := append([]byte{swimVersion}, make([]byte, swimNonce)...)
	return r.keys[0].Seal(b, b[1:], plain, with)
}

// swimPacketOf seals messages as a datagram of memberlist's.
func swimPacketOf(r *ring, plain []byte) []byte {
	b := append([]byte{swimLabel, byte(len(r.label))}, r.label...)
	return append(b, swimSealed(r, plain, []byte(r.label))...)
}

func swimCompoundOf(parts ...[]byte) []byte {
	b := []byte{swimCompound, byte(len(parts))}
	for _, p := range parts {
		b = binary.BigEndian.AppendUint16(b, uint16(len(p)))
	}
	return append(b, bytes.Join(parts, nil)...)
}

// swimStreamOf seals a message as one of a stream, without the label before it.
func swimStreamOf(r *ring, plain []byte) []byte {
	head := binary.BigEndian.AppendUint32([]byte{swimEncrypted}, uint32(1+swimNonce+len(plain)+16))
	return append(head, swimSealed(r, plain, append(bytes.Clone(head), r.label...))...)
}

func pushPullOf(nodes, user int, more ...byte) []byte {
	return append(swimMessage(swimPushPull, map[string]any{"Nodes": nodes, "UserStateLen": user, "Join": false}), more...)
}

// TestInspect holds what may pass to memberlist, and what not.
func TestInspect(t *testing.T) {
	s := found(t, newPeer(t, 0))
	key, _ := s.CurrentKey(newPeer(t, 0))
	r := newRing(s.ID().String(), []EpochKey{key})
	ping := swimMessage(swimPing, map[string]any{"SeqNo": 1})
	indirect := swimMessage(swimIndirectPing, map[string]any{"SeqNo": 1})
	alive := swimMessage(swimAlive, map[string]any{"Incarnation": 1})
	for name, c := range map[string]struct {
		plain []byte
		why   Reason
	}{
		"a ping":               {ping, Fine},
		"with news":            {swimCompoundOf(ping, alive, alive), Fine},
		"two pings":            {swimCompoundOf(ping, indirect), TooMany},
		"user's":               {[]byte{8, 1, 2}, Malformed},
		"compressed":           {[]byte{9, 1, 2}, Malformed},
		"compressed within":    {swimCompoundOf(alive, []byte{9, 1}), Malformed},
		"compound in compound": {swimCompoundOf(swimCompoundOf(alive)), Malformed},
		"most parts":           {swimCompoundOf(slices.Repeat([][]byte{{swimDead}}, maxCompound)...), Fine},
		"one part more":        {swimCompoundOf(slices.Repeat([][]byte{{swimDead}}, maxCompound+1)...), Malformed},
		"a part cut":           {swimCompoundOf(ping)[:10], Malformed},
		"an empty part":        {swimCompoundOf(nil), Malformed},
		"checked":              {append([]byte{swimChecked, 0, 0, 0, 0}, ping...), Fine},
		"checked, compressed":  {[]byte{swimChecked, 0, 0, 0, 0, 9}, Malformed},
		"checked twice":        {[]byte{swimChecked, 0, 0, 0, 0, swimChecked}, Malformed},
	} {
		if _, why := r.packet(swimPacketOf(r, c.plain)); why != c.why {
			t.Errorf("datagram, %s: %v, want %v", name, why, c.why)
		}
	}
	for name, c := range map[string]struct {
		plain []byte
		why   Reason
	}{
		"a ping":              {ping, Fine},
		"a state":             {pushPullOf(maxNodes, 0), Fine},
		"too many nodes":      {pushPullOf(maxNodes+1, 0), TooMany},
		"nodes below nothing": {pushPullOf(-1, 0), TooMany},
		"user's data":         {pushPullOf(1, 1), TooMany},
		"a user's message":    {[]byte{8, 1}, Malformed},
		"compressed":          {[]byte{9, 1}, Malformed},
		"no header":           {[]byte{swimPushPull}, Malformed},
	} {
		if why := r.stream(swimStreamOf(r, c.plain)); why != c.why {
			t.Errorf("stream, %s: %v, want %v", name, why, c.why)
		}
	}
	if _, why := r.packet([]byte{swimLabel, 3, 'a', 'b', 'c'}); why != OtherGroup {
		t.Errorf("another label: %v", why)
	}
	if _, why := r.packet(ping); why != OtherGroup {
		t.Errorf("in clear: %v", why)
	}
	other := newRing(s.ID().String(), []EpochKey{{Key: Key{1}}})
	if _, why := r.packet(swimPacketOf(other, ping)); why != Damaged {
		t.Errorf("another key: %v", why)
	}
	if why := r.stream(append([]byte{swimPushPull}, make([]byte, 50)...)); why != Malformed {
		t.Errorf("a stream in clear: %v", why)
	}
}

func FuzzInspect(f *testing.F) {
	s := found(f, newPeer(f, 0))
	key, _ := s.CurrentKey(newPeer(f, 0))
	r := newRing("label", []EpochKey{key})
	f.Add(swimCompoundOf(swimMessage(swimPing, map[string]any{"SeqNo": 1}), []byte{swimDead}))
	f.Add(pushPullOf(3, 0, 1, 2, 3))
	f.Add([]byte("\x06\x83\xc60000")) // a length that lies: the decoder allocates 256 KiB at once
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r.packet(b)
		r.stream(b)
		r.packet(swimPacketOf(r, b))
		r.stream(swimStreamOf(r, b))
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(32*len(b)+1<<20) {
			t.Fatalf("%d bytes are allocated for %d", got, len(b))
		}
	})
}

// TestStateFlood is T25 of THREATS.md: a traitor pushes states of 20 MiB in every way it can
// think of, from many streams at once. Others use little memory, see each other, and their
// other group does not notice.
func TestStateFlood(t *testing.T) {
	inWorld(t, 4, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 4)
		other := w.second(t, 0, 1)
		victim, traitor := w.nodes[0], g[3]
		r := traitor.ring.Load()
		label := append([]byte{swimLabel, byte(len(r.label))}, r.label...)
		huge := binary.BigEndian.AppendUint32([]byte{swimEncrypted}, 20<<20)
		fits := swimStreamOf(r, pushPullOf(maxNodes, 0, make([]byte, maxGossipStream-200)...))
		attacks := [][]byte{
			append(bytes.Clone(label), append(huge, make([]byte, 1<<20)...)...),        // says 20 MiB, sends some
			append(bytes.Clone(label), swimStreamOf(r, pushPullOf(1<<20, 0))...),       // a million nodes
			append(bytes.Clone(label), swimStreamOf(r, pushPullOf(1, 20<<20))...),      // 20 MiB of user's data
			append(bytes.Clone(label), swimStreamOf(r, append([]byte{9}, fits...))...), // compressed
			append(bytes.Clone(label), fits[:len(fits)-1]...),                          // as long as may be, and held open
			append(bytes.Clone(label), fits...),                                        // as long as may be, nonsense
		}
		runtime.GC()
		before := heap()
		most := before
		let := map[Reason]int{}
		var open []net.Conn
		for round := range 20 {
			for i, a := range attacks {
				c, err := traitor.dial(context.Background(), victim.id.PeerID(), forGossip)
				let[ReasonOf(err)]++
				if err != nil {
					continue
				}
				open = append(open, c)
				if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
					t.Fatal(err)
				}
				c.Write(a) // as much as it takes
				most = max(most, heap())
				if i != 4 {
					_, err = io.ReadAll(c)
					let[ReasonOf(err)]++
				}
			}
			if round%4 == 0 {
				runtime.GC()
				most = max(most, heap())
			}
		}
		most = max(most, heap())
		for _, c := range open {
			c.Close()
		}
		if most > before+64<<20 {
			t.Errorf("the heap grew by %d MiB", (most-before)>>20)
		}
		t.Logf("heap %d KiB before, %d KiB at most; let in %v; refused %v", before>>10, most>>10, let, g[0].Refused())
		if got := g[0].Refused(); got[Busy] == 0 || got[TooMany] == 0 || got[Malformed] == 0 {
			t.Errorf("not all attacks were met: %v", got)
		}
		w.within(t, 10*time.Second, "all see all", func() bool { return agree(g, 4) && agree(other, 2) })
		if got := other[0].Refused(); len(got) > 0 {
			t.Errorf("the other group had to do with it: %v", got)
		}
		w.within(t, 10*time.Second, "nothing is charged any more", func() bool {
			g[0].mu.Lock()
			defer g[0].mu.Unlock()
			return g[0].budget.held == 0
		})
	})
}

// heap is how much is in use, with what is not collected yet.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// second makes another group, of two machines.
func (w *world) second(t *testing.T, a, b int) []*Group {
	t.Helper()
	s := foundAt(t, time.Now().Add(time.Second), w.nodes[a].id, w.nodes[b].id)
	var out []*Group
	for _, m := range []*machine{w.nodes[a], w.nodes[b]} {
		g, err := m.Open(s.Clone())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	w.agreeWithin(t, 20*time.Second, out, 2)
	return out
}

// TestPacketFlood: ten thousand datagrams at once; what passes is within the rate.
func TestPacketFlood(t *testing.T) {
	inWorld(t, 3, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 3)
		traitor := g[2]
		ping := swimPacketOf(traitor.ring.Load(), swimMessage(swimIndirectPing, map[string]any{
			"SeqNo": 7, "Target": []byte(addressOf(w.nodes[1].id.PeerID())), "Port": 1, "Node": w.nodes[1].id.String(), "Nack": true,
		}))
		const sent = 3000
		for i := range sent {
			if err := traitor.send(w.nodes[0].id.PeerID(), kindSwim, ping); err != nil {
				t.Fatal(err)
			}
			if i%100 == 0 {
				rest(10 * time.Millisecond)
			}
		}
		rest(200 * time.Millisecond)
		if got := g[0].Refused()[Busy]; got < sent-packetBurst-2*packetRate || got > sent-packetBurst/2 {
			t.Errorf("of %d datagrams %d were too many", sent, got)
		}
		w.agreeWithin(t, 10*time.Second, g, 3)
	})
}

// TestLiesAboutOthers: a traitor says that strangers are members, that a member is elsewhere,
// and that one is dead with a number that it cannot exceed.
func TestLiesAboutOthers(t *testing.T) {
	inWorld(t, 4, fabric.Config{}, func(t *testing.T, w *world) {
		g := w.family(t, 4)
		traitor, victim := g[3], w.nodes[2]
		vsn := []byte{1, 5, 5, 0, 0, 0}
		say := func(kind byte, p identity.PeerID, at net.IP, inc uint32) {
			t.Helper()
			m := swimMessage(kind, map[string]any{
				"Incarnation": inc, "Node": p.String(), "Addr": []byte(at), "Port": addressPort, "Vsn": vsn, "From": traitor.self.String(),
			})
			for _, to := range w.nodes[:3] {
				if err := traitor.send(to.id.PeerID(), kindSwim, swimPacketOf(traitor.ring.Load(), m)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i := range 20 {
			p := newPeer(t, 500+i).PeerID()
			say(swimAlive, p, addressOf(p), 1)
		}
		say(swimAlive, victim.id.PeerID(), addressOf(traitor.self), 1<<20)
		rest(2 * time.Second)
		if n := g[0].swim.NumMembers(); n != 4 {
			t.Errorf("memberlist knows %d nodes", n)
		}
		if !agree(g, 4) {
			t.Error("lies about members changed who is seen")
		}
		say(swimAlive, victim.id.PeerID(), addressOf(victim.id.PeerID()), math.MaxUint32)
		rest(time.Second)
		say(swimDead, victim.id.PeerID(), nil, math.MaxUint32)
		for i := range 30 {
			rest(time.Second)
			for _, by := range g[:2] {
				if !sees(by, victim.id.PeerID()) {
					t.Fatalf("the victim is not seen %d s later", i+1)
				}
			}
		}
	})
}

// TestReplayedTraffic records what three say for a while, and says it all again: to each as it
// was, to one that started anew, and with everything in clear changed to fit.
func TestReplayedTraffic(t *testing.T) {
	inWorld(t, 3, fabric.Config{}, func(t *testing.T, w *world) {
		type sent struct {
			to identity.PeerID
			b  []byte
		}
		var tape []sent
		w.mu.Lock()
		w.tap = func(to identity.PeerID, b []byte) {
			w.mu.Lock()
			tape = append(tape, sent{to, bytes.Clone(b)})
			w.mu.Unlock()
		}
		w.mu.Unlock()
		g := w.family(t, 3)
		w.nodes[2].kill()
		rest(20 * time.Second)
		w.nodes[2].on()
		g[2] = w.nodes[2].reopen(t)
		if err := g[0].Rotate(); err != nil {
			t.Fatal(err)
		}
		w.agreeWithin(t, 20*time.Second, g, 3)
		w.mu.Lock()
		w.tap = nil
		recorded := slices.Clone(tape)
		w.mu.Unlock()
		rest(time.Second) // what is on its way arrives
		replay := func() {
			for _, s := range recorded {
				for i, m := range w.nodes {
					if m.id.PeerID() == s.to {
						g[i].ingest(s.b)
					} else { // to another, as if it were meant for it
						b := bytes.Clone(s.b)
						tag := TagOf(g[0].ID(), m.id.PeerID())
						copy(b, tag[:])
						g[i].ingest(b)
					}
				}
			}
		}
		states := func() (out []Hash, seen [][]Presence, passed uint64) {
			for _, g := range g {
				out = append(out, g.State().Digest())
				seen = append(seen, g.Members())
				for why, n := range g.Refused() {
					if why != Busy {
						passed += n
					}
				}
			}
			return out, seen, passed
		}
		replay() // what was lost, or came before its key, is late and not a replay
		for range 3 {
			digests, seen, refusals := states()
			replay()
			again, seenAgain, refusedAgain := states()
			if !slices.Equal(digests, again) {
				t.Error("a replay changed records")
			}
			for i := range seen {
				if !slices.EqualFunc(seen[i], seenAgain[i], func(a, b Presence) bool { return a.Peer == b.Peer && a.Online == b.Online }) {
					t.Error("a replay changed who is seen")
				}
			}
			if got := refusedAgain - refusals; got != uint64(3*len(recorded)) {
				t.Errorf("of %d replayed datagrams %d were refused", 3*len(recorded), got)
			}
			// The next time to one that has no memory of it.
			w.nodes[1].off()
			w.nodes[1].on()
			g[1] = w.nodes[1].reopen(t)
		}
		t.Logf("%d datagrams", len(recorded))
	})
}
