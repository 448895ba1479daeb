package wire

import (
	"encoding/binary"
	"io"
	"math/bits"
	"slices"
)

// Reader cuts a byte stream into batches of whole frames. It owns two buffers
// and fills them in turn, so that the receiver of one batch works on it while
// the next is read.
type Reader struct {
	src  io.Reader
	err  error     // returned by every further ReadBatch
	bufs [2][]byte // filled in turn
	turn int       // the one filled last
	tail []byte    // the cut frame behind the last batch

	size    int // wanted length of the buffers
	peak    int // most bytes held during this watch
	watched int // batches of this watch, up to shrinkAfter
}

// NewReader returns a Reader of the messages that src carries.
func NewReader(src io.Reader) *Reader { return &Reader{src: src, size: minBuffer} }

// NewReaderBuffered returns a Reader of the messages in prefix, bytes that were
// already read from src, and then those in src.
func NewReaderBuffered(src io.Reader, prefix []byte) *Reader {
	r := NewReader(src)
	r.tail = slices.Clone(prefix)
	return r
}

// ReadBatch blocks until there is at least one whole frame and returns all
// whole frames that one read brought, back to back, for SplitFrame to cut. The
// batch belongs to the caller, who may patch it, until the second ReadBatch
// after this one begins.
//
// A frame that is too long for its type gives a *FormatError before room is made
// for it, once the frames in front of it have been returned. Other errors are
// those of the source: io.EOF between frames, io.ErrUnexpectedEOF inside one. An
// error is final; no batch comes with it or after it.
func (r *Reader) ReadBatch() ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	buf, n := r.next(), len(r.tail)
	for empty := 0; ; {
		whole, err := wholeFrames(buf[:n])
		switch {
		case err != nil:
			r.err = err
		case r.err == io.EOF && whole < n:
			r.err = io.ErrUnexpectedEOF
		}
		if whole > 0 {
			r.tail = buf[whole:n]
			r.adapt(n, len(buf))
			return buf[:whole:whole], nil
		}
		if r.err != nil {
			r.tail = nil
			return nil, r.err
		}
		if n == len(buf) {
			buf = r.resize(min(2*len(buf), maxBuffer), buf)
		}
		var got int
		got, r.err = r.src.Read(buf[n:])
		n += got
		if empty++; got > 0 {
			empty = 0
		} else if empty == maxEmptyReads && r.err == nil {
			r.err = io.ErrNoProgress
		}
	}
}

// wholeFrames returns the length of the whole frames at the beginning of b. It
// fails at a frame whose header, cut or not, announces too long a payload; the
// frames in front of it count.
func wholeFrames(b []byte) (whole int, err error) {
	for len(b)-whole >= HeaderLen {
		frame := b[whole:]
		t, length := Type(frame[offType]), binary.LittleEndian.Uint32(frame[offLength:])
		limit, class := t.maxPayload()
		if length > limit {
			if length > MaxPayload {
				class = ClassClose
			}
			return whole, &FormatError{Type: t, Field: "length", Offset: offLength, Reason: reasonLong, Class: class}
		}
		if int(length) > len(frame)-HeaderLen {
			break
		}
		whole += HeaderLen + int(length)
	}
	return whole, nil
}

// next takes the buffer whose batch has expired, fit for the load, and puts the
// tail in front.
func (r *Reader) next() []byte {
	r.turn ^= 1
	buf := r.bufs[r.turn]
	want := max(r.size, len(r.tail), min(2*len(r.tail), maxBuffer))
	if len(buf) < want || len(buf) > 2*want {
		return r.resize(want, r.tail)
	}
	copy(buf, r.tail)
	return buf
}

// resize replaces the buffer whose turn it is and puts held in front.
func (r *Reader) resize(n int, held []byte) []byte {
	buf := make([]byte, n)
	copy(buf, held)
	r.bufs[r.turn] = buf
	return buf
}

// adapt notes that n of room bytes were held: a full buffer doubles the next
// ones at once, a watch of shrinkAfter batches that never used half shrinks them.
func (r *Reader) adapt(n, room int) {
	if n == room {
		r.size = max(r.size, min(2*room, bulkBuffer))
	}
	r.peak = max(r.peak, n)
	if r.watched++; r.watched == shrinkAfter {
		fit := 1 << bits.Len(uint(2*r.peak-1))
		r.size = min(r.size, max(fit, minBuffer))
		r.peak, r.watched = 0, 0
	}
}
