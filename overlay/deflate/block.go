package deflate

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Errors of Inflate and Reader.
var (
	ErrCorrupt  = errors.New("malformed zlib stream")
	ErrTooLarge = errors.New("inflates to more than it may")
	ErrRatio    = fmt.Errorf("inflates to more than %d times its size", MaxRatio)
)

// Inflate appends what the whole zlib stream src inflates to, at most "most" bytes,
// to dst. It fails with ErrCorrupt or ErrTooLarge; dst is then nil. Memory grows
// with what comes out, never with what the stream claims; besides, an inflater of
// some 40 KiB is borrowed for the call.
func Inflate(dst, src []byte, most int) ([]byte, error) {
	z, err := borrowInflater(src)
	if err != nil {
		return nil, fmt.Errorf("deflate: %w", ErrCorrupt)
	}
	defer inflaters.Put(z)
	limit := len(dst) + most
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, min(max(len(dst), minOutput), limit+1-len(dst)))
		}
		room := dst[len(dst):min(cap(dst), limit+1)]
		n, err := z.Read(room)
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > limit:
			return nil, fmt.Errorf("deflate: %w", ErrTooLarge)
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return nil, fmt.Errorf("deflate: %w", ErrCorrupt)
		}
	}
}

// Deflate appends src as a whole zlib stream to dst.
func Deflate(dst, src []byte) []byte {
	out := appender(dst)
	z, ok := deflaters.Get().(*zlib.Writer)
	if ok {
		z.Reset(&out)
	} else {
		z = zlib.NewWriter(&out)
	}
	z.Write(src) // an appender takes everything
	z.Close()
	z.Reset(io.Discard) // let go of out
	deflaters.Put(z)
	return out
}

// Machines that wait for their next block. Each processor keeps about one, and
// the garbage collector takes those that are not used.
var inflaters, deflaters sync.Pool

func borrowInflater(src []byte) (io.ReadCloser, error) {
	in := bytes.NewReader(src)
	if z, ok := inflaters.Get().(io.ReadCloser); ok {
		if err := z.(zlib.Resetter).Reset(in, nil); err != nil {
			inflaters.Put(z)
			return nil, err
		}
		return z, nil
	}
	return zlib.NewReader(in)
}

// appender is an io.Writer at the end of a slice.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}
