package messages

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"filbert/node"
	"filbert/node/board"
	"filbert/node/contacts"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/testnet/bubble"
)

// family makes a group of which the first is the founder and the others are members.
func (tn *town) family(founder *citizen, others ...*citizen) {
	tn.t.Helper()
	tn.linger = 15 * time.Second
	if _, err := founder.node.FoundGroup("family"); err != nil {
		tn.t.Fatal(err)
	}
	for _, c := range others {
		tn.invites(founder, c)
	}
}

func (tn *town) invites(founder, guest *citizen) {
	tn.t.Helper()
	text, err := founder.node.InviteTo(tn.t.Context(), founder.group(), group.Ordinary, time.Hour)
	if err == nil {
		_, err = guest.node.JoinGroup(tn.t.Context(), text)
	}
	if err != nil {
		tn.t.Fatal(err)
	}
}

// group is that of a member.
func (c *citizen) group() *group.Group {
	c.tn.t.Helper()
	g, err := c.node.Group("family")
	if err != nil {
		c.tn.t.Fatal(err)
	}
	return g
}

// returns starts the node again, and waits for its group to be open.
func (c *citizen) returns() {
	c.tn.t.Helper()
	c.comes()
	c.tn.until("the group is open", func() bool { _, err := c.node.Group("family"); return err == nil })
}

// posts writes to the group.
func (c *citizen) posts(format string, args ...any) {
	c.tn.t.Helper()
	if _, err := c.Post(c.group(), fmt.Sprintf(format, args...)); err != nil {
		c.tn.t.Fatal(err)
	}
}

// read is what a member has in the conversation of the group.
func (c *citizen) read() (out []string) {
	c.tn.t.Helper()
	list, err := c.Messages(In(c.group().ID()), maxListed)
	if err != nil {
		c.tn.t.Fatal(err)
	}
	for _, e := range list {
		out = append(out, e.Text+" ("+e.State.String()+")")
	}
	return out
}

// TestGroup: what one writes all members read, once and in order, also who was away, from others
// if its author is away; after a restart nothing comes again, and who lost its history has it
// from the board.
func TestGroup(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris, clara := tn.moves(), tn.moves(), tn.moves()
		tn.family(anna, boris, clara)
		for i := range 20 {
			anna.posts("text %d", i)
		}
		for i := range 20 {
			boris.hears(fmt.Sprintf("text %d", i))
			clara.hears(fmt.Sprintf("text %d", i))
		}
		boris.posts("hello")
		anna.hears("hello")
		clara.hears("hello")
		if got := anna.read(); len(got) != 21 || got[0] != "text 0 (posted)" || got[20] != "hello (received)" {
			t.Errorf("%q", got)
		}
		list, err := boris.Conversations()
		if err != nil || len(list) != 1 || list[0].With != In(boris.group().ID()) || list[0].Unread != 20 || list[0].Waiting != 0 {
			t.Errorf("%+v, %v", list, err)
		}

		<-time.After(20 * time.Second) // addresses are kept
		clara.goes()
		anna.posts("clara is away")
		boris.hears("clara is away")
		anna.goes()
		clara.returns()
		clara.hears("clara is away")
		boris.posts("and anna")
		clara.hears("and anna")
		before := clara.read()
		clara.goes()
		clara.returns()
		clara.silent(2 * time.Minute)
		if got := clara.read(); !slices.Equal(got, before) {
			t.Errorf("after a restart %q, before %q", got, before)
		}
		anna.file += ".new"
		anna.returns()
		tn.until("anna has all again", func() bool { return len(anna.read()) == 23 })
		anna.posts("back")
		boris.hears("back")
		clara.hears("back")
		clara.silent(time.Minute)
	})
}

// TestExpelled: who is expelled reads nothing that is written afterwards, and what it writes
// nobody reads; who is blocked is not read.
func TestExpelled(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		anna, boris, clara := tn.moves(), tn.moves(), tn.moves()
		tn.family(anna, boris, clara)
		anna.posts("one")
		boris.hears("one")
		clara.hears("one")
		if err := anna.group().Expel(clara.id.PeerID()); err != nil {
			t.Fatal(err)
		}
		anna.posts("two")
		boris.hears("two")
		clara.Post(clara.group(), "three") // it may know already
		for _, c := range []*citizen{anna, boris, clara} {
			c.silent(2 * time.Minute)
		}
		boris.knows(anna, contacts.Blocked)
		anna.posts("four")
		boris.silent(2 * time.Minute)
		if got := boris.read(); !slices.Equal(got, []string{"one (received)", "two (received)"}) {
			t.Errorf("%q", got)
		}
	})
}

