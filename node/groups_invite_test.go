package node_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/overlay"
	"filbert/overlay/group"
	"filbert/testnet/fabric"
)

// TestInviteThroughNATs: the founder sits behind a NAT that no path goes through, and so does
// who joins, who knows a part of the network where nobody has heard of the founder: the invite
// says over which relays. When those are gone it is told what to do.
func TestInviteThroughNATs(t *testing.T) {
	amongNATs(t, 3, fabric.Symmetric(), func(t *testing.T, tn *town) {
		tn.grouped()
		boris := tn.movesAs(nil, relaying)
		bruno := tn.movesAs(nil, relaying, boris)
		seed := tn.movesAs(nil, func(cfg *node.Config) { relaying(cfg); cfg.TTL = 1 }, bruno)
		tn.linked(seed, 1)
		anna := tn.movesAs(fstest.MapFS{"x": file("la")}, asLeaf, boris)
		clara, dora := tn.movesAs(nil, asLeaf, seed), tn.movesAs(nil, asLeaf, seed)
		tn.relayed(anna, 2)
		for _, c := range []*citizen{clara, dora} {
			tn.linked(c, 1)
		}
		g, err := anna.FoundGroup("family")
		if err != nil {
			t.Fatal(err)
		}
		invite := func() string {
			t.Helper()
			text, err := anna.InviteTo(t.Context(), g, group.Ordinary, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if doubt := anna.InviteDoubt(t.Context()); doubt != "" {
				t.Errorf("it is doubted: %s", doubt)
			}
			return text
		}
		first, second := invite(), invite()
		t.Logf("%d characters", len(first))
		refused := func(text string) {
			t.Helper()
			began := time.Now()
			_, err := dora.JoinGroup(t.Context(), text)
			if took := time.Since(began); !errors.Is(err, node.ErrNotLetIn) || !strings.Contains(fmt.Sprint(err), "ask for a new invite") || took > time.Minute {
				t.Errorf("after %v: %v", took, err)
			}
			t.Logf("refused after %v: %v", time.Since(began), err)
		}
		refused(second[:strings.LastIndexByte(second, '.')]) // as invites were
		began := time.Now()
		if _, err := clara.JoinGroup(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		t.Logf("joined after %v", time.Since(began))
		for _, c := range []*citizen{anna, clara} {
			tn.online(c, "family", 2)
		}
		t.Logf("both see both after %v", time.Since(began))

		boris.stop()
		bruno.stop()
		refused(second)
	})
}

// TestInviteByPush: no relay leads to the founder, but its push proxies have it call who joins.
func TestInviteByPush(t *testing.T) {
	amongNATs(t, 2, fabric.Symmetric(), func(t *testing.T, tn *town) {
		tn.grouped()
		boris := tn.movesAs(nil, func(cfg *node.Config) { cfg.Mode = overlay.ModeUltrapeer })
		clara := tn.moves(nil)
		anna := tn.movesAs(nil, asLeaf, boris)
		tn.linked(anna, 1)
		<-time.After(30 * time.Second) // it is known that nobody gets through to her
		if _, err := anna.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		if doubt := anna.InviteDoubt(t.Context()); !strings.Contains(doubt, "no relay") {
			t.Errorf("it is not doubted: %q", doubt)
		}
		tn.invites(anna, clara, "family")
		for _, c := range []*citizen{anna, clara} {
			tn.online(c, "family", 2)
		}
	})
}

// TestJoinOverFullRelay: strangers have all circuits to the founder that its relay gives. Who
// joins waits until there is one.
func TestJoinOverFullRelay(t *testing.T) {
	amongNATs(t, 1, fabric.Symmetric(), func(t *testing.T, tn *town) {
		tn.grouped()
		boris := tn.movesAs(nil, relaying)
		anna := tn.movesAs(fstest.MapFS{"Blue Film.avi": file("la")}, asLeaf, boris)
		bruno, clara := tn.movesAs(nil, asLeaf, boris), tn.movesAs(nil, asLeaf, boris)
		tn.shares(anna, 1)
		tn.relayed(anna, 1)
		tn.linked(clara, 1)
		g, err := anna.FoundGroup("family")
		if err != nil {
			t.Fatal(err)
		}
		invite, err := anna.InviteTo(t.Context(), g, group.Ordinary, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		tn.finds(bruno, "blue film", 1)
		var lines []net.Conn
		fill := func() {
			for {
				line, err := bruno.Line(t.Context(), anna.PeerID(), netip.AddrPort{}, "datagrams") // a service that waits
				if err != nil {
					return
				}
				lines = append(lines, line)
			}
		}
		fill()
		<-time.After(15 * time.Second)
		fill() // the words that would open a path had a circuit
		began := time.Now()
		joined := make(chan error, 1)
		go func() {
			_, err := clara.JoinGroup(t.Context(), invite)
			joined <- err
		}()
		const held = 40 * time.Second
		for tick := time.Tick(10 * time.Second); time.Since(began) < held; <-tick {
			for _, line := range lines {
				if _, err := line.Write([]byte{0, 1, 0}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, line := range lines {
			line.Close()
		}
		if err := <-joined; err != nil {
			t.Error(err)
		}
		took := time.Since(began)
		if t.Logf("%d circuits were taken, joined after %v", len(lines), took); took < held {
			t.Errorf("joined after %v: there was a circuit left", took)
		}
	})
}
