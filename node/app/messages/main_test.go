package messages

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"filbert/node"
	"filbert/node/contacts"
	"filbert/node/state"
	"filbert/overlay/identity"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writerFile); path != "" {
		beWriter(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// town is a few whole nodes with their messages, on the fabric.
type town struct {
	t   *testing.T
	dir string
	sim *fabric.Net
	all []*citizen

	linger    time.Duration // what nobody can wait for has ended then: memberlist's probes
	forgetful bool          // who moves in keeps nothing on disk
}

// citizen is one node, which can go away and come back.
type citizen struct {
	*App
	tn    *town
	id    *identity.Identity
	at    netip.AddrPort
	state *state.DB
	seeds []string
	node  *node.Node
	file  string // the history, and of boards the beginning

	leave func()
	news  <-chan Entry
}

// inTown runs body in virtual time.
func inTown(t *testing.T, body func(t *testing.T, tn *town)) {
	dir := t.TempDir()
	bubble.Test(t, func(t *testing.T) {
		sim := fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(20 * time.Millisecond), Settle: bubble.Wait})
		defer sim.Close()
		tn := &town{t: t, dir: dir, sim: sim}
		defer func() {
			for _, c := range tn.all {
				c.goes()
			}
			<-time.After(tn.linger)
		}()
		body(t, tn)
	})
}

// moves in: a node that knows the nodes of seeds.
func (tn *town) moves(seeds ...*citizen) *citizen {
	tn.t.Helper()
	n := byte(len(tn.all) + 1)
	c := &citizen{
		tn: tn, id: who(tn.t, n), at: netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, n, 1, 1}), 7000), state: state.Memory(),
		file: filepath.Join(tn.dir, fmt.Sprintf("messages-%d.db", n)),
	}
	for _, s := range seeds {
		c.seeds = append(c.seeds, s.at.String())
	}
	if tn.forgetful {
		c.file = ""
	}
	tn.all = append(tn.all, c)
	c.comes()
	return c
}

// boards is the file of boards.
func (c *citizen) boards() string {
	if c.file == "" {
		return ""
	}
	return c.file + ".boards"
}

// comes starts the node.
func (c *citizen) comes() {
	t := c.tn.t
	t.Helper()
	n, err := node.Open(t.Context(), node.Config{
		Version: "test", Identity: c.id, State: c.state, Network: c.tn.sim.Host(c.at.Addr()), Rand: rand.New(rand.NewPCG(uint64(c.id.PeerID()[0]), 1)),
		Listen: c.at.String(), Neighbors: 2, TLS: true, Seeds: c.seeds, Boards: c.boards(),
	})
	if err != nil {
		t.Fatal(err)
	}
	history, aside, err := OpenHistory(c.file)
	if err != nil || aside != "" {
		t.Fatal(err, aside)
	}
	c.node, c.App = n, New(n, history, zerolog.Nop())
	var stop func()
	if c.news, stop, err = c.Watch(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	for _, run := range []func(context.Context) error{n.Run, c.App.Run} {
		work.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	c.leave = sync.OnceFunc(func() {
		stop()
		cancel()
		work.Wait()
		if err := history.Close(); err != nil {
			t.Error(err)
		}
	})
}

// goes stops the node.
func (c *citizen) goes() { c.leave() }

// says sends a message.
func (c *citizen) says(to *citizen, format string, args ...any) Entry {
	c.tn.t.Helper()
	e, err := c.Send(to.id.PeerID(), to.at, fmt.Sprintf(format, args...))
	if err != nil {
		c.tn.t.Fatal(err)
	}
	return e
}

// hears waits for the texts that are shown next.
func (c *citizen) hears(texts ...string) {
	c.tn.t.Helper()
	for _, want := range texts {
		for {
			select {
			case e := <-c.news:
				if e.State.Mine() {
					continue
				}
				if e.Text != want {
					c.tn.t.Fatalf("%q was shown, want %q", e.Text, want)
				}
			case <-time.After(time.Hour):
				c.tn.t.Fatalf("%q was not shown", want)
			}
			break
		}
	}
}

// silent wants nothing to be shown for a while.
func (c *citizen) silent(d time.Duration) {
	c.tn.t.Helper()
	end := time.After(d)
	for {
		select {
		case e := <-c.news:
			if !e.State.Mine() {
				c.tn.t.Fatalf("%q was shown", e.Text)
			}
		case <-end:
			return
		}
	}
}

// knows puts a peer into the book.
func (c *citizen) knows(other *citizen, level contacts.Trust) {
	c.tn.t.Helper()
	if _, err := c.node.SetContact(other.id.PeerID(), contacts.Change{Trust: &level}); err != nil {
		c.tn.t.Fatal(err)
	}
}

// texts is what the history has with a peer.
func (c *citizen) texts(with *citizen) (out []string) {
	c.tn.t.Helper()
	list, err := c.Messages(To(with.id.PeerID()), maxListed)
	if err != nil {
		c.tn.t.Fatal(err)
	}
	for _, e := range list {
		out = append(out, e.Text+" ("+e.State.String()+")")
	}
	return out
}

// until waits for something to hold.
func (tn *town) until(what string, holds func() bool) {
	tn.t.Helper()
	for range 7200 {
		if holds() {
			return
		}
		<-time.After(500 * time.Millisecond)
	}
	tn.t.Fatalf("not within an hour: %s", what)
}
