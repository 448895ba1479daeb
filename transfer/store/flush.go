package store

import (
	"fmt"
	"time"

	"filbert/transfer/ranges"
)

// flushLoop flushes when enough was written and when it is time. It ends with
// Close or Complete.
func (p *Partial) flushLoop() {
	tick := time.NewTicker(p.store.cfg.FlushAfter)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-p.wake:
		case <-tick.C:
		}
		p.lock()
		err := p.flush()
		if err != nil {
			p.flush() // what only the journal failed for need not wait for the next time
		}
		p.unlock()
		if err != nil {
			p.mu.Lock()
			p.err = err
			p.room.Broadcast()
			p.mu.Unlock()
		}
	}
}

// Flush makes everything durable that was written before the call, or tells
// why that failed, now or since the last call.
func (p *Partial) Flush() error {
	p.lock()
	defer p.unlock()
	err := p.flush()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		err = p.err
	}
	p.err = nil
	return err
}

// flush syncs the bytes, then claims them. When the sync of the bytes fails
// they are missing again, and so is all that was written meanwhile: the system
// may have thrown any of it away and will not say so twice. When only the claim
// fails the bytes are good, and the next flush claims them. Called with
// flushing held.
func (p *Partial) flush() error {
	p.mu.Lock()
	batch := p.dirty
	p.dirty = ranges.Set{}
	p.mu.Unlock()
	if batch.Len() == 0 || p.data == nil { // nothing, or too late: it is closed
		return nil
	}
	if err := p.data.Sync(); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.epoch++
		p.front.stale = true
		p.dirty = ranges.Set{}
		p.written = p.said.have.Clone()
		p.room.Broadcast()
		return wrap("sync", partialName(p.file.SHA1), err)
	}
	err := p.journal.claim(p.said, &batch)
	p.mu.Lock()
	defer p.mu.Unlock()
	into := &p.said.have
	if err != nil {
		into = &p.dirty
		err = fmt.Errorf("store: claim what arrived: %w", err)
	}
	for r := range batch.All() {
		if !into.Add(r) {
			p.written.Remove(r) // fetched again rather than forgotten
		}
	}
	p.room.Broadcast()
	return err
}
