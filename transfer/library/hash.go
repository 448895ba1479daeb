package library

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"filbert/transfer/urn"
)

// ErrChanged: a file is not the one any more that was hashed. It will be hashed
// again if it is still there.
var ErrChanged = errors.New("file changed since it was hashed")

// hasher finds the hash of one file at a time.
type hasher struct {
	cache    Cache
	progress *progress
	buf      []byte // hashBlock long
}

// hash is the SHA-1 of f, from the cache or read from the file, and how many
// bytes it counted as hashed. The error is ErrChanged if the file is not as
// the scan found it, before or after it was read; that of ctx; or that of the
// disk.
func (h *hasher) hash(ctx context.Context, f *file) (sum urn.SHA1, counted int64, err error) {
	key := cacheKey(f.share.Dir, f.rel)
	if record, ok := h.cache.Get(key); ok {
		if id, sum, ok := parseRecord(key, record); ok && id == f.id {
			h.progress.bytesHashed.Add(f.id.size)
			return sum, f.id.size, nil
		}
	}
	h.progress.current.Store(&f.rel)
	defer h.progress.current.Store(nil)
	sum, counted, err = h.read(ctx, f)
	if err != nil {
		return urn.SHA1{}, counted, fmt.Errorf("library: hash %s: %w", f.rel, err)
	}
	h.cache.Put(key, appendRecord(nil, key, f.id, sum))
	return sum, counted, nil
}

// read hashes the content of f.
func (h *hasher) read(ctx context.Context, f *file) (sum urn.SHA1, counted int64, err error) {
	file, err := openAs(&f.share.Share, f.rel, f.id)
	if err != nil {
		return sum, 0, err
	}
	defer file.Close()
	digest := sha1.New()
	for {
		if err := ctx.Err(); err != nil {
			return sum, counted, err
		}
		n, err := file.Read(h.buf)
		digest.Write(h.buf[:n])
		counted += int64(n)
		h.progress.bytesHashed.Add(int64(n))
		switch {
		case counted > f.id.size:
			return sum, counted, ErrChanged
		case err == io.EOF:
			info, err := file.Stat()
			if err == nil && (identOf(info) != f.id || counted != f.id.size) {
				err = ErrChanged
			}
			return urn.SHA1(digest.Sum(nil)), counted, err
		case err != nil:
			return sum, counted, err
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
