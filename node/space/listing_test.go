package space

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"filbert/overlay/identity"
	"filbert/query"
	"filbert/transfer"
)

// manyFiles is n files of one page, each with a hash of its own.
func manyFiles(n int) []Listed {
	files := make([]Listed, n)
	for i := range files {
		files[i] = Listed{File: transfer.File{Name: fmt.Sprintf("holiday %d.jpg", i), Size: 1}}
		binary.BigEndian.PutUint32(files[i].File.SHA1[1:], uint32(i+1))
	}
	return files
}

// TestListing: pages take the place of those before them, a member has so many files and no
// more, and who is a member no more has none.
func TestListing(t *testing.T) {
	l := newListing()
	anna, boris := identity.PeerID{1}, identity.PeerID{2}
	size := func(wantFiles, wantMembers int) {
		t.Helper()
		if files, members := l.size(); files != wantFiles || members != wantMembers || l.index.Len() != wantFiles {
			t.Errorf("%d files of %d members, %d in the index; want %d of %d", files, members, l.index.Len(), wantFiles, wantMembers)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if left := l.take(anna, []page{{"00", 5, manyFiles(maxListedEach + 10)}}); left != 10 {
		t.Errorf("%d files left out", left)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d bytes for each file", (int64(after.HeapAlloc)-int64(before.HeapAlloc))/maxListedEach)
	size(maxListedEach, 1)
	if left := l.take(boris, []page{{"00", 7, manyFiles(2)}, {"01", 6, nil}}); left != 0 {
		t.Errorf("%d files left out", left)
	}
	size(maxListedEach+2, 2)
	if l.upTo(boris) != 7 || l.upTo(anna) != 5 || l.upTo(identity.PeerID{3}) != 0 {
		t.Errorf("read up to %d, %d", l.upTo(boris), l.upTo(anna))
	}
	if hits := l.match(query.Query{SHA1: manyFiles(2)[1].File.SHA1}); len(hits) != 2 {
		t.Errorf("%d have it", len(hits))
	}
	if hits := l.match(query.Query{Text: "holiday 99999"}); len(hits) != 1 || hits[0].Source.Peer != anna {
		t.Errorf("found %+v", hits)
	}
	l.take(anna, []page{{"00", 8, manyFiles(1)}})
	size(3, 2)
	l.keep(map[identity.PeerID]bool{boris: true})
	size(2, 1)
	l.take(boris, []page{{"00", 9, nil}})
	size(0, 0)
}
