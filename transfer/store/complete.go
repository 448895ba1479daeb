package store

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// Complete reads the whole file back, compares its SHA-1, and gives the file
// its name in the folder where it belongs, in this order: the journal names the
// target, the target appears, its folder is synced, the partial file and then
// the journal go. A kill anywhere in between is carried on from by the next
// Complete. It returns the path of the file; the Partial is closed then.
//
// The error wraps ErrIncomplete if bytes are missing; ErrVerification if the
// hash is wrong: then every byte is missing again, durably, and the space is
// kept; or ctx's. After any error the Partial is still open. The progress, if
// any, is called from time to time with the number of bytes verified.
func (p *Partial) Complete(ctx context.Context, progress func(verified int64)) (string, error) {
	path, err := p.complete(ctx, progress)
	if err == nil {
		p.loop.Wait()
	}
	return path, err
}

func (p *Partial) complete(ctx context.Context, progress func(int64)) (string, error) {
	p.lock()
	defer p.unlock()
	if p.isClosed() {
		return "", fmt.Errorf("store: complete %s: %w", p.file.SHA1, ErrClosed)
	}
	dir, name := p.store.folder(p.file, p.output)
	folder, done, err := p.openFolder(dir)
	if err != nil {
		return "", err
	}
	defer done()
	switch there, err := p.recover(ctx, folder, progress); {
	case err != nil:
		return "", err
	case there:
		return p.finish(folder, dir)
	}
	if p.appeared {
		return "", errors.Join(fmt.Errorf("store: complete %s: what was %s is another file now: %w", p.file.SHA1, p.said.target, ErrVerification), p.reset())
	}
	if err := p.flush(); err != nil {
		return "", err
	}
	if have := p.said.have.Len(); have < p.file.Size {
		return "", fmt.Errorf("store: complete %s: %w: %d of %d are there", p.file.SHA1, ErrIncomplete, have, p.file.Size)
	}
	sum, err := p.sum(ctx, progress)
	if err != nil {
		return "", wrap("verify", partialName(p.file.SHA1), err)
	}
	if sum != p.file.SHA1 {
		return "", errors.Join(fmt.Errorf("store: complete %s: %w: it is %s", p.file.SHA1, ErrVerification, sum), p.reset())
	}
	if err := p.publish(ctx, folder, name); err != nil {
		return "", err
	}
	return p.finish(folder, dir)
}

func (p *Partial) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// openFolder opens the folder where the complete file goes.
func (p *Partial) openFolder(dir string) (folder FS, done func(), err error) {
	if p.output == "" {
		return p.store.cfg.FS, func() {}, nil
	}
	if folder, err = p.store.cfg.Elsewhere(dir); err != nil {
		return nil, nil, wrap("open output folder", dir, err)
	}
	return folder, func() { folder.Close() }, nil
}

// recover reports whether the file that was announced before a kill is there,
// whole. An empty file in its place is taken away: the name was free when it
// was announced, and appear puts an empty file there.
func (p *Partial) recover(ctx context.Context, folder FS, progress func(int64)) (bool, error) {
	target, size := p.said.target, p.file.Size
	if target == "" {
		return false, nil
	}
	f, err := folder.Open(target)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, wrap("open", target, err)
	}
	defer f.Close()
	switch there, err := f.Size(); {
	case err != nil:
		return false, wrap("open", target, err)
	case there == 0 && size > 0:
		return false, wrap("remove", target, folder.Remove(target))
	case there != size:
		return false, nil
	}
	sum, err := sumOf(ctx, f, size, progress)
	return err == nil && sum == p.file.SHA1, wrap("verify", target, err)
}

// targetFits reports whether there is a file of the right length where the
// complete file was about to appear.
func (p *Partial) targetFits() (bool, error) {
	if p.said.target == "" {
		return false, nil
	}
	dir, _ := p.store.folder(p.file, p.output)
	folder, done, err := p.openFolder(dir)
	if err != nil {
		return false, err
	}
	defer done()
	f, err := folder.Open(p.said.target)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, wrap("open", p.said.target, err)
	}
	defer f.Close()
	size, err := f.Size()
	return size == p.file.Size, wrap("open", p.said.target, err)
}

// Reset makes every byte missing again, durably, and keeps the space.
func (p *Partial) Reset() error {
	p.lock()
	defer p.unlock()
	if p.isClosed() {
		return fmt.Errorf("store: reset %s: %w", p.file.SHA1, ErrClosed)
	}
	return p.reset()
}

// reset does Reset with flushing held. If it cannot be made durable the bytes
// stay claimed, so that the next Complete finds them wrong again.
func (p *Partial) reset() error {
	anew := p.said
	anew.have, anew.target = ranges.Set{}, ""
	if err := p.journal.rewrite(anew); err != nil {
		return err
	}
	p.mu.Lock()
	p.said = anew
	p.written, p.dirty = ranges.Set{}, ranges.Set{}
	p.front.stale = true
	p.appeared = false
	p.mu.Unlock()
	return p.allocate()
}

// sumOf is the SHA-1 of the first size bytes of f.
func sumOf(ctx context.Context, f io.ReaderAt, size int64, progress func(int64)) (sum urn.SHA1, err error) {
	h := sha1.New()
	done := int64(0)
	err = read(ctx, f, size, func(b []byte) error {
		h.Write(b)
		if done += int64(len(b)); progress != nil {
			progress(done)
		}
		return nil
	})
	h.Sum(sum[:0])
	return sum, err
}

// read gives the first size bytes of f to take, piece by piece.
func read(ctx context.Context, f io.ReaderAt, size int64, take func([]byte) error) error {
	b := make([]byte, min(size, copyBytes))
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b = b[:min(int64(len(b)), size-at)]
		if n, err := f.ReadAt(b, at); n < len(b) {
			return err
		}
		if err := take(b); err != nil {
			return err
		}
		at += int64(len(b))
	}
	return ctx.Err()
}
