package download

import (
	"slices"
	"time"

	"filbert/transfer/store"
)

// Peer is one source of a download at one moment.
type Peer struct {
	Name   string // its address, or its GUID; fit to be shown
	Vendor string // four letters of its vendor code, or ""
	State  PeerState
	Rate   int64     // bytes per second of late
	Bytes  int64     // of the file as it is now that came from it
	Reason string    // why it is Resting or Dropped
	Until  time.Time // when it may be asked again, if it is Resting
}

// PeerState is what a source is doing.
type PeerState string

// What a source may be doing.
const (
	Untried  PeerState = "untried"
	Asked    PeerState = "asked"    // and nothing came yet
	Fetching PeerState = "fetching" // bytes come
	Idle     PeerState = "idle"     // it is connected, and there is nothing for it to do
	Resting  PeerState = "resting"
	Dropped  PeerState = "dropped"
)

// peers is the sources, those at work first, at most MaxPeers.
func (c *crew) peers(now time.Time) []Peer {
	peers := make([]Peer, 0, min(len(c.d.sources.list), MaxPeers))
	for _, w := range c.workers {
		p := Peer{Name: w.source.name(), Vendor: w.source.Vendor, State: Idle, Bytes: w.source.bytes}
		switch {
		case w.busy && w.heard.Load() > w.started.UnixNano():
			p.State, p.Rate = Fetching, w.pace.rate()
		case w.busy:
			p.State = Asked
		}
		peers = append(peers, p)
	}
	slices.SortFunc(peers, func(a, b Peer) int { return int(min(max(b.Rate-a.Rate, -1), 1)) })
	for _, src := range c.d.sources.list {
		if src.working || len(peers) == MaxPeers {
			continue
		}
		p := Peer{Name: src.name(), Vendor: src.Vendor, State: Untried, Bytes: src.bytes, Reason: src.reason}
		switch {
		case src.dropped:
			p.State = Dropped
		case src.until.After(now):
			p.State, p.Until = Resting, src.until
		}
		peers = append(peers, p)
	}
	return peers
}

// pieceMap is which parts of the file are here: MapCells cells at most, from left
// to right, each from 0 for nothing to 255 for all of its bytes.
func pieceMap(p *store.Partial) []byte {
	size := p.File().Size
	cells := min(size, MapCells)
	if cells == 0 {
		return nil
	}
	missing := make([]int64, cells)
	for _, gap := range p.Missing() {
		for at := gap.Start; at < gap.End; {
			cell := cellOf(at, size, cells)
			to := min(gap.End, cellStart(cell+1, size, cells))
			missing[cell] += to - at
			at = to
		}
	}
	out := make([]byte, cells)
	for i := range out {
		whole := cellStart(int64(i)+1, size, cells) - cellStart(int64(i), size, cells)
		out[i] = byte((whole - missing[i]) * 255 / whole)
	}
	return out
}

// cellStart is the first byte of a cell; the cells are as even as can be.
func cellStart(cell, size, cells int64) int64 { return size/cells*cell + size%cells*cell/cells }

func cellOf(at, size, cells int64) int64 {
	cell := min(int64(float64(at)/float64(size)*float64(cells)), cells-1)
	for cellStart(cell, size, cells) > at {
		cell--
	}
	for cellStart(cell+1, size, cells) <= at {
		cell++
	}
	return cell
}
