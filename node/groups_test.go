package node_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"filbert/nat"
	"filbert/node"
	"filbert/overlay/group"
	"filbert/testnet/fabric"
)

// grouped lets nodes take part in groups. memberlist cannot be waited for: a probe of its
// goes on for a while.
func (tn *town) grouped() {
	tn.change = append(tn.change, inTLS)
	tn.linger = 15 * time.Second
}

// online waits until somebody sees so many members of a group there.
func (tn *town) online(c *citizen, name string, n int) {
	tn.t.Helper()
	tn.until(fmt.Sprintf("%d members are there", n), func() bool { return present(c, name) == n })
}

// present is how many members of a group somebody sees there.
func present(c *citizen, name string) (n int) {
	g, err := c.Group(name)
	if err != nil {
		return -1
	}
	for _, m := range g.Members() {
		if m.Online {
			n++
		}
	}
	return n
}

// invites lets somebody join a group of another.
func (tn *town) invites(owner, guest *citizen, name string) {
	tn.t.Helper()
	g, err := owner.Group(name)
	if err != nil {
		tn.t.Fatal(err)
	}
	text, err := owner.InviteTo(tn.t.Context(), g, group.Ordinary, time.Hour)
	if err != nil {
		tn.t.Fatal(err)
	}
	if _, err := guest.JoinGroup(tn.t.Context(), text); err != nil {
		tn.t.Fatal(err)
	}
}

// TestGroup: a group is made, two join by invites, one is expelled; who is away is noticed,
// and is back after a restart.
func TestGroup(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		anna, boris, clara := tn.moves(nil), tn.moves(nil), tn.moves(nil)
		if _, err := anna.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		tn.invites(anna, boris, "family")
		tn.invites(anna, clara, "family")
		everybody := []*citizen{anna, boris, clara}
		for _, c := range everybody {
			tn.online(c, "family", 3)
		}
		g, err := anna.Group("family")
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := g.Seal([]byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range everybody[1:] {
			own, err := c.Group(g.ID().String())
			if err != nil {
				t.Fatal(err)
			}
			if e, err := own.Unseal(slices.Clone(sealed)); err != nil || string(e.Payload) != "hello" || e.Sender != anna.PeerID() {
				t.Errorf("%q of %v, %v", e.Payload, e.Sender, err)
			}
		}
		if err := g.Expel(clara.PeerID()); err != nil {
			t.Fatal(err)
		}
		tn.online(boris, "family", 2)
		tn.until("boris has the new key", func() bool {
			sealed, err := g.Seal([]byte("she is gone"))
			if err != nil {
				t.Fatal(err)
			}
			b, err := boris.Group("family")
			if err != nil {
				t.Fatal(err)
			}
			e, err := b.Unseal(sealed)
			return err == nil && string(e.Payload) == "she is gone"
		})
		if c, err := clara.Group("family"); err == nil {
			sealed, _ := g.Seal([]byte("she is gone"))
			if e, err := c.Unseal(sealed); err == nil {
				t.Errorf("who was expelled reads %q", e.Payload)
			}
		}
	})
}

// familyOverRelay is three leaves that are in one group, "family", over the one relay of the town.
func (tn *town) familyOverRelay() (anna, boris, clara *citizen) {
	tn.t.Helper()
	tn.grouped()
	relay := tn.movesAs(nil, relaying)
	anna = tn.movesAs(nil, asLeaf, relay)
	boris, clara = tn.movesAs(nil, asLeaf, relay), tn.movesAs(nil, asLeaf, relay)
	for _, c := range []*citizen{boris, clara} {
		tn.linked(c, 1)
		tn.relayed(c, 1)
	}
	if _, err := anna.FoundGroup("family"); err != nil {
		tn.t.Fatal(err)
	}
	tn.invites(anna, boris, "family")
	tn.invites(anna, clara, "family")
	for _, c := range []*citizen{anna, boris, clara} {
		tn.online(c, "family", 3)
	}
	return anna, boris, clara
}

// TestGroupThroughNATs: members behind NATs are one group all the same, over relays.
func TestGroupThroughNATs(t *testing.T) {
	amongNATs(t, 2, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		anna, boris, clara := tn.familyOverRelay()
		clara.stop()
		began := time.Now()
		tn.online(anna, "family", 2)
		tn.online(boris, "family", 2)
		t.Logf("that she left is noticed after %v", time.Since(began))
	})
}

// TestGroupAfterRestart: a node takes part in its groups again, and finds the others where
// they were.
func TestGroupAfterRestart(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		anna, boris := tn.moves(nil), tn.moves(nil)
		if _, err := anna.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		tn.invites(anna, boris, "family")
		tn.online(anna, "family", 2)
		tn.online(boris, "family", 2)
		<-time.After(10 * time.Second) // addresses are kept
		boris.stop()
		tn.online(anna, "family", 1)
		began := time.Now()
		tn.count--
		again := tn.movesAs(nil, func(cfg *node.Config) { cfg.State = boris.state })
		tn.online(again, "family", 2)
		tn.online(anna, "family", 2)
		t.Logf("back after %v", time.Since(began))
	})
}

// TestNoGroups: without TLS, or with an ID of each run, there are none, and the reason is
// told.
func TestNoGroups(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		plain := tn.moves(nil)
		fresh := tn.movesAs(nil, func(cfg *node.Config) { cfg.TLS, cfg.FreshID = true, true })
		for _, c := range []*citizen{plain, fresh} {
			if _, err := c.FoundGroup("family"); err == nil {
				t.Error("a group was made")
			} else {
				t.Log(err)
			}
			if len(c.Groups()) > 0 {
				t.Error("it has a group")
			}
		}
	})
}

// TestIdleGroup: what three members behind NATs send each other with nothing to do. It is
// not held to the budget of a leaf, and told.
func TestIdleGroup(t *testing.T) {
	amongNATs(t, 2, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		tn.grouped()
		boris := tn.movesAs(nil, relaying)
		bruno := tn.movesAs(nil, relaying, boris)
		var members []*citizen
		for i := range 3 {
			c := tn.movesAs(fstest.MapFS{fmt.Sprintf("Blue Film %d.avi", i): file("la")}, asLeaf, boris, bruno)
			tn.shares(c, 1)
			tn.relayed(c, 2)
			if members = append(members, c); i == 0 {
				if _, err := c.FoundGroup("family"); err != nil {
					t.Fatal(err)
				}
				continue
			}
			tn.invites(members[0], c, "family")
		}
		for _, c := range members {
			tn.online(c, "family", 3)
		}
		const minutes = 5
		tick := time.NewTicker(minutes*time.Minute + time.Second)
		defer tick.Stop()
		<-tick.C
		for _, c := range members {
			s, err := c.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			hour := s.Upkeep.Hour[nat.UpkeepGroups] * 60 / minutes
			t.Logf("by what it was sent for: %v; for the group %d bytes an hour", s.Upkeep.Hour, hour)
			if hour < 1_000_000 || hour > 20_000_000 || s.Upkeep.Thrifty {
				t.Errorf("for the group %d bytes an hour, %+v", hour, s.Upkeep)
			}
		}
	})
}
