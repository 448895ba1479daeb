package messages

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/node/contacts"
	"filbert/overlay/identity"
)

// TestConversation: two peers write to each other; the second, which did not know where
// the first is, answers on the line that the first opened.
func TestConversation(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris := tn.moves(), tn.moves()
		anna.says(boris, "hello")
		boris.hears("hello")
		if _, err := boris.Send(anna.id.PeerID(), netip.AddrPort{}, "hi"); err != nil {
			t.Fatal(err)
		}
		anna.hears("hi")
		for i := range 100 {
			anna.says(boris, "text %d", i)
		}
		for i := range 100 {
			boris.hears(fmt.Sprintf("text %d", i))
		}
		tn.until("all are acknowledged", func() bool {
			list, err := anna.Conversations()
			return err == nil && list[0].Waiting == 0
		})
		list, err := boris.Conversations()
		if err != nil || len(list) != 1 || list[0].Unread != 101 || list[0].Messages != 102 || list[0].Last.Text != "text 99" {
			t.Errorf("%+v, %v", list, err)
		}
		if err := boris.MarkRead(To(anna.id.PeerID())); err != nil {
			t.Fatal(err)
		}
		if list, err := boris.Conversations(); err != nil || list[0].Unread != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		got := boris.texts(anna)[:4]
		if want := []string{"hello (received)", "hi (delivered)", "text 0 (received)", "text 1 (received)"}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

// TestNeighbors: who is a neighbor is found without an address.
func TestNeighbors(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna := tn.moves()
		boris := tn.moves(anna)
		tn.until("they are linked", func() bool {
			s, err := boris.node.Status(t.Context())
			return err == nil && len(s.Overlay.Neighbors) == 1
		})
		for _, pair := range [][2]*citizen{{anna, boris}, {boris, anna}} {
			if _, err := pair[0].Send(pair[1].id.PeerID(), netip.AddrPort{}, "good morning"); err != nil {
				t.Fatal(err)
			}
			pair[1].hears("good morning")
		}
	})
}

// TestAway: what is written to a peer that is away waits, also while the author is away
// itself, and comes once and in order when both are there.
func TestAway(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris := tn.moves(), tn.moves()
		anna.says(boris, "one")
		boris.hears("one")
		tn.until("it is acknowledged", func() bool { return anna.texts(boris)[0] == "one (delivered)" })
		boris.goes()
		<-time.After(idleTime)
		anna.says(boris, "two")
		<-time.After(time.Hour)
		anna.says(boris, "three")
		if got := anna.texts(boris); !slices.Equal(got, []string{"one (delivered)", "two (waiting)", "three (waiting)"}) {
			t.Errorf("%q", got)
		}
		anna.goes()
		anna.comes()
		anna.says(boris, "four")
		<-time.After(time.Minute)
		boris.comes()
		boris.hears("two", "three", "four")
		boris.silent(time.Hour)
		tn.until("all are acknowledged", func() bool { return anna.texts(boris)[3] == "four (delivered)" })
	})
}

// TestGivenUp: what waited for too long has failed.
func TestGivenUp(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris := tn.moves(), tn.moves()
		boris.goes()
		anna.says(boris, "one")
		anna.goes()
		<-time.After(maxAge)
		anna.comes()
		tn.until("it is given up", func() bool { return anna.texts(boris)[0] == "one (failed)" })
		boris.comes()
		anna.says(boris, "two")
		boris.hears("two") // after holdFor
	})
}

// TestStrangers: of a stranger so much is kept and no more, until the user knows it; of
// one that is blocked nothing.
func TestStrangers(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris := tn.moves(), tn.moves()
		var want []string
		for i := range maxFromStranger + 5 {
			want = append(want, fmt.Sprint(i))
			anna.says(boris, "%d", i)
		}
		boris.hears(want[:maxFromStranger]...)
		boris.silent(time.Hour)
		boris.knows(anna, contacts.Known)
		boris.hears(want[maxFromStranger:]...)
		boris.knows(anna, contacts.Blocked)
		anna.says(boris, "more")
		boris.silent(time.Hour)
		if _, err := boris.Send(anna.id.PeerID(), netip.AddrPort{}, "no"); !errors.Is(err, ErrBlocked) {
			t.Errorf("writes to who is blocked: %v", err)
		}
		if _, err := anna.Send(anna.id.PeerID(), netip.AddrPort{}, "me"); !errors.Is(err, ErrSelf) {
			t.Errorf("writes to itself: %v", err)
		}
		if err := boris.Remove(To(anna.id.PeerID())); err != nil {
			t.Fatal(err)
		}
		if err := boris.Remove(To(anna.id.PeerID())); !errors.Is(err, ErrNone) {
			t.Errorf("removed twice: %v", err)
		}
	})
}

// opens a line on which it can say what it likes.
func (c *citizen) opens(to *citizen) net.Conn {
	c.tn.t.Helper()
	conn, err := c.node.Line(c.tn.t.Context(), to.id.PeerID(), to.at, service)
	if err != nil {
		c.tn.t.Fatal(err)
	}
	return conn
}

