package store

import (
	"errors"
	"fmt"
	"sync"

	"filbert/transfer"
	"filbert/transfer/ranges"
)

// Partial is one open partial file. Safe for concurrent use, but bytes that
// are there already must not be written again with other values.
type Partial struct {
	store  *Store
	file   transfer.File  // what it is to become
	output string         // and where, "" for the download folder
	loop   sync.WaitGroup // the flush loop
	stop   chan struct{}  // closed: the flush loop ends
	wake   chan struct{}  // there is enough to flush; holds one

	// flushing is full over a flush, over completion and over closing: lock and
	// unlock. It guards the journal; data, said and appeared change only while
	// it is held too. It is held across I/O, so it is no mutex: whoever waits
	// for it is idle in the eyes of a synctest bubble.
	flushing chan struct{}
	journal  journal
	front    front

	mu       sync.Mutex // never held across I/O
	room     sync.Cond  // bytes were synced, or never will be
	data     Handle     // nil while appeared
	appeared bool       // the bytes are, it seems, in the file said.target already
	said     contents   // what the journal says: said.have is durable
	written  ranges.Set // said.have and what is on its way there
	dirty    ranges.Set // written, to be synced by the next flush
	epoch    int        // failed syncs so far: what was written before one is lost
	err      error      // of a flush nobody called, until WriteAt or Flush tells it
	closed   bool
}

func newPartial(s *Store, c contents) *Partial {
	p := &Partial{
		store:    s,
		file:     c.file,
		output:   c.output,
		stop:     make(chan struct{}),
		wake:     make(chan struct{}, 1),
		flushing: make(chan struct{}, 1),
		journal:  journal{fs: s.cfg.FS, name: journalName(c.file.SHA1)},
		said:     c,
		written:  c.have.Clone(),
	}
	p.room.L = &p.mu
	p.front.init()
	return p
}

func (p *Partial) lock()   { p.flushing <- struct{}{} }
func (p *Partial) unlock() { <-p.flushing }

// File is what the partial file is to become, as it was first opened.
func (p *Partial) File() transfer.File { return p.file }

func (p *Partial) whole() ranges.Range { return ranges.Range{End: p.file.Size} }

// Have is the bytes that are durable: what a kill right now leaves.
func (p *Partial) Have() ranges.Set {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.have.Clone()
}

// Written is the number of bytes that are there, durable or on their way.
func (p *Partial) Written() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.Len()
}

// Missing is, in order, the bytes that are neither durable nor on their way:
// those worth fetching. It grows again when the disk fails to sync.
func (p *Partial) Missing() []ranges.Range {
	p.mu.Lock()
	defer p.mu.Unlock()
	var missing []ranges.Range
	for gap := range p.written.Gaps(p.file.Size) {
		missing = append(missing, gap)
	}
	return missing
}

// WriteAt writes bytes of the file that are missing. It waits while more than
// a few flushes' worth of bytes are not synced yet. What it reports as written
// is no longer in Missing, and will be durable soon, or missing again. An error
// may be that of an earlier flush; then nothing of b was written.
func (p *Partial) WriteAt(b []byte, off int64) (int, error) {
	n, _, err := p.write(b, off, nil)
	return n, err
}

// WriteLent is WriteAt with memory that is kept for a while: b must not change
// until it was sent to back, which has room for it.
func (p *Partial) WriteLent(b []byte, off int64, back chan<- []byte) (int, error) {
	n, lent, err := p.write(b, off, back)
	if !lent {
		back <- b
	}
	return n, err
}

func (p *Partial) write(b []byte, off int64, back chan<- []byte) (n int, lent bool, err error) {
	r := ranges.Range{Start: off, End: off + int64(len(b))}
	if !p.whole().Contains(r) || off < 0 {
		return 0, false, fmt.Errorf("store: write %s at %d: outside of its %d bytes", p.file.SHA1, off, p.file.Size)
	}
	data, epoch, err := p.awaitRoom()
	if err != nil {
		return 0, false, err
	}
	n, err = data.WriteAt(b, off)
	if err != nil {
		err = wrap("write", partialName(p.file.SHA1), err)
		back = nil
	}
	r.End = off + int64(n)
	lent, noted := p.wrote(r, epoch, b, back)
	return n, lent, errors.Join(err, noted)
}

// awaitRoom waits until bytes may be written.
func (p *Partial) awaitRoom() (data Handle, epoch int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil && !p.closed && p.unsynced() >= writeBehind*p.store.cfg.FlushBytes {
		p.room.Wait()
	}
	switch {
	case p.err != nil:
		err, p.err = p.err, nil
	case p.closed:
		err = fmt.Errorf("store: write %s: %w", p.file.SHA1, ErrClosed)
	case p.appeared:
		err = fmt.Errorf("store: write %s: nothing is missing", p.file.SHA1)
	}
	return p.data, p.epoch, err
}

// wrote notes that r was written by a call that began in the given epoch, and
// lends b, the bytes of r, to the front if it is to be sent back.
func (p *Partial) wrote(r ranges.Range, epoch int, b []byte, back chan<- []byte) (lent bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.front.touched(r.Start)
	if epoch != p.epoch {
		return false, fmt.Errorf("store: write %s: the disk failed to sync meanwhile", p.file.SHA1)
	}
	if !p.written.Add(r) {
		return false, fmt.Errorf("store: write %s: %w", p.file.SHA1, ErrFragmented)
	}
	if !p.dirty.Add(r) {
		p.written.Remove(r)
		return false, fmt.Errorf("store: write %s: %w", p.file.SHA1, ErrFragmented)
	}
	if p.unsynced() >= p.store.cfg.FlushBytes {
		poke(p.wake)
	}
	if lent = back != nil && p.front.lend(b, r.Start, back); lent {
		return true, nil
	}
	if p.grown() >= p.front.at+hashBytes {
		poke(p.front.wake)
	}
	return false, nil
}

// poke wakes who waits for c, or will wait for it next.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is on its way
	}
}

// unsynced is the number of written bytes that are not durable. Called with mu
// held.
func (p *Partial) unsynced() int64 { return p.written.Len() - p.said.have.Len() }

// Close flushes what is written and closes the files. The partial file stays
// on disk for the next Open. Nil if it is closed already.
func (p *Partial) Close() error {
	err := p.close()
	p.loop.Wait()
	return err
}

func (p *Partial) close() error {
	p.lock()
	defer p.unlock()
	if !p.shut() {
		return nil
	}
	err := p.flush()
	return errors.Join(err, p.end())
}

// shut refuses further writes, and reports false if that was so already.
func (p *Partial) shut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.closed = true
	p.room.Broadcast()
	close(p.stop)
	return true
}

// end closes the files and gives the partial file back to the store. Called
// with flushing held, after shut.
func (p *Partial) end() error {
	err := p.closeFiles()
	p.store.release(p.file.SHA1)
	return err
}

func (p *Partial) closeFiles() error {
	err := wrap("close", p.journal.name, p.journal.close())
	p.mu.Lock()
	data := p.data
	p.data = nil
	p.mu.Unlock()
	p.front.running.Wait() // it has been told to end
	if data != nil {
		err = errors.Join(err, wrap("close", partialName(p.file.SHA1), data.Close()))
	}
	return err
}
