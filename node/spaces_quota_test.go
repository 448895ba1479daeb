package node_test

import (
	"testing"
	"time"

	"filbert/node"
	"filbert/node/space"
	"filbert/transfer"
	"filbert/transfer/download"
)

// TestQuota: what the members of a group get is held to its quota, after a restart too, and no
// longer when that is taken back; what another group gets is not. It is forgotten with the group.
func TestQuota(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		const all, quota, size, over = 200 << 10, 50 << 10, 8 << 20, 10 * time.Second
		slow := func(cfg *node.Config) { cfg.UploadLimit = all }
		anna, boris := tn.movesAs(nil, slow), tn.moves(nil)
		film, h := random(7, size)
		dir := tn.folder("films", map[string][]byte{"film.mp4": film})
		names := []string{"family", "lab"}
		for _, name := range names {
			if _, err := anna.FoundGroup(name); err != nil {
				t.Fatal(err)
			}
			tn.invites(anna, boris, name)
			tn.online(anna, name, 2)
			tn.online(boris, name, 2)
			tn.sharesWith(anna, name, dir, 1)
		}
		want := space.Quota{Up: quota, Slots: 3}
		set := func(c *citizen, q space.Quota) {
			t.Helper()
			if got, err := tn.space(c, "family").SetQuota(func(was *space.Quota) { *was = q }); got != q || err != nil {
				t.Fatalf("set %+v, %v", got, err)
			}
		}
		set(anna, want)
		for _, name := range names {
			if _, err := tn.space(boris, name).Fetch(download.Request{File: transfer.File{Name: "film.mp4", Size: size, SHA1: h}}); err != nil {
				t.Fatal(err)
			}
		}
		// gives has anna send for a while, and tells whether the members of each group get so many
		// bytes per second.
		gives := func(when string, wants ...int64) {
			t.Helper()
			var before []uint64
			for _, name := range names {
				tn.until("it is given to members of "+name, func() bool { return tn.space(anna, name).Uploads().Sent() > 50_000 })
			}
			for _, name := range names {
				before = append(before, tn.space(anna, name).Uploads().Sent())
			}
			<-time.After(over)
			for i, name := range names {
				got := int64(tn.space(anna, name).Uploads().Sent()-before[i]) / int64(over/time.Second)
				t.Logf("%s: %s gets %d bytes per second", when, name, got)
				if got < wants[i]*9/10 || got > wants[i]*11/10 {
					t.Errorf("%s: %s gets %d bytes per second, want %d", when, name, got, wants[i])
				}
			}
		}
		gives("at first", quota, all-quota)

		<-time.After(10 * time.Second) // addresses are kept
		anna.stop()
		tn.online(boris, "family", 1)
		tn.count -= 2
		anna = tn.movesAs(nil, func(cfg *node.Config) { cfg.State = anna.state; slow(cfg) })
		tn.until("her groups are open", func() bool { return len(anna.Spaces()) == len(names) })
		if sp := tn.space(anna, "family"); sp.Quota() != want || sp.Uploads().Slots() != want.Slots {
			t.Errorf("kept %+v, %d slots", sp.Quota(), sp.Uploads().Slots())
		}
		gives("after a restart", quota, all-quota)
		set(anna, space.Quota{})
		if n := tn.space(anna, "family").Uploads().Slots(); n <= want.Slots {
			t.Errorf("%d slots without a quota", n)
		}
		gives("without a quota", all/2, all/2)

		set(boris, want)
		g, err := boris.Group("family")
		if err != nil {
			t.Fatal(err)
		}
		if err := boris.LeaveGroup(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		if err := boris.state.Bucket("group quotas").ForEach(func(id string, _ []byte) error {
			t.Errorf("the quota of %s is still there", id)
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}
