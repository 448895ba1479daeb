package download

import (
	"context"
	"errors"
	"sync"
	"time"

	"filbert/transfer/store"
)

// pause is what a download waits for that has not ended.
type pause struct {
	reason string
	until  time.Time // zero: until something is offered
	full   bool      // the disk must have room again, whatever is offered
	idle   bool      // for a source
}

// run is the loop. It ends when the download does, or with ctx.
func (d *download) run(ctx context.Context) {
	var searches sync.WaitGroup
	defer searches.Wait()
	ctx, enough := context.WithCancel(ctx)
	defer enough() // nobody is searched for when it has ended
	defer d.end()
	for d.takeTransfer(ctx) {
		p := d.session(ctx)
		<-d.manager.transfers
		if p == nil || !d.wait(ctx, *p, &searches) {
			return
		}
	}
}

// takeTransfer waits until there are less than the most transfers going on. It
// reports false if ctx ends.
func (d *download) takeTransfer(ctx context.Context) bool {
	select {
	case d.manager.transfers <- struct{}{}:
		return true
	default:
	}
	d.update(func(s *Status) {
		s.State, s.Reason, s.Until = Queued, "as many transfers as allowed are going on", time.Time{}
	})
	select {
	case d.manager.transfers <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// session does all that can be done now. It returns what the download waits
// for then, nil if it has ended or ctx has.
func (d *download) session(ctx context.Context) *pause {
	p, err := d.open()
	if err != nil {
		return d.disk(err)
	}
	if !d.begun {
		d.begun = true
		d.sources.inherited = p.Written()
	}
	d.meter = meter{}
	c := newCrew(ctx, d, p)
	if d.tree != nil { // since an earlier session, and all that came since is verified
		d.share(p, d.tree)
	}
	waits := c.work()
	c.dismiss()
	if waits != nil {
		peers := c.peers(time.Now())
		d.update(func(s *Status) { s.Peers = peers })
	}
	if waits == nil || !waits.idle || !d.rest(p) {
		d.share(nil, nil)
		d.close(p)
	}
	return waits
}

// close flushes what arrived. What cannot be flushed will be fetched again.
func (d *download) close(p *store.Partial) {
	if err := p.Close(); err != nil {
		d.log.Warn().Err(err).Msg("download lost what arrived last")
		if w := d.manager.cfg.Witness; w != nil {
			w.Disk(d.file, err)
		}
	}
	d.settled(p)
}

// settled notes what is on disk when nobody is at work.
func (d *download) settled(p *store.Partial) {
	have := p.Have()
	if have.Len() > d.durable {
		d.diskErrors, d.finds = 0, 0
	}
	d.durable = have.Len()
	d.update(func(s *Status) { s.Have, s.Source, s.Rate, s.ETA = d.durable, "", 0, 0 })
}

// complete verifies the file and gives it its name. If the session ends with
// that, it also returns what is waited for.
func (d *download) complete(ctx context.Context, c *crew) (ended bool, _ *pause) {
	p := c.partial
	peers, cells := c.peers(time.Now()), pieceMap(p)
	d.update(func(s *Status) {
		s.Peers, s.Map = peers, cells
		s.State, s.Have, s.Verified, s.Source, s.Rate, s.ETA = Verifying, d.file.Size, 0, "", 0, 0
		s.Reason, s.Until = "", time.Time{}
		d.tellQuality(s)
	})
	verified := func(n int64) {
		if d.due(time.Now()) {
			d.update(func(s *Status) { s.Verified = n })
		}
	}
	path, err := "", d.checkRoots(ctx, p, verified)
	if err == nil {
		path, err = p.Complete(ctx, verified)
	}
	switch {
	case err == nil:
		d.log.Info().Str("path", path).Msg("download complete")
		d.worked()
		d.update(func(s *Status) { s.State, s.Verified, s.Path = Complete, d.file.Size, path })
		return true, nil
	case ctx.Err() != nil:
		return true, nil
	case errors.Is(err, store.ErrIncomplete):
		return false, nil // a flush failed: what it lost is missing again
	case !errors.Is(err, store.ErrVerification), d.file.Size > 0 && len(p.Missing()) == 0:
		return true, d.disk(err) // perhaps in emptying a file that is wrong
	}
	d.log.Warn().Err(err).Msg("download has wrong bytes")
	d.takeOffers()
	again := d.condemn() && d.file.Size > 0
	for _, src := range d.sources.list {
		d.failed(src)
	}
	d.chargeLiars(time.Now())
	cells = pieceMap(p)
	d.update(func(s *Status) {
		s.Have, s.Verified, s.Map = 0, 0, cells
		if !again {
			s.State, s.Err = Failed, err
		}
	})
	return !again, nil
}

// condemn draws the conclusion when the whole file is wrong, and reports whether
// there is anybody left to fetch it from.
func (d *download) condemn() bool {
	switch {
	case d.tree == nil:
		return d.sources.condemn()
	case d.boundTo(d.tree): // no file has the SHA-1 and the tree
		return false
	case d.sources.inherited == 0: // every slice was verified: by a tree that is wrong
		if len(d.wrong) < MaxSources {
			d.wrong[d.tree.Root()] = true
		}
		d.sources.acquit(d.tree)
		d.manager.quarantine.withdraw(d.file.SHA1)
		d.tree = nil
	}
	d.sources.clear()
	return d.sources.usable() > 0
}

// disk draws the conclusion from an error of the disk. A full one is waited
// for; another error too, but not for ever.
func (d *download) disk(err error) *pause {
	if w := d.manager.cfg.Witness; w != nil {
		w.Disk(d.file, err)
	}
	full := errors.Is(err, store.ErrNoSpace)
	if !full {
		d.diskErrors++
	}
	if d.diskErrors >= maxDiskErrors || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrOpen) {
		d.log.Error().Err(err).Msg("download failed")
		d.update(func(s *Status) { s.State, s.Err = Failed, err })
		return nil
	}
	d.log.Warn().Err(err).Msg("download waits for the disk")
	return &pause{reason: err.Error(), until: time.Now().Add(diskWait), full: full}
}

// wait waits for what p says, and lets sources be searched meanwhile. It
// reports false if ctx ends.
func (d *download) wait(ctx context.Context, p pause, searches *sync.WaitGroup) bool {
	for {
		d.takeOffers()
		until := p.until
		if !p.full {
			until = earlier(earlier(until, d.search(ctx, searches)), d.askAround(ctx, searches))
		}
		d.update(func(s *Status) {
			s.State, s.Reason, s.Until, s.Sources = Waiting, p.reason, until, d.sources.usable()
		})
		var due <-chan time.Time
		if !until.IsZero() {
			due = time.After(time.Until(until))
		}
		select {
		case <-ctx.Done():
			return false
		case <-d.wake:
			if !p.full {
				return true
			}
		case <-due:
			if free, err := d.manager.cfg.Store.Free(); !p.full || err != nil || free >= resumeFree {
				return true
			}
			p.until = time.Now().Add(diskWait)
		}
	}
}

// search starts a search for sources if it is time for one: by hash, the next by name,
// and so on. It returns when
// the next is due, zero if nobody searches here.
func (d *download) search(ctx context.Context, searches *sync.WaitGroup) time.Time {
	finder := d.manager.cfg.Finder
	if finder == nil {
		return time.Time{}
	}
	if now := time.Now(); !now.Before(d.nextFind) {
		byName := d.finds%2 == 1
		d.nextFind = now.Add(min(findEvery<<min(d.finds, 16), findLast)) // the last one has ended by then
		d.finds++
		searches.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, findTimeout)
			defer cancel()
			found, err := finder.Find(ctx, d.file, byName)
			if err != nil {
				d.log.Debug().Err(err).Msg("search for sources failed")
			}
			if len(found) > 0 {
				d.offer(found)
			}
		})
	}
	return d.nextFind
}

// earlier is the earlier of two moments; a zero one never comes.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
