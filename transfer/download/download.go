package download

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/transfer"
	"filbert/transfer/limit"
	"filbert/transfer/merkle"
	"filbert/transfer/picker"
	"filbert/transfer/store"
)

// download is one file on its way.
type download struct {
	manager *Manager
	file    transfer.File
	output  string
	number  uint64 // in the order they were added
	log     zerolog.Logger
	limit   *limit.Limit  // of this file alone
	wake    chan struct{} // there are offers; holds one
	done    chan struct{} // closed when nothing more will happen

	mu       sync.Mutex
	status   Status
	changed  chan struct{}     // closed and replaced with every change of status
	lastTree *merkle.Tree      // that shared had last
	shared   Shared            // no partial file: nothing is verified, or nothing going on
	wants    []*want           // at most MaxWants
	offers   []transfer.Source // at most MaxSources, for the loop to take
	again    bool              // it is to ask again who failed
	terms    Terms
	unkept   bool // the terms on disk are other ones
	readopt  bool // Terms.Adopt was given anew, perhaps the same

	// Guarded by Manager.mu.
	stop   context.CancelFunc // ends the loop; nil if there is none
	ending ending

	// Below: owned by the loop, and read by nobody else before done.
	sources    sources
	tree       *merkle.Tree         // what slices are verified by; nil: not known, or nothing
	wrong      map[merkle.Hash]bool // roots of trees that turned out not to be of the file; at most MaxSources
	wasted     int64                // bytes that came and were thrown away
	meter      meter
	begun      bool  // the partial file was opened before
	durable    int64 // bytes on disk when it was last closed
	diskErrors int   // since there were more of them
	published  time.Time
	nextFind   time.Time
	finds      int // searches since something came
	nextAsk    time.Time
	adoption   adoption
	strategy   picker.Strategy
	askPause   time.Duration  // before it
	bound      names          // the trees that the user said it has
	resting    *store.Partial // open while it waits, see rest
	removal    error          // why the partial file of a cancelled download is still there
}

// ending is what the user wants of a download that is stopped.
type ending uint8

const (
	keepGoing ending = iota // nothing: the process ends
	cancel
	cancelAndRemove
)

// snapshot is the status now, and what is closed when it changes.
func (d *download) snapshot() (Status, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status, d.changed
}

// update changes the status and tells whoever watches.
func (d *download) update(change func(s *Status)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.status)
	close(d.changed)
	d.changed = make(chan struct{})
}

// tellProgress tells how it goes.
func (d *download) tellProgress(now time.Time, c *crew) {
	have, rate := c.partial.Written(), d.meter.rate(now)
	peers, cells := c.peers(now), pieceMap(c.partial)
	d.update(func(s *Status) {
		s.Have, s.Rate, s.ETA = have, rate, eta(d.file.Size-have, rate)
		s.Sources, s.Peers, s.Map = d.sources.usable(), peers, cells
		d.tellQuality(s)
	})
}

// tellQuality tells what the bytes are verified by, and how many were of no use.
func (d *download) tellQuality(s *Status) {
	s.Verify, s.Wasted = "", d.wasted
	if d.tree != nil {
		s.Verify = d.tree.Kind().String()
	}
}

// announce tells who is at work now.
func (d *download) announce(c *crew) {
	peers, cells := c.peers(time.Now()), pieceMap(c.partial)
	d.update(func(s *Status) {
		s.Peers, s.Map = peers, cells
		s.State, s.Source, s.Sources = Downloading, c.workers[len(c.workers)-1].source.name(), d.sources.usable()
		s.Have, s.Reason, s.Until = c.partial.Written(), "", time.Time{}
	})
}

// due reports whether it is time to tell how it goes.
func (d *download) due(now time.Time) bool {
	if now.Sub(d.published) < progressEvery {
		return false
	}
	d.published = now
	return true
}

// offer hands sources to the loop. It never blocks; what is too much is dropped.
func (d *download) offer(offered []transfer.Source) {
	d.mu.Lock()
	room := MaxSources - len(d.offers)
	d.offers = append(d.offers, offered[:min(len(offered), room)]...)
	d.mu.Unlock()
	d.poke()
}

// retry has sources that failed asked again at once.
func (d *download) retry() {
	d.mu.Lock()
	d.again = true
	d.mu.Unlock()
	d.poke()
}

// poke wakes the loop.
func (d *download) poke() {
	select {
	case d.wake <- struct{}{}:
	default: // it will find this too
	}
}

// takeOffers takes up the sources that were offered.
func (d *download) takeOffers() {
	d.mu.Lock()
	offered, again := d.offers, d.again
	d.offers, d.again = nil, false
	d.mu.Unlock()
	if again {
		d.sources.retry()
	}
	for _, src := range offered {
		if d.sources.add(src) {
			d.finds = 0
		}
	}
}
