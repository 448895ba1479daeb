package board

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/testnet/bubble"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// family is the members of a group, whose lines are pipes.
type family struct {
	t     testing.TB
	dir   string
	state *group.State // the founder's; members have clones
	all   []*member
}

// member is one of them, on or off.
type member struct {
	f    *family
	n    int
	id   *identity.Identity
	path string

	mu     sync.Mutex
	state  *group.State
	on     bool
	boards *Boards
	stop   func()
	answer func(*ask) []*entry // in place of the board's, to who asks

	*Board
}

// random is the same each time.
func random(n int) io.Reader { return rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), 7}) }

func who(t testing.TB, n int) *identity.Identity {
	t.Helper()
	id, err := identity.New(random(n))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// inFamily runs body in virtual time among n members that are on.
func inFamily(t *testing.T, n int, body func(t *testing.T, f *family)) {
	dir := t.TempDir()
	bubble.Test(t, func(t *testing.T) {
		f := &family{t: t, dir: dir}
		var err error
		founder := who(t, 0)
		if f.state, err = group.Found(founder, "family", random(1000), time.Now()); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			f.all = append(f.all, &member{f: f, n: i, id: who(t, i), path: filepath.Join(dir, fmt.Sprintf("boards-%d.db", i))})
			if i > 0 {
				f.admit(f.all[i])
			}
		}
		f.tell(f.all...)
		defer func() {
			for _, m := range f.all {
				m.goes()
			}
		}()
		for _, m := range f.all {
			m.comes()
		}
		body(t, f)
	})
}

