package node_test

import (
	"testing"
	"time"

	"filbert/node"
	"filbert/transfer"
	"filbert/transfer/download"
)

// TestSpaceSwarm: five members fetch a file at once that one of them all has, who sends as much
// as each of them. They have it from each other too, though it is listed at nobody else.
func TestSpaceSwarm(t *testing.T) {
	onFabric(t, func(t *testing.T, tn *town) {
		tn.grouped()
		const rate, size, many = 256 << 10, 4 << 20, 5
		equal := func(cfg *node.Config) { cfg.UploadLimit = rate }
		anna := tn.movesAs(nil, equal)
		if _, err := anna.FoundGroup("family"); err != nil {
			t.Fatal(err)
		}
		var others []*citizen
		for range many {
			c := tn.movesAs(nil, equal)
			tn.invites(anna, c, "family")
			others = append(others, c)
		}
		for _, c := range append(others, anna) {
			tn.online(c, "family", 1+many)
		}
		film, h := random(7, size)
		tn.sharesWith(anna, "family", tn.folder("films", map[string][]byte{"film.mp4": film}), 1)
		for _, c := range others {
			tn.until("it is listed", func() bool { files, _ := tn.space(c, "family").Listed(); return files == 1 })
		}
		began := time.Now()
		for _, c := range others {
			if _, err := tn.space(c, "family").Fetch(download.Request{File: transfer.File{Name: "film.mp4", Size: size, SHA1: h}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range others {
			tn.gets(c, "family", h)
		}
		took := time.Since(began)
		one := size / rate * time.Second
		copies := float64(tn.space(anna, "family").Uploads().Sent()) / size
		t.Logf("the last has it after %v, %.2f times one copy; %.2f copies were the source's", took, took.Seconds()/one.Seconds(), copies)
		if took > 2*one || copies > 2 {
			t.Error("they do not have it from each other")
		}
		b, err := anna.Board(tn.space(anna, "family").Group())
		if err != nil {
			t.Fatal(err)
		}
		tn.until("nobody says any more that it fetches", func() bool {
			items, err := b.Items("arriving")
			return err == nil && len(items) == 0
		})
	})
}