// TestBoardIsTrimmed: an author keeps so many messages on the board, and the history more; who
// comes later reads what is there.
func TestBoardIsTrimmed(t *testing.T) {
	inTown(t, func(t *testing.T, tn *town) {
		tn.forgetful = true // a thousand syncs take their time
		anna := tn.moves()
		tn.forgetful = false
		boris, clara := tn.moves(), tn.moves()
		tn.family(anna, boris)
		for i := range maxPosted + 2 {
			anna.posts("text %d", i)
			if i%500 == 499 {
				<-time.After(20 * time.Second)
			}
		}
		tn.until("boris has all", func() bool {
			list, err := boris.Conversations()
			return err == nil && len(list) == 1 && list[0].Messages == maxPosted+2
		})
		b, err := boris.node.Board(boris.group())
		if err != nil {
			t.Fatal(err)
		}
		if list, err := b.Items(topic); err != nil || len(list) != maxPosted*9/10+1 {
			t.Errorf("%d on the board, %v", len(list), err)
		}
		tn.invites(anna, clara)
		tn.until("clara has what is there", func() bool { return len(clara.read()) == maxPosted*9/10+1 })
		if got := clara.read(); got[len(got)-1] != fmt.Sprintf("text %d (received)", maxPosted+1) {
			t.Errorf("the last is %q", got[len(got)-1])
		}
		if err := clara.Remove(In(clara.group().ID())); err != nil {
			t.Error(err)
		}
		clara.goes()
		clara.returns()
		<-time.After(time.Minute)
		if got := clara.read(); len(got) > 0 {
			t.Errorf("what was forgotten came again: %d", len(got))
		}
	})
}

// soloHost is a host that meets nobody.
type soloHost struct {
	node.Host
	self *identity.Identity
}

func (h soloHost) Self() *identity.Identity                      { return h.self }
func (h soloHost) Contact(identity.PeerID) (c contacts.Contact)  { return c }
func (h soloHost) HandleLine(service string, _ node.LineHandler) {}

// TestThousandsInGroup: of thousands of messages of three authors in a group that come out of
// order, doubled, replayed, forged, in others' names, under others' names and from other groups,
// exactly the genuine ones are shown, once and in their author's order.
func TestThousandsInGroup(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		const genuine, reach = 3000, 40
		rng := rand.New(rand.NewPCG(7, 7))
		history, _, err := OpenHistory("")
		if err != nil {
			t.Fatal(err)
		}
		defer history.Close()
		a := New(soloHost{self: who(t, 9)}, history, zerolog.Nop())
		family, other := group.ID{1}, group.ID{2}
		authors := []*identity.Identity{who(t, 1), who(t, 2), who(t, 3)}
		last, want := map[identity.PeerID]uint64{}, map[identity.PeerID][]string{}
		type letter struct {
			at   int
			item board.Item
		}
		var post []letter
		add := func(at int, m Message) {
			post = append(post, letter{at, board.Item{Author: m.Author, Topic: topic, Name: nameOf(m.Sequence), Value: m.AppendTo(nil)}})
		}
		now := time.Now()
		for i := range genuine {
			now = now.Add(time.Millisecond)
			k := rng.IntN(len(authors))
			author, another := authors[k], authors[(k+1)%len(authors)]
			id := author.PeerID()
			m := wrote(t, author, In(family), last[id], fmt.Sprintf("text %d", i), now)
			last[id] = m.Sequence
			want[id] = append(want[id], m.Text)
			add(i+rng.IntN(reach), m)
			at := i + rng.IntN(4*reach)
			switch rng.IntN(8) {
			case 0, 1: // again
				add(at, m)
			case 2: // changed on the way
				lie := m
				lie.Text = "forged"
				add(at, lie)
			case 3: // in another's name
				lie := wrote(t, another, In(family), m.Previous, "not mine", now)
				lie.Author = id
				add(at, lie)
			case 4: // of another group, or to a peer
				add(at, wrote(t, author, In(other), m.Previous, "not for you", now))
				add(at, wrote(t, author, Conversation{Peer, family}, m.Previous, "not for you", now))
			case 5: // on another's shelf
				post = append(post, letter{at, board.Item{Author: who(t, 4).PeerID(), Name: nameOf(m.Sequence), Value: m.AppendTo(nil)}})
			case 6: // under another name
				post = append(post, letter{at, board.Item{Author: id, Name: nameOf(m.Sequence + 1), Value: m.AppendTo(nil)}})
			}
		}
		slices.SortStableFunc(post, func(a, b letter) int { return a.at - b.at })
		news, stop, err := a.Watch()
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		shown := map[identity.PeerID][]string{}
		for _, l := range post {
			a.takePosted(family, l.item)
			for more := true; more; {
				select {
				case e := <-news:
					shown[e.Author] = append(shown[e.Author], e.Text)
					if e.State != Shown || e.With != In(family) {
						t.Errorf("%q is %v in %v", e.Text, e.State, e.With)
					}
				default:
					more = false
				}
			}
		}
		for _, author := range authors {
			if id := author.PeerID(); !slices.Equal(shown[id], want[id]) {
				t.Errorf("%d messages were shown in another order, or not once: want %d", len(shown[id]), len(want[id]))
			}
		}
		c := a.Counts()
		t.Logf("%d came: %+v", len(post), c)
		if c.Taken != genuine || c.Known < genuine/8 || c.Forged < genuine/2 || c.Old+c.Refused != 0 {
			t.Errorf("counts: %+v", c)
		}
	})
}

// wrote is a message in some conversation.
func wrote(t *testing.T, author *identity.Identity, in Conversation, last uint64, text string, now time.Time) Message {
	t.Helper()
	m, err := write(author, in, last, text, now)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