// admit makes somebody a member.
func (f *family) admit(m *member) {
	f.t.Helper()
	founder := f.all[0].id
	now := time.Now()
	i, _, err := f.state.Invite(founder, group.Ordinary, time.Hour, []group.Ask{{Peer: founder.PeerID()}}, random(2000+m.n), now)
	if err == nil {
		_, err = f.state.Admit(founder, group.NewJoinRequest(m.id, i, founder.PeerID()), now)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// expel removes a member, in the founder's records.
func (f *family) expel(m *member) {
	f.t.Helper()
	if _, err := f.state.Expel(f.all[0].id, m.id.PeerID(), random(3000+m.n), time.Now()); err != nil {
		f.t.Fatal(err)
	}
}

// tell gives members the records that the founder has.
func (f *family) tell(members ...*member) {
	for _, m := range members {
		m.mu.Lock()
		m.state = f.state.Clone()
		m.mu.Unlock()
	}
}

// comes turns a member on.
func (m *member) comes() {
	m.f.t.Helper()
	hub := New(Config{Self: m.id, Lines: m, Path: m.path, Rand: rand.New(rand.NewPCG(uint64(m.n), 1)), Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		if err := hub.Run(ctx); err != nil {
			m.f.t.Error(err)
		}
	})
	m.mu.Lock()
	m.boards, m.on = hub, true
	m.mu.Unlock()
	b, err := hub.Open(m.group())
	if err != nil {
		m.f.t.Fatal(err)
	}
	m.Board = b
	m.stop = sync.OnceFunc(func() {
		m.mu.Lock()
		m.on = false
		m.mu.Unlock()
		cancel()
		work.Wait()
	})
}

// goes turns it off.
func (m *member) goes() { m.stop() }

// family is what a member's board sees of the group.
type seen struct{ *member }

func (m *member) group() Group { return &seen{m} }

func (s *seen) State() *group.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

func (s *seen) ID() group.ID { return s.State().ID() }

func (s *seen) Members() (out []group.Presence) {
	for _, m := range s.State().Members() {
		p := group.Presence{Member: m}
		for _, other := range s.f.all {
			if other.id.PeerID() == m.Peer {
				p.Online = other.there()
			}
		}
		out = append(out, p)
	}
	return out
}

func (m *member) there() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.on
}

// Dial implements Lines: a pipe to who is on.
func (m *member) Dial(_ context.Context, peer identity.PeerID) (net.Conn, error) {
	for _, other := range m.f.all {
		if other.id.PeerID() != peer {
			continue
		}
		other.mu.Lock()
		hub, answer, on := other.boards, other.answer, other.on
		other.mu.Unlock()
		if !on {
			break
		}
		near, far := net.Pipe()
		if answer != nil {
			go lie(newLine(far), answer)
		} else {
			go hub.Serve(context.Background(), m.id.PeerID(), far)
		}
		return near, nil
	}
	return nil, errors.New("it is away")
}

// lie answers who asks as it likes.
func lie(l *line, answer func(*ask) []*entry) {
	defer l.conn.Close()
	for {
		kind, body, err := l.read()
		if err != nil || kind != frameAsk {
			return
		}
		a, err := parseAsk(body)
		if err != nil {
			return
		}
		var out []byte
		bytes, more := 0, false
		for _, e := range answer(a) {
			if bytes += e.cost(); bytes > batchBytes {
				more = true
				break
			}
			out = appendFrame(out, frameItem, e.appendTo(nil))
		}
		if l.write(appendEnd(out, more, Fine)) != nil {
			return
		}
	}
}

// puts says something.
func (m *member) puts(topic, name, value string) {
	m.f.t.Helper()
	if err := m.Put(topic, name, []byte(value)); err != nil {
		m.f.t.Fatal(err)
	}
}

// reads is what a member sees under a topic, as "author name=value".
func (m *member) reads(topic string) (out []string) {
	m.f.t.Helper()
	list, err := m.Items(topic)
	if err != nil {
		m.f.t.Fatal(err)
	}
	for _, i := range list {
		for _, other := range m.f.all {
			if other.id.PeerID() == i.Author {
				out = append(out, fmt.Sprintf("%d %s=%s", other.n, i.Name, i.Value))
			}
		}
	}
	slices.Sort(out)
	return out
}

// see waits until members see this and nothing else under a topic.
func (f *family) see(within time.Duration, topic string, want []string, members ...*member) time.Duration {
	f.t.Helper()
	began := time.Now()
	for _, m := range members {
		for !slices.Equal(m.reads(topic), want) {
			if time.Since(began) > within {
				f.t.Fatalf("member %d sees %.300q, want %.300q", m.n, m.reads(topic), want)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	return time.Since(began)
}

// raw is the items of an author as a board has them.
func (m *member) raw(author *member) []*entry {
	m.f.t.Helper()
	m.Board.mu.Lock()
	defer m.Board.mu.Unlock()
	list, _, err := m.boards.store.after(author.id.PeerID(), m.shelfLocked(author.id.PeerID()), 0, slack*maxItems, maxGroup)
	if err != nil {
		m.f.t.Fatal(err)
	}
	return list
}

// sound checks that what a board counts is what its store has.
func (m *member) sound() {
	m.f.t.Helper()
	for _, author := range m.f.all {
		list := m.raw(author)
		m.Board.mu.Lock()
		s := m.shelfLocked(author.id.PeerID())
		m.Board.mu.Unlock()
		var l lattice
		bytes := 0
		for _, e := range list {
			if e.live() {
				l.add(e.hash)
			}
			bytes += e.cost()
			if !e.genuine(m.Board.id) {
				m.f.t.Errorf("member %d has what %d did not sign", m.n, author.n)
			}
		}
		if l != s.sum || bytes != s.bytes || len(list) != s.items {
			m.f.t.Errorf("member %d of %d: %d items, %d bytes; counted %d, %d; the lattice fits: %v", m.n, author.n, len(list), bytes, s.items, s.bytes, l == s.sum)
		}
		if len(list) > 0 && !s.whole() {
			m.f.t.Errorf("member %d of %d: the digest does not fit", m.n, author.n)
		}
	}
}

// rest lets virtual time pass.
func rest(d time.Duration) { time.Sleep(d) }
