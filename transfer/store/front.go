package store

import (
	"context"
	"crypto/sha1"
	"hash"
	"io"
	"sync"

	"filbert/transfer/urn"
)

// front is the beginning of the file, up to the first byte that is missing,
// which is hashed while the rest arrives: out of the memory it was written from
// if that was lent and nothing else is in the way, or else read back. Bytes that
// are written again, or were lost by a sync that failed, start it anew.
type front struct {
	wake    chan struct{} // it has grown; holds one
	lent    chan loan     // what is to be hashed next, in order; sent to with Partial.mu held
	quit    func()        // ends the loop; may be called again
	done    chan struct{} // closed by quit
	running sync.WaitGroup

	digest hash.Hash // the loop's; after quit and running, that of sum

	// Guarded by Partial.mu.
	at    int64 // bytes that were hashed, are being hashed or were lent
	stale bool  // some of them may be others now
	since int   // how often it was started anew
	ended bool  // the loop takes no more loans
}

// loan is memory that holds the next bytes of the front.
type loan struct {
	bytes []byte
	since int // of the front they are next of
	back  chan<- []byte
}

func (f *front) init() {
	f.wake, f.done, f.digest = make(chan struct{}, 1), make(chan struct{}), sha1.New()
	f.lent = make(chan loan, maxLoans)
	f.quit = sync.OnceFunc(func() { close(f.done) })
}

// lend takes b, which was written at start, if it is what comes next. Called with
// Partial.mu held.
func (f *front) lend(b []byte, start int64, back chan<- []byte) bool {
	if f.stale || f.ended || start != f.at || len(f.lent) == cap(f.lent) {
		return false
	}
	f.lent <- loan{b, f.since, back}
	f.at += int64(len(b))
	return true
}

// touched takes note of bytes that were written from start on. Called with
// Partial.mu held.
func (f *front) touched(start int64) {
	if start < f.at {
		f.stale = true
	}
}

// hashLoop hashes the front as it grows. It ends with Complete and with Close.
func (p *Partial) hashLoop() {
	defer p.endLoans()
	var b []byte
	for {
		select {
		case <-p.front.done:
			return
		case <-p.stop:
			return
		case l := <-p.front.lent:
			p.hashLoan(l)
			continue
		case <-p.front.wake:
		}
		if b == nil {
			b = make([]byte, hashBytes)
		}
		for p.hashOn(b) {
		}
	}
}

// hashLoan hashes what was lent, unless the front was started anew since, and
// gives it back.
func (p *Partial) hashLoan(l loan) {
	p.mu.Lock()
	p.restart()
	next := l.since == p.front.since
	p.mu.Unlock()
	if next {
		p.front.digest.Write(l.bytes)
	}
	l.back <- l.bytes
}

// endLoans hashes and gives back what was lent, and has no more lent.
func (p *Partial) endLoans() {
	p.mu.Lock()
	p.front.ended = true
	p.mu.Unlock()
	for {
		select {
		case l := <-p.front.lent:
			p.hashLoan(l)
		default:
			return
		}
	}
}

// hashOn hashes the next len(b) bytes of the front out of the file, and reports
// false if there are none, some were lent or it is time to end.
func (p *Partial) hashOn(b []byte) bool {
	select {
	case <-p.front.done:
		return false
	case <-p.stop:
		return false
	default:
	}
	p.mu.Lock()
	p.restart()
	at, data := p.front.at, p.data
	enough := data != nil && len(p.front.lent) == 0 && p.grown() >= at+int64(len(b))
	if enough {
		p.front.at += int64(len(b))
	}
	p.mu.Unlock()
	if !enough {
		return false
	}
	if n, err := data.ReadAt(b, at); n < len(b) && err != nil {
		p.mu.Lock()
		p.front.stale = true // Complete will read it, and tell
		p.mu.Unlock()
		return false
	}
	p.front.digest.Write(b)
	return true
}

// grown is where the front ends. Called with mu held.
func (p *Partial) grown() int64 {
	for gap := range p.written.Gaps(p.file.Size) {
		return gap.Start
	}
	return p.file.Size
}

// restart begins anew if what was hashed may be something else now. Called with
// mu held, by whoever owns the digest.
func (p *Partial) restart() {
	if p.front.stale {
		p.front.at, p.front.stale = 0, false
		p.front.since++
		p.front.digest.Reset()
	}
}

// sum is the SHA-1 of all bytes; those that were not hashed yet are read. Called
// with all bytes written and nobody writing.
func (p *Partial) sum(ctx context.Context, progress func(int64)) (sum urn.SHA1, err error) {
	if err := ctx.Err(); err != nil {
		return sum, err
	}
	p.front.quit()
	p.front.running.Wait()
	p.mu.Lock()
	p.restart()
	at := p.front.at
	p.front.stale = true // the next sum begins anew, should this one not be the last
	p.mu.Unlock()
	err = read(ctx, io.NewSectionReader(p.data, at, p.file.Size-at), p.file.Size-at, func(b []byte) error {
		p.front.digest.Write(b)
		if at += int64(len(b)); progress != nil {
			progress(at)
		}
		return nil
	})
	p.front.digest.Sum(sum[:0])
	return sum, err
}
