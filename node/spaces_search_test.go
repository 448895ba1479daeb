package node_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filbert/node"
	"filbert/node/space"
	"filbert/overlay/group"
	"filbert/overlay/identity"
	"filbert/query"
	"filbert/transfer/download"
)

// looks is what a search in a group finds: each result with who has it, by name.
func (tn *town) looks(c *citizen, name string, q query.Query, names map[identity.PeerID]string) []string {
	tn.t.Helper()
	last := map[int]query.Result{}
	c.SearchGroup(tn.space(c, name), q, func(r query.Result, h query.Hit) {
		if r.Group != tn.space(c, name).ID().String() || h.Group != r.Group {
			tn.t.Errorf("a result of group %q", r.Group)
		}
		last[r.Number] = r
	})
	var found []string
	for _, r := range last {
		var who []string
		for _, s := range r.Sources {
			who = append(who, names[s.Peer])
		}
		slices.Sort(who)
		found = append(found, fmt.Sprintf("%s %s", r.File.Name, strings.Join(who, " ")))
	}
	slices.Sort(found)
	return found
}

// TestSearchGroup: every member knows what the others have, whoever is there, and fetches it
// by its number. What is shared no more, or by who is a member no more, is not found.
func TestSearchGroup(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		anna, boris, clara := tn.moves(nil), tn.moves(nil), tn.moves(nil)
		names := map[identity.PeerID]string{anna.PeerID(): "anna", boris.PeerID(): "boris", clara.PeerID(): "clara"}
		g, err := anna.FoundGroup("family")
		if err != nil {
			t.Fatal(err)
		}
		tn.invites(anna, boris, "family")
		tn.invites(anna, clara, "family")
		for _, c := range []*citizen{anna, boris, clara} {
			tn.online(c, "family", 3)
		}
		film, h := random(7, 300_000)
		song, _ := random(8, 1000)
		tn.sharesWith(anna, "family", tn.folder("films", map[string][]byte{"Blue Film.mp4": film, "Blue Song.ogg": song}), 2)
		dir := tn.folder("other", map[string][]byte{"a/Blue Film.mp4": film})
		tn.sharesWith(boris, "family", dir, 1)
		finds := func(c *citizen, text string, want ...string) {
			t.Helper()
			tn.until(fmt.Sprintf("%q finds %q", text, want), func() bool {
				got := tn.looks(c, "family", query.Query{Text: text}, names)
				return slices.Equal(got, want)
			})
		}
		finds(clara, "blue", "Blue Film.mp4 anna boris", "Blue Song.ogg anna")
		finds(boris, "film", "Blue Film.mp4 anna")
		if got := tn.looks(clara, "family", query.Query{SHA1: h}, names); len(got) != 1 {
			t.Errorf("by its hash: %q", got)
		}
		if got := tn.looks(clara, "family", query.Query{Text: "blue", MaxSize: 2000}, names); len(got) != 1 {
			t.Errorf("a small one: %q", got)
		}
		var found query.Result
		clara.SearchGroup(tn.space(clara, "family"), query.Query{SHA1: h}, func(r query.Result, _ query.Hit) { found = r })
		if r, err := clara.Result(found.Number); err != nil || len(r.Sources) != 2 {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := clara.PublicResult(found.Number); err == nil {
			t.Error("it is taken for one of the open network")
		}
		if _, err := clara.MagnetOfResult(t.Context(), found); err == nil {
			t.Error("a link is made of it")
		}
		if _, err := clara.Get(found, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		st := tn.gets(clara, "family", h)
		if len(st.Peers) != 2 || filepath.Dir(st.Path) != tn.space(clara, "family").Folder() {
			t.Errorf("fetched from %+v to %s", st.Peers, st.Path)
		}
		finds(boris, "film", "Blue Film.mp4 anna clara")

		role := func(r group.Role) {
			t.Helper()
			if err := g.SetRole(boris.PeerID(), r); err != nil {
				t.Fatal(err)
			}
		}
		role(group.Guest)
		finds(clara, "blue", "Blue Film.mp4 anna", "Blue Song.ogg anna")
		tn.until("a guest shares nothing", func() bool {
			return errors.Is(tn.space(boris, "family").Share(t.Context(), dir, false), space.ErrGuest)
		})
		role(group.Ordinary)
		finds(clara, "blue", "Blue Film.mp4 anna boris", "Blue Song.ogg anna")
		anna.stop()
		tn.online(clara, "family", 2)
		finds(clara, "blue", "Blue Film.mp4 anna boris", "Blue Song.ogg anna")
		if err := os.Remove(filepath.Join(dir, "a", "Blue Film.mp4")); err != nil {
			t.Fatal(err)
		}
		if err := tn.space(boris, "family").Library().Rescan(t.Context()); err != nil {
			t.Fatal(err)
		}
		finds(clara, "blue", "Blue Film.mp4 anna", "Blue Song.ogg anna")

		tn.count -= 3
		again := tn.movesAs(nil, func(cfg *node.Config) { cfg.State = anna.state })
		tn.count += 2
		tn.online(clara, "family", 3)
		if g, err = again.Group(g.ID().String()); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute) // she does not say that she has nothing before she has looked
		finds(clara, "blue", "Blue Film.mp4 anna", "Blue Song.ogg anna")
		if err := g.Expel(boris.PeerID()); err != nil {
			t.Fatal(err)
		}
		tn.online(clara, "family", 2)
		finds(clara, "blue", "Blue Film.mp4 anna", "Blue Song.ogg anna")
	})
}
