package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// errSeek is the error of Seek.
var errSeek = errors.New("stream: seek before the start of the file")

// Reader reads a file that may still be arriving. It implements io.ReadSeeker;
// a Read blocks until there is something to read. It has one user at a time.
type Reader struct {
	ctx   context.Context
	stop  context.CancelFunc
	files Files
	sha1  urn.SHA1
	size  int64

	at    int64
	file  File         // nil until it is needed
	ahead ranges.Range // what was last asked for ahead

	turn context.CancelFunc // ends the wait for what lay ahead
	work sync.WaitGroup
}

// NewReader is a reader of a file of size bytes, at its start. Close must
// follow; ctx ends waits, and stops reading.
func NewReader(ctx context.Context, files Files, sha1 urn.SHA1, size int64) *Reader {
	r := &Reader{files: files, sha1: sha1, size: size, turn: func() {}}
	r.ctx, r.stop = context.WithCancel(ctx)
	return r
}

func (r *Reader) window(at int64) ranges.Range {
	return ranges.Range{Start: at, End: min(at+aheadBytes, r.size)}
}

// Read implements io.Reader.
func (r *Reader) Read(b []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if len(b) == 0 {
		return 0, nil
	}
	r.lookAhead()
	end := min(r.at+int64(len(b)), (r.at/stepBytes+1)*stepBytes, r.size)
	for try := 1; ; try++ {
		if err := r.files.Await(r.ctx, r.sha1, ranges.Range{Start: r.at, End: end}); err != nil {
			return 0, fmt.Errorf("stream: wait for %s: %w", r.sha1, err)
		}
		n, err := r.readAt(b[:end-r.at])
		r.at += int64(n)
		if err == nil || try == maxTries {
			return n, err
		}
	}
}

// lookAhead asks for what follows, once a half of what was asked for is behind.
func (r *Reader) lookAhead() {
	if half := r.ahead.Start + aheadBytes/2; r.at >= r.ahead.Start && (r.at < half || r.ahead.End == r.size) && r.at < r.ahead.End {
		return
	}
	r.turn()
	ctx, turn := context.WithCancel(r.ctx)
	wanted := r.window(r.at)
	r.ahead, r.turn = wanted, turn
	r.work.Go(func() { r.files.Await(ctx, r.sha1, wanted) }) // whoever reads there meets the error
}

// readAt fills b from the reader's place. A file that became whole meanwhile is
// another one, as far as the system is concerned.
func (r *Reader) readAt(b []byte) (int, error) {
	for again := false; ; again = true {
		fresh := r.file == nil
		if fresh {
			f, err := r.files.Open(r.sha1)
			if err != nil {
				return 0, fmt.Errorf("stream: open %s: %w", r.sha1, err)
			}
			r.file = f
		}
		n, err := r.file.ReadAt(b, r.at)
		switch {
		case n == len(b):
			return n, nil
		case n > 0:
			return n, nil // the error comes again with the rest
		case fresh || again:
			return 0, fmt.Errorf("stream: read %s: %w", r.sha1, err)
		}
		r.file.Close()
		r.file = nil
	}
}

// Seek implements io.Seeker. What is at the new place is asked for when it is
// read: http.ServeContent seeks to the end just to know where it is.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errSeek
	}
	r.at = offset
	return offset, nil
}

// Close ends the reader, and waits for nothing of the network.
func (r *Reader) Close() error {
	r.turn()
	r.stop()
	r.work.Wait()
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
