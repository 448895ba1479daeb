package natlab

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filbert/node/api"
	"filbert/node/state"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/testnet/process"
)

const (
	groupName = "family"

	// groupPatience is how long an event may take on a machine that does much else.
	groupPatience = 90 * time.Second

	// envelopesEach is how many envelopes of each member and time are looked at, at least.
	envelopesEach = 5
)

// machine is a namespace with a process of filbert.
type machine struct {
	*process.Node
	t     *testing.T
	space *space
	cfg   process.Config
	peer  identity.PeerID
	seen  netip.Addr // by others
}

// begins starts the process, again if there was one.
func (m *machine) begins() {
	m.t.Helper()
	err := m.space.in(func() (err error) {
		m.Node, err = process.Start(m.t.Context(), m.cfg)
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

// until waits until something holds, and tells how long that took.
func (m *machine) until(what string, holds func(ctx context.Context) bool) time.Duration {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), groupPatience)
	defer cancel()
	tick := time.NewTicker(2 * look)
	defer tick.Stop()
	for began := time.Now(); ; {
		if holds(ctx) {
			return time.Since(began)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			m.t.Fatalf("%s: not within %v; the node says:\n%s", what, groupPatience, m.Output())
		}
	}
}

// sees waits until so many members are there for this one.
func (m *machine) sees(n int) time.Duration {
	m.t.Helper()
	return m.until(fmt.Sprintf("%d members are there", n), func(ctx context.Context) bool {
		g, err := m.Group(ctx, groupName)
		return err == nil && g.Online == n
	})
}

// linked waits until it has a neighbor.
func (m *machine) linked() {
	m.t.Helper()
	m.until("linked", func(ctx context.Context) bool {
		s, err := m.Status(ctx)
		return err == nil && s.Neighbors > 0
	})
}

// name is what tells it from the others.
func (m *machine) name() string { return filepath.Base(m.cfg.Home) }

// wrote looks whether the machine has written down that such things happened, each with a cause.
func (m *machine) wrote(kinds ...string) {
	m.t.Helper()
	list, err := m.Events(m.t.Context(), 0)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, kind := range kinds {
		if !slices.ContainsFunc(list, func(e api.Event) bool { return e.Kind == kind && e.In == groupName && e.Cause != "" }) {
			m.t.Errorf("no %s: %+v", kind, list)
		}
	}
}

// records are those of the group as the machine has them on its disk, and who it is. Its process has ended.
func (m *machine) records() (*identity.Identity, *group.State) {
	m.t.Helper()
	self, err := identity.Load(filepath.Join(m.cfg.Home, "identity.pem"))
	if err != nil {
		m.t.Fatal(err)
	}
	db, err := state.Open(filepath.Join(m.cfg.Home, "state.db"), state.Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	defer db.Close()
	parts := map[string][]byte{}
	if err := db.Bucket("groups").ForEach(func(key string, value []byte) error {
		parts[key] = bytes.Clone(value)
		return nil
	}); err != nil {
		m.t.Fatal(err)
	}
	var all []byte
	for key := range parts { // of one group
		id, _, _ := strings.Cut(key, "/")
		for i := range len(parts) {
			all = append(all, parts[fmt.Sprintf("%s/%d", id, i)]...)
		}
		break
	}
	s, err := group.DecodeState(all)
	if err != nil {
		m.t.Fatal(err)
	}
	return self, s
}

// TestRealGroup has three processes of filbert on three machines, one of them behind a NAT, be a group. Two join by
// invites; one dies and is back; one is expelled, which then opens nothing of what is captured between the others with
// what it knew, even if it had the secrets of their TLS.
func TestRealGroup(t *testing.T) {
	needSpaces(t)
	spaces, err := newSpaces(false)
	if err != nil {
		t.Fatal(err)
	}
	defer spaces.Close()
	dir := t.TempDir()
	program, keyLog := buildWithKeyLog(t), filepath.Join(dir, "keys")
	number := byte(0)
	moves := func(name string, k Kind, args ...string) *machine {
		number++
		t.Helper()
		host, addr, err := spaces.host(k, spot{number: number})
		if err != nil {
			t.Fatal(err)
		}
		m := &machine{t: t, space: host.(*space), seen: public(number, false), cfg: process.Config{
			Program: program, Home: filepath.Join(dir, name),
			Args: append([]string{"--log", "debug", "--listen", fmt.Sprintf("%v:%d", addr, port)}, args...),
			Env:  append(os.Environ(), keyLogVariable+"="+keyLog),
		}}
		m.begins()
		t.Cleanup(func() { m.Kill() })
		id, err := m.Identity(t.Context(), "")
		if err == nil {
			m.peer, err = identity.ParsePeerID(id.PeerID)
		}
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	wire := listenIn(t, spaces.core)
	defer wire.end()
	anna := moves("anna", Open, "--role", "ultrapeer")
	seed := fmt.Sprintf("%v:%d", public(1, false), port)
	boris, clara := moves("boris", Open, "--seed", seed), moves("clara", PortRestricted, "--role", "leaf", "--seed", seed)
	everybody := []*machine{anna, boris, clara}
	clara.linked()

	if _, err := anna.FoundGroup(t.Context(), groupName); err != nil {
		t.Fatal(err)
	}
	for _, m := range everybody[1:] {
		invite, err := anna.Invite(t.Context(), groupName, "member", time.Hour)
		if err == nil {
			_, err = m.JoinGroup(t.Context(), invite.Invite)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range everybody {
		m.sees(3)
	}

	began := time.Now()
	clara.Kill()
	anna.sees(2)
	boris.sees(2)
	t.Logf("kill -9 of who is behind a NAT is noticed by both others after %.1f s", time.Since(began).Seconds())
	began = time.Now()
	clara.begins()
	for _, m := range everybody {
		m.sees(3)
	}
	t.Logf("started again it is there for all after %.1f s", time.Since(began).Seconds())

	captured := func(since map[identity.PeerID]time.Time, gone *machine) {
		t.Helper()
		anna.until("enough of each is captured", func(context.Context) bool {
			n := map[identity.PeerID]int{}
			for _, d := range overhear(t, wire, keyLog, everybody) {
				if from, stays := since[d.from.peer]; stays && d.to != gone && d.at.After(from) {
					n[d.from.peer]++
				}
			}
			for peer := range since {
				if n[peer] < envelopesEach {
					return false
				}
			}
			return true
		})
	}
	captured(map[identity.PeerID]time.Time{anna.peer: {}, boris.peer: {}, clara.peer: {}}, nil)
	if err := anna.Expel(t.Context(), groupName, boris.peer.String()); err != nil {
		t.Fatal(err)
	}
	since := map[identity.PeerID]time.Time{anna.peer: time.Now()} // when who stays has the new key
	clara.until("it has the new key", func(ctx context.Context) bool {
		g, err := clara.Group(ctx, groupName)
		return err == nil && g.Members == 2 && g.Keys == 2
	})
	since[clara.peer] = time.Now()
	boris.until("it hears that it was expelled", func(ctx context.Context) bool {
		g, err := boris.Group(ctx, groupName)
		return err == nil && g.Role == "none"
	})
	anna.sees(2)
	clara.sees(2)

	captured(since, boris)
	anna.wrote("member-joined", "member-dead", "member-expelled")
	for _, m := range everybody {
		if _, err := m.Terminate(t.Context()); err != nil {
			t.Error(err)
		}
	}
	opensNothingSince(boris, anna, overhear(t, wire, keyLog, everybody), since)
}

// opensNothingSince looks whether who was expelled can open what was sent before that, and nothing since, and whether
// a member that stayed can.
func opensNothingSince(expelled, stayed *machine, heard []datagram, since map[identity.PeerID]time.Time) {
	t := expelled.t
	former, old := expelled.records()
	member, all := stayed.records()
	if _, ok := all.CurrentKey(former); ok {
		t.Error("the records have a key for who was expelled")
	}
	oldKey, ok1 := old.CurrentKey(former)
	newKey, ok2 := all.CurrentKey(member)
	if !ok1 || !ok2 || oldKey.Of == newKey.Of {
		t.Fatalf("the keys: %v %v %v", ok1, ok2, oldKey.Of == newKey.Of)
	}
	anybody := func(identity.PeerID) group.Role { return group.Ordinary }
	before, after := map[string]int{}, map[string]int{}
	for _, d := range heard {
		open := func(k group.EpochKey) (group.Envelope, bool) {
			o := group.NewOpener(d.to.peer, all.ID(), group.Gossip, time.Time{})
			o.Keys(k)
			e, why := o.Open(bytes.Clone(d.b), anybody, d.at)
			return e, why == group.Fine
		}
		e, byOld := open(oldKey)
		_, byNew := open(newKey)
		from, stays := since[d.from.peer]
		switch {
		case byOld && stays && e.Time.After(from):
			t.Errorf("who was expelled opens what %s sent %v after that", d.from.name(), e.Time.Sub(from))
		case byNew && (byOld || d.to == expelled || !stays):
			t.Errorf("the new key opens what %s sent to %s", d.from.name(), d.to.name())
		case byOld:
			before[d.from.name()]++
		case byNew:
			after[d.from.name()]++
		default:
			t.Errorf("what %s sent to %s opens with no key", d.from.name(), d.to.name())
		}
	}
	t.Logf("who was expelled opens of each %v, and none of %v, which a member opens", before, after)
	if len(before) != 3 || len(after) != 2 {
		t.Error("that is not all who sent")
	}
}
