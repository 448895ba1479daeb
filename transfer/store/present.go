package store

import (
	"fmt"

	"filbert/transfer/ranges"
)

// Present is the bytes that are there, durable or on their way.
func (p *Partial) Present() ranges.Set {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.Clone()
}

// Contains reports whether all of r is there, durable or on its way.
func (p *Partial) Contains(r ranges.Range) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.Contains(r)
}

// ReadAt reads bytes that are there. The error wraps ErrIncomplete if one of them
// is not, ErrClosed after Close and Complete.
func (p *Partial) ReadAt(b []byte, off int64) (int, error) {
	p.mu.Lock()
	data, there := p.data, p.written.Contains(ranges.Range{Start: off, End: off + int64(len(b))})
	p.mu.Unlock()
	switch {
	case data == nil:
		return 0, fmt.Errorf("store: read %s: %w", p.file.SHA1, ErrClosed)
	case !there:
		return 0, fmt.Errorf("store: read %s at %d: %w", p.file.SHA1, off, ErrIncomplete)
	}
	n, err := data.ReadAt(b, off)
	return n, wrap("read", partialName(p.file.SHA1), err)
}

// Keep makes every byte missing again, durably, that is not in keep. Nobody may
// write meanwhile.
func (p *Partial) Keep(keep *ranges.Set) error {
	p.lock()
	defer p.unlock()
	if p.isClosed() {
		return fmt.Errorf("store: keep of %s: %w", p.file.SHA1, ErrClosed)
	}
	if err := p.flush(); err != nil {
		return err
	}
	p.mu.Lock()
	anew := p.said
	p.mu.Unlock()
	anew.have = anew.have.Clone()
	at := int64(0)
	for r := range keep.All() {
		anew.have.Remove(ranges.Range{Start: at, End: r.Start})
		at = r.End
	}
	anew.have.Remove(ranges.Range{Start: at, End: p.file.Size})
	if err := p.journal.rewrite(anew); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = anew
	p.written, p.dirty = anew.have.Clone(), ranges.Set{}
	p.front.stale = true
	return nil
}