// TestLiars: replays, forgeries and messages of and for others are not shown, and end the
// line; nor does a peer take more than it may be sent.
func TestLiars(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris, clara := tn.moves(), tn.moves(), tn.moves()
		ten := anna.says(boris, "I owe you ten")
		said := ten.AppendTo(nil)
		boris.hears("I owe you ten")
		signed := func(from *citizen, to identity.PeerID, text string) []byte {
			m := writes(t, from.id, to, 0, text, time.Now())
			return m.AppendTo(nil)
		}
		changed := slices.Clone(said)
		changed[headerLen+11] ^= 1
		for name, lie := range map[string][]byte{
			"of another": said, "for another": signed(clara, anna.id.PeerID(), "x"), "changed": changed, "short": said[:headerLen],
		} {
			conn := clara.opens(boris)
			if _, err := conn.Write(appendFrame(nil, frameMessage, lie)); err != nil {
				t.Fatal(err)
			}
			for buf := make([]byte, maxMessage); ; {
				kind, _, err := readFrame(conn, buf)
				if err != nil {
					break // the line ends
				}
				if kind == frameAnswer {
					t.Errorf("a message %s is answered", name)
				}
			}
			conn.Close()
		}
		boris.silent(time.Minute)
		if got := boris.Counts(); got.Forged != 4 || got.Taken != 1 {
			t.Errorf("%+v", got)
		}

		// Anna's own, again and again, also after a restart.
		for range 2 {
			conn := anna.opens(boris)
			buf := make([]byte, maxMessage)
			for range 3 {
				if _, err := conn.Write(appendFrame(nil, frameMessage, said)); err != nil {
					t.Fatal(err)
				}
				kind, body, err := readFrame(conn, buf)
				if kind == frameHello && err == nil {
					kind, body, err = readFrame(conn, buf)
				}
				if err != nil || kind != frameAnswer || answer(body[8]) != taken {
					t.Errorf("%v %v %v", kind, body, err)
				}
			}
			conn.Close()
			boris.silent(time.Hour)
			boris.goes()
			boris.comes()
		}

		// A clock that is ahead, an old message, one from before the conversation was removed.
		if err := boris.Remove(To(anna.id.PeerID())); err != nil {
			t.Fatal(err)
		}
		ahead, old := writes(t, anna.id, boris.id.PeerID(), 0, "x", time.Now().Add(2*maxAhead)), writes(t, anna.id, boris.id.PeerID(), 0, "x", time.Now().Add(-2*maxAge))
		conn := anna.opens(boris)
		defer conn.Close()
		for _, b := range [][]byte{ahead.AppendTo(nil), old.AppendTo(nil), said} {
			buf := make([]byte, maxMessage)
			if _, err := conn.Write(appendFrame(nil, frameMessage, b)); err != nil {
				t.Fatal(err)
			}
			kind, body, err := readFrame(conn, buf)
			if kind == frameHello && err == nil {
				kind, body, err = readFrame(conn, buf)
			}
			if err != nil || kind != frameAnswer || answer(body[8]) != refused {
				t.Errorf("%v %v %v", kind, body, err)
			}
		}
		boris.silent(time.Hour)
	})
}

// TestOutOfOrder: an author's node that sends out of order, doubled, and not all is shown
// in order, and what never comes is waited for so long.
func TestOutOfOrder(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris := tn.moves(), tn.moves()
		boris.knows(anna, contacts.Known)
		var all [][]byte
		last := uint64(0)
		for i := range 10 {
			m := writes(t, anna.id, boris.id.PeerID(), last, fmt.Sprint(i), time.Now())
			all, last = append(all, m.AppendTo(nil)), m.Sequence
		}
		conn := anna.opens(boris)
		defer conn.Close()
		var out []byte
		for _, i := range []int{2, 1, 2, 0, 4, 3, 3, 6, 9} { // 5, 7 and 8 are missing
			out = appendFrame(out, frameMessage, all[i])
		}
		if _, err := conn.Write(out); err != nil {
			t.Fatal(err)
		}
		boris.hears("0", "1", "2", "3", "4")
		boris.silent(holdFor - time.Second)
		boris.hears("6", "9")
		if _, err := conn.Write(appendFrame(nil, frameMessage, all[5])); err != nil {
			t.Fatal(err)
		}
		boris.hears("5")
		got := boris.texts(anna)[4:]
		if want := []string{"4 (received)", "5 (received late)", "6 (received)", "9 (received)"}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

// TestWhyItWaits: of a peer of which nothing is known it is said so.
func TestWhyItWaits(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna := tn.moves()
		nobody := who(t, 77).PeerID()
		if _, err := anna.Send(nobody, netip.AddrPort{}, "hello?"); err != nil {
			t.Fatal(err)
		}
		tn.until("it is known why", func() bool {
			list, err := anna.Messages(To(nobody), 1)
			return err == nil && list[0].Why != ""
		})
	})
}
