package qrp

import (
	"errors"
	"io"
	"iter"

	"github.com/klauspost/compress/zlib"
)

// inflater inflates a zlib stream (RFC 1950) that arrives in pieces. The
// library pulls what it reads, so it runs as a coroutine: push lets it go on,
// and it comes back when it wants more than has arrived.
//
//	push(piece) --> library reads --> sink(output) --> wants more --> push returns
//
// Nothing runs beside the caller, but the coroutine and its memory stay until
// close is called, which must be.
//
// This library uses the memory of its codes again. The standard one leaves them
// to the collector with every block, 240 bytes for each of a hostile stream.
type inflater struct {
	resume func() (struct{}, bool)
	close  func() // gives up what did not come out yet; may be called again

	// Below: shared with the coroutine.

	piece []byte // what arrived and was not read
	last  bool   // no more arrives
	gone  bool   // nobody wants the output
	fault *Fault

	yield func(struct{}) bool
	sink  func([]byte) *Fault
	out   [outputStep]byte
}

// newInflater returns an inflater that gives its output to sink, outputStep
// bytes at a time. A fault of the sink ends it, so that a bomb inflates to no
// more than the sink takes.
func newInflater(sink func([]byte) *Fault) *inflater {
	z := &inflater{sink: sink}
	z.resume, z.close = iter.Pull(z.run)
	return z
}

// push inflates the next piece of the stream, and the last one to its end. What
// comes out of others may be held back until more arrives. The stream may lack
// its end: whether enough came out is for the caller to see.
func (z *inflater) push(piece []byte, last bool) *Fault {
	z.piece, z.last = piece, last
	z.resume()
	left := len(z.piece)
	z.piece = nil
	if z.fault == nil && left > 0 {
		z.fault = fault(ReasonOverflow, "QRP patch goes on after the end of its stream")
	}
	return z.fault
}

// run is the coroutine.
func (z *inflater) run(yield func(struct{}) bool) {
	z.yield = yield
	r, err := zlib.NewReader(z)
	for err == nil {
		var n int
		n, err = r.Read(z.out[:])
		if z.gone {
			return
		}
		if z.fault = z.sink(z.out[:n]); z.fault != nil {
			return
		}
	}
	if err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		z.fault = fault(ReasonInflate, "QRP patch does not inflate: %v", err)
	}
}

// more waits until there is something to read, or reports false at the end.
func (z *inflater) more() bool {
	for len(z.piece) == 0 && !z.last && !z.gone {
		z.gone = !z.yield(struct{}{})
	}
	return len(z.piece) > 0
}

// Read is for the library.
func (z *inflater) Read(b []byte) (int, error) {
	if !z.more() {
		return 0, io.EOF
	}
	n := copy(b, z.piece)
	z.piece = z.piece[n:]
	return n, nil
}

// ReadByte is for the library, which then reads no further than it must.
func (z *inflater) ReadByte() (byte, error) {
	if !z.more() {
		return 0, io.EOF
	}
	b := z.piece[0]
	z.piece = z.piece[1:]
	return b, nil
}
