package node_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/node"
)

// writer is a node that sends datagrams to others.
type writer struct {
	*citizen
	packets *node.Packets
}

// writers is two, of which the second knows where the first is.
func (tn *town) writers() (one, other writer) {
	tn.change = append(tn.change, inTLS)
	clara, anna := tn.moves(nil), tn.moves(nil)
	one, other = writer{clara, clara.Packets()}, writer{anna, anna.Packets()}
	other.packets.Tell(clara.PeerID(), clara.Addr())
	return one, other
}

// TestPackets: datagrams go both ways between two peers, over one line, whoever opened it;
// it ends when it is idle, and the next datagram opens another.
func TestPackets(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		clara, anna := tn.writers()
		theirs, ours := clara.packets, anna.packets
		defer theirs.Close()
		defer ours.Close()

		if ours.Send(clara.PeerID(), nil) == nil || ours.Send(clara.PeerID(), make([]byte, node.MaxDatagram+1)) == nil {
			t.Error("a datagram of no bytes, or of too many, was sent")
		}
		exchange := func() {
			t.Helper()
			long := bytes.Repeat([]byte{7}, node.MaxDatagram)
			for _, b := range [][]byte{{1}, long, []byte("hello")} {
				if err := ours.Send(clara.PeerID(), b); err != nil {
					t.Fatal(err)
				}
				got, err := theirs.Receive()
				if err != nil || !bytes.Equal(got, b) {
					t.Fatalf("%d bytes came, %v; %d were sent", len(got), err, len(b))
				}
			}
			if err := theirs.Send(anna.PeerID(), []byte("hello yourself")); err != nil {
				t.Fatal(err)
			}
			if got, err := ours.Receive(); err != nil || string(got) != "hello yourself" {
				t.Fatalf("%q came, %v", got, err)
			}
		}
		lines := func() uint64 {
			s, err := clara.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s.Port.Lines
		}
		exchange()
		exchange()
		if lines() != 1 {
			t.Errorf("%d lines", lines())
		}
		<-time.After(5 * time.Minute)
		exchange()
		if lines() != 2 {
			t.Errorf("%d lines, after the first was idle", lines())
		}
	})
}

// TestPacketsMeanwhile: what is sent to a peer that is not where it was said to be goes over
// the line that it opens, at once.
func TestPacketsMeanwhile(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		clara, anna := tn.writers()
		theirs, ours := clara.packets, anna.packets
		defer theirs.Close()
		defer ours.Close()
		theirs.Tell(anna.PeerID(), netip.MustParseAddrPort("9.250.1.1:6346")) // nobody answers there
		began := time.Now()
		if err := theirs.Send(anna.PeerID(), []byte("are you there?")); err != nil {
			t.Fatal(err)
		}
		if err := ours.Send(clara.PeerID(), []byte("I am")); err != nil {
			t.Fatal(err)
		}
		if got, err := theirs.Receive(); err != nil || string(got) != "I am" {
			t.Fatalf("%q came, %v", got, err)
		}
		if got, err := ours.Receive(); err != nil || string(got) != "are you there?" {
			t.Fatalf("%q came, %v", got, err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		<-time.After(time.Minute) // in which the other way is given up
		if err := theirs.Send(anna.PeerID(), []byte("still there?")); err != nil {
			t.Fatal(err)
		}
		if got, err := ours.Receive(); err != nil || string(got) != "still there?" {
			t.Fatalf("%q came, %v", got, err)
		}
	})
}

// TestPacketsAtOnce: two that open a line to one another at the same time hear each other, and
// go on to.
func TestPacketsAtOnce(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		clara, anna := tn.writers()
		clara.packets.Tell(anna.PeerID(), anna.Addr())
		both := []struct{ from, to writer }{{clara, anna}, {anna, clara}}
		for _, w := range both {
			defer w.from.packets.Close()
		}
		for i := range 100 {
			text := fmt.Sprint(i)
			for _, w := range both {
				if err := w.from.packets.Send(w.to.PeerID(), []byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			for _, w := range both {
				if got, err := w.to.packets.Receive(); err != nil || string(got) != text {
					t.Fatalf("%q came, %v, instead of %s", got, err, text)
				}
			}
			<-time.After(100 * time.Millisecond)
		}
	})
}

// TestPacketsToNobody: what is sent to who is not there is dropped, without a wait, and
// without a bound on what waits being passed.
func TestPacketsToNobody(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.change = append(tn.change, inTLS)
		anna, clara := tn.moves(nil), tn.moves(nil)
		ours := anna.Packets()
		ours.Tell(clara.PeerID(), anna.Addr()) // it is not there
		began := time.Now()
		for i := range 1000 {
			if err := ours.Send(clara.PeerID(), []byte(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it waited for %v", took)
		}
		tn.until("all is dropped", func() bool { return ours.Dropped() == 1000 })
		ours.Close()
		if _, err := ours.Receive(); err == nil {
			t.Error("after the end something came")
		}
		if ours.Send(clara.PeerID(), []byte("x")) == nil {
			t.Error("after the end something is sent")
		}
	})
}

// TestPacketsTooFast: a peer that sends more than is taken loses what is too much, and the
// order of the rest is kept.
func TestPacketsTooFast(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		clara, anna := tn.writers()
		theirs, ours := clara.packets, anna.packets
		defer theirs.Close()
		defer ours.Close()
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for i := range 4000 {
			<-tick.C
			if err := ours.Send(clara.PeerID(), []byte(fmt.Sprintf("%5d", i))); err != nil {
				t.Fatal(err)
			}
		}
		tn.until("all is there or dropped", func() bool { return theirs.Dropped()+ours.Dropped()+1024 == 4000 })
		var got []string
		for range 1024 {
			b, err := theirs.Receive()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(b))
		}
		if !slices.IsSorted(got) {
			t.Error("they came in another order")
		}
	})
}
