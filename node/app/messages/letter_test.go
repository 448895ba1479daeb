package messages

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/node/board"
	"filbert/node/contacts"
	"filbert/overlay/identity"
)

// board is that of a member's group.
func (c *citizen) board() *board.Board {
	c.tn.t.Helper()
	b, err := c.node.Board(c.group())
	if err != nil {
		c.tn.t.Fatal(err)
	}
	return b
}

// on is how many items a member sees under a topic of the board.
func (c *citizen) on(topic string) []board.Item {
	c.tn.t.Helper()
	list, err := c.board().Items(topic)
	if err != nil {
		c.tn.t.Fatal(err)
	}
	return list
}

// TestLetter: what is written to a member that is away another hands over, which cannot read it;
// it comes once, the author hears of it in the same way, and nothing stays on the board.
func TestLetter(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris, clara := tn.moves(), tn.moves(), tn.moves()
		tn.family(anna, boris, clara)
		anna.says(clara, "one")
		clara.hears("one")
		<-time.After(20 * time.Second) // addresses are kept
		clara.goes()
		<-time.After(idleTime)
		anna.says(clara, "two")
		anna.says(clara, "three")
		tn.until("boris has letters", func() bool { return len(boris.on(topicLetters)) == 2 })
		for _, i := range boris.on(topicLetters) {
			if bytes.Contains(i.Value, []byte("two")) || bytes.Contains(i.Value, []byte("three")) {
				t.Error("everybody can read it")
			}
			if _, ok := boris.group().State().OpenLetter(boris.id, i.Value); ok {
				t.Error("a letter to another was opened")
			}
		}
		anna.goes()
		clara.returns()
		clara.hears("two", "three")
		clara.silent(2 * time.Minute)
		if got := clara.texts(anna); !slices.Equal(got, []string{"one (received)", "two (received)", "three (received)"}) {
			t.Errorf("%q", got)
		}
		clara.goes()
		anna.returns()
		tn.until("anna knows", func() bool {
			return slices.Equal(anna.texts(clara), []string{"one (delivered)", "two (delivered)", "three (delivered)"})
		})
		clara.returns()
		for _, c := range []*citizen{anna, boris, clara} {
			tn.until("the board is empty", func() bool { return len(c.on(topicLetters)) == 0 && len(c.on(topicReceipts)) == 0 })
		}
		clara.silent(2 * time.Minute)
	})
}

// TestLetterAndLine: what was handed over and comes over a line as well comes once; a letter that
// is of no use is taken away.
func TestLetterAndLine(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris, clara := tn.moves(), tn.moves(), tn.moves()
		tn.family(anna, boris, clara)
		<-time.After(20 * time.Second)
		clara.goes()
		anna.says(clara, "one")
		tn.until("boris has a letter", func() bool { return len(boris.on(topicLetters)) == 1 })
		clara.returns()
		clara.hears("one")
		tn.until("anna knows", func() bool { return anna.texts(clara)[0] == "one (delivered)" })
		for _, c := range []*citizen{anna, boris, clara} {
			tn.until("the board is empty", func() bool { return len(c.on(topicLetters)) == 0 && len(c.on(topicReceipts)) == 0 })
		}
		clara.goes()
		anna.says(clara, "two")
		tn.until("boris has a letter", func() bool { return len(boris.on(topicLetters)) == 1 })
		if err := anna.Remove(To(clara.id.PeerID())); err != nil {
			t.Fatal(err)
		}
		tn.until("it is taken away", func() bool { return len(boris.on(topicLetters)) == 0 })
		clara.returns()
		clara.silent(2 * time.Minute)
	})
}

// TestFalseLetters: a letter that is not its author's word to us is not shown.
func TestFalseLetters(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris, clara := tn.moves(), tn.moves(), tn.moves()
		tn.family(anna, boris, clara)
		<-time.After(20 * time.Second)
		to, now := clara.id.PeerID(), time.Now()
		forged := writes(t, boris.id, to, 0, "in anna's name", now)
		forged.Author = anna.id.PeerID()
		other := writes(t, boris.id, anna.id.PeerID(), 0, "not to clara", now)
		stolen := writes(t, anna.id, to, 0, "sealed by another", now) // as if clara had shown it to boris
		for n, m := range []Message{forged, other, stolen} {
			sealed, err := boris.group().State().SealTo(to, m.AppendTo(nil))
			if err != nil {
				t.Fatal(err)
			}
			clara.takeLetter(clara.group(), clara.board(), board.Item{Author: boris.id.PeerID(), Name: letterName(to, m.Sequence+uint64(n)), Value: sealed})
		}
		clara.takeLetter(clara.group(), clara.board(), board.Item{Author: boris.id.PeerID(), Name: letterName(to, 1), Value: []byte("no letter")})
		clara.silent(2 * time.Minute)
		if c := clara.Counts(); c.Forged != 4 || c.Taken != 0 {
			t.Errorf("%+v", c)
		}
		if _, err := boris.Send(to, netip.AddrPort{}, "now honest"); err != nil {
			t.Fatal(err)
		}
		clara.hears("now honest")
	})
}

// TestManyLetters: so many are on a board at one time, and all come in the end.
func TestManyLetters(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		tn.forgetful = true
		anna, boris := tn.moves(), tn.moves()
		tn.forgetful = false
		clara := tn.moves()
		tn.family(anna, boris, clara)
		<-time.After(20 * time.Second)
		clara.goes()
		var want []string
		for i := range maxLetters + 10 {
			e := anna.says(clara, "text %d", i)
			want = append(want, e.Text)
		}
		<-time.After(2 * time.Minute)
		if n := len(boris.on(topicLetters)); n != maxLetters {
			t.Errorf("%d letters", n)
		}
		clara.returns()
		clara.knows(anna, contacts.Known) // of a stranger fewer are taken
		clara.hears(want...)
		clara.silent(2 * time.Minute)
	})
}

// FuzzLetterName: a name has one reading, and is written as it was read.
func FuzzLetterName(f *testing.F) {
	f.Add(letterName(who(f, 1).PeerID(), 5))
	f.Add("x/0000000000000005")
	f.Fuzz(func(t *testing.T, name string) {
		peer, sequence, ok := parseLetterName(name)
		if ok && letterName(peer, sequence) != name {
			t.Errorf("%q was read as %q", name, letterName(peer, sequence))
		}
		if !ok && peer != (identity.PeerID{}) && letterName(peer, sequence) == name {
			t.Errorf("%q was not read", name)
		}
	})
}
