package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
)

// ErrChanged: a file is not the one any more that was hashed. It will be hashed
// again if it is still there.
var ErrChanged = errors.New("file changed since it was hashed")

// hasher finds the names of one file at a time.
type hasher struct {
	cache    Cache
	progress *progress
	buf      []byte // hashBlock long
	turn     turn
}

// hash is the names of f, from the cache or read from the file, and how many
// bytes it counted as hashed. The error is ErrChanged if the file is not as
// the scan found it, before or after it was read; that of ctx; or that of the
// disk.
func (h *hasher) hash(ctx context.Context, f *file) (s sums, counted int64, err error) {
	key := cacheKey(f.share.Dir, f.rel)
	if record, ok := h.cache.Get(key); ok {
		if id, s, ok := parseRecord(key, record); ok && id == f.id {
			h.progress.bytesHashed.Add(f.id.size)
			return s, f.id.size, nil
		}
	}
	h.progress.current.Store(&f.rel)
	defer h.progress.current.Store(nil)
	d := newDigest(f.id.size)
	counted, err = h.read(ctx, f, d)
	d.end()
	if err != nil {
		return sums{}, counted, fmt.Errorf("library: hash %s: %w", f.rel, err)
	}
	s, tiger, blake3, err := d.sums()
	if err != nil {
		return sums{}, counted, fmt.Errorf("library: hash %s: %w", f.rel, err)
	}
	if nodes := appendTrees(nil, tiger, blake3); len(nodes) > 0 {
		h.cache.Put(treeKey(f.share.Dir, f.rel), nodes) // first: a record tells that the trees are there
	}
	h.cache.Put(key, appendRecord(nil, key, f.id, s))
	return s, counted, nil
}

// read gives d the content of f, and counts the bytes.
func (h *hasher) read(ctx context.Context, f *file, d *digest) (counted int64, err error) {
	file, err := openAs(&f.share.Share, f.rel, f.id)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	defer h.turn.end()
	for {
		if err := ctx.Err(); err != nil {
			return counted, err
		}
		if err := h.turn.wait(ctx, int(min(int64(len(h.buf)), max(1, f.id.size-counted)))); err != nil {
			return counted, err
		}
		n, err := file.Read(h.buf)
		d.write(h.buf[:n])
		counted += int64(n)
		h.progress.bytesHashed.Add(int64(n))
		switch {
		case counted > f.id.size:
			return counted, ErrChanged
		case err == io.EOF:
			info, err := file.Stat()
			if err == nil && (identOf(info) != f.id || counted != f.id.size) {
				err = ErrChanged
			}
			return counted, err
		case err != nil:
			return counted, err
		}
	}
}

// openAs opens a file of a share if it still is what id tells, else the error
// is ErrChanged or that of the disk.
func openAs(s *Share, rel string, id ident) (File, error) {
	tree, err := openTree(s)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	f, err := tree.open(rel)
	switch {
	case isGone(err):
		return nil, fmt.Errorf("%w: %w", ErrChanged, err)
	case err != nil:
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && identOf(info) != id {
		err = ErrChanged
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// isGone reports whether an error of opening says that what was there is not
// there any more.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRegular) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}
