package deflate

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
)

// Reader inflates a stream as it comes: each Read returns what the sender has
// flushed so far. It holds nothing until the first two bytes are there, then some
// 45 KiB: a window of 32 KiB, code tables and an input buffer.
//
// The stream ends, with io.EOF, where its source does; a servent does not finish
// what it sends. What is not deflate fails with ErrCorrupt, what grows beyond
// MaxRatio with ErrRatio.
type Reader struct {
	src  source
	in   *bufio.Reader // over src; nil until the header was read
	z    io.Reader
	max  int64 // bytes that may come out; 0 = any number
	out  int64
	mark struct{ in, out int64 } // where this window of the ratio began
	err  error                   // returned by every further Read
}

// NewReader returns a Reader of src, out of which at most max bytes come; more
// fail with ErrTooLarge. A max of 0 is for streams without end.
func NewReader(src io.Reader, max int64) *Reader {
	return &Reader{src: source{r: src}, max: max}
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 && r.err == nil {
		return 0, nil
	}
	if r.z == nil && r.err == nil {
		r.err = r.begin()
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.z.Read(p)
	r.out += int64(n)
	switch {
	case r.max > 0 && r.out > r.max:
		n -= int(r.out - r.max)
		r.err = fmt.Errorf("deflate: %w", ErrTooLarge)
	case r.swells():
		n, r.err = 0, fmt.Errorf("deflate: %w", ErrRatio)
	case err != nil:
		r.err = r.explain(err)
	}
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}

// Consumed is how many bytes of the source have been inflated.
func (r *Reader) Consumed() int64 {
	if r.in == nil {
		return r.src.n
	}
	return r.src.n - int64(r.in.Buffered())
}

// begin reads the header of the stream.
func (r *Reader) begin() error {
	var h [len(headerOut)]byte
	if _, err := io.ReadFull(&r.src, h[:]); err != nil {
		return r.explain(err)
	}
	if h[0]&methodMask != methodFlate || h[0]>>windowShift > maxWindow || h[1]&flagDict != 0 ||
		(int(h[0])<<8|int(h[1]))%checkBase != 0 {
		return fmt.Errorf("deflate: %w: it begins with %x", ErrCorrupt, h)
	}
	r.in = bufio.NewReaderSize(&r.src, inputBuffer)
	r.z = flate.NewReader(r.in)
	return nil
}

// swells reports, once a window is full, whether it came of too few bytes.
func (r *Reader) swells() bool {
	grown := r.out - r.mark.out
	if grown < ratioWindow {
		return false
	}
	in := r.Consumed()
	swells := grown > MaxRatio*(in-r.mark.in)
	r.mark.in, r.mark.out = in, r.out
	return swells
}

// explain tells errors of the source from those of the stream.
func (r *Reader) explain(err error) error {
	switch {
	case r.src.err != nil && (errors.Is(err, r.src.err) || errors.Is(err, io.ErrUnexpectedEOF)):
		return r.src.err
	case errors.Is(err, io.EOF):
		return io.EOF // the sender finished the stream all the same
	}
	return fmt.Errorf("deflate: %w: %w", ErrCorrupt, err)
}

// source counts the bytes of a reader and keeps its error, which an inflater
// would disguise.
type source struct {
	r   io.Reader
	n   int64
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil {
		s.err = err
	}
	return n, err
}
