package download

import (
	"bytes"
	"testing"

	"filbert/transfer"
	"filbert/transfer/store"
)

// TestPieceMap: cells are as even as can be, and tell how much of each is here.
func TestPieceMap(t *testing.T) {
	for _, size := range []int64{0, 1, 7, MapCells, MapCells + 1, 100_003, 1 << 20} {
		fs := folder()
		s, err := store.New(store.Config{FS: fs, Folder: "/"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Open(transfer.File{Name: "f", Size: size}, "")
		if err != nil {
			t.Fatal(err)
		}
		want := make([]byte, min(size, MapCells))
		if got := pieceMap(p); !bytes.Equal(got, want) {
			t.Errorf("%d bytes, none here: %v", size, got)
		}
		half := size / 2
		if _, err := p.WriteAt(make([]byte, half), 0); err != nil {
			t.Fatal(err)
		}
		got := pieceMap(p)
		for i := range got {
			from, to := cellStart(int64(i), size, int64(len(got))), cellStart(int64(i)+1, size, int64(len(got)))
			if whole := byte(255 * (min(max(half, from), to) - from) / (to - from)); got[i] != whole {
				t.Errorf("%d bytes, half here: cell %d of [%d,%d) is %d, want %d", size, i, from, to, got[i], whole)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPeers: a status tells what each source is doing.
func TestPeers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 3*mb)
		good, gone := plant(t, n, file, b, nil), newServent(t, n, file, says("404 Not Found"))
		good.rate = steady(mb / 10)
		good.Vendor = "FLBT"
		d := open(t, folder(), Config{Connector: n})
		d.add(file, gone.Source, good.Source)
		s := d.until(file, "half here", func(s Status) bool { return s.Have > file.Size/2 && len(s.Peers) == 2 })
		first, second := s.Peers[0], s.Peers[1]
		if first.Name != good.Addr.String() || first.Vendor != "FLBT" || first.State != Fetching || first.Rate < mb/12 || first.Rate > mb/8 || first.Bytes == 0 {
			t.Errorf("at work is %+v", first)
		}
		if second.Name != gone.Addr.String() || second.State != Dropped || second.Reason == "" {
			t.Errorf("the other is %+v", second)
		}
		if len(s.Map) != MapCells || s.Map[0] != 255 || s.Map[MapCells-1] != 0 {
			t.Errorf("the map is %v", s.Map)
		}
		s = d.want(file, Complete)
		if !bytes.Equal(s.Map, bytes.Repeat([]byte{255}, MapCells)) {
			t.Errorf("of the whole file the map is %v", s.Map)
		}
		for _, p := range s.Peers {
			if p.State == Fetching || p.State == Asked || p.Name == good.Addr.String() && p.Bytes != file.Size {
				t.Errorf("in the end a source is %+v", p)
			}
		}
	})
}
