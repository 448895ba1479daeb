package node_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"filbert/node/events"
	"filbert/query"
	"filbert/testnet/fabric"
	"filbert/transfer/download"
)

// happened is what is written down of some kinds, in order: who, and why.
func happened(c *citizen, kinds ...events.Kind) (out []string) {
	list, _ := c.Events().After(0)
	for _, e := range list {
		if slices.Contains(kinds, e.Kind) {
			out = append(out, e.Kind.String()+" "+e.Who+": "+e.Cause)
		}
	}
	return out
}

// TestEvents: a node behind a NAT has written down who its neighbors were and why they went, how it was reached, what
// was fetched, and what became of the members of a group.
func TestEvents(t *testing.T) {
	amongNATs(t, 2, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		tn.grouped()
		relay := tn.movesAs(fstest.MapFS{"blue song.ogg": {Data: []byte("la la la")}}, relaying)
		founder := tn.movesAs(nil, asLeaf, relay)
		c := tn.movesAs(nil, asLeaf, relay)
		tn.linked(c, 1)
		tn.relayed(c, 1)
		want := func(what string, lines []string, begin ...string) {
			t.Helper()
			if !slices.EqualFunc(lines, begin, strings.HasPrefix) {
				t.Errorf("%s: %q, want %q", what, lines, begin)
			}
		}
		want("its neighbor", happened(c, events.NeighborUp, events.NeighborDown), "neighbor-up 9.1.1.1:7000: we called, leaf to ultrapeer")
		list, _ := c.Events().After(0)
		if list[0].Peer != relay.PeerID().String() {
			t.Errorf("%+v: it has proven to be %v", list[0], relay.PeerID())
		}
		want("how it is reached", happened(c, events.RelayReserved, events.RelayLost), "relay-reserved 9.1.1.1:7000: others cannot connect to us")

		var found query.Result
		tn.until("the song is found", func() bool {
			return tn.searches(c, query.Query{Text: "blue song"}, func(r query.Result) { found = r }) == nil && found.File.Name != ""
		})
		if _, err := c.Get(found, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		tn.until("the song is here", func() bool { return len(happened(c, events.DownloadComplete)) > 0 })
		want("what was fetched", happened(c, events.DownloadComplete, events.DownloadFailed), "download-complete blue song.ogg: ")

		if _, err := founder.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		tn.invites(founder, c, "family")
		tn.until("the member is there", func() bool { return len(happened(founder, events.MemberThere)) > 0 })
		want("a member", happened(founder, events.MemberJoined, events.MemberThere),
			"member-joined "+c.PeerID().String()+": let in by "+founder.PeerID().String(), "member-there "+c.PeerID().String()+": ")
		list, _ = founder.Events().After(0)
		if g, err := founder.Group("family"); err != nil || list[len(list)-1].In != g.ID().String() {
			t.Errorf("%+v, %v: in another group", list[len(list)-1], err)
		}

		relay.stop()
		tn.until("the relay is missed", func() bool { return len(happened(c, events.NeighborDown, events.RelayLost)) == 2 })
		for _, line := range happened(c, events.NeighborDown, events.RelayLost) {
			if who, why, _ := strings.Cut(line, ": "); why == "" || !strings.HasSuffix(who, " 9.1.1.1:7000") {
				t.Error(line)
			}
		}
		c.stop()
		tn.until("the member is missed", func() bool { return len(happened(founder, events.MemberAway, events.MemberDead)) > 0 })
		want("the member goes", happened(founder, events.MemberSuspected, events.MemberAway, events.MemberDead),
			"member-away "+c.PeerID().String()+": it said that it goes")
	})
}
