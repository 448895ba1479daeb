package deflate

import "github.com/klauspost/compress/flate"

// Writer deflates a stream batch by batch; each batch comes out whole, flushed.
// The zero Writer is ready, holds nothing until its first batch and then the last
// 8 KiB that went in. The compressor works without state of its own and looks
// back into that history, so a thousand links cost 10 MB, not a gigabyte.
//
// What was measured with BenchmarkWriter's messages, of some 90 bytes in the
// middle: what is left of batches of 1, 4, 16 and 64 of them, processor time for
// one batch of each, memory of a link.
//
//	                            left of batches         µs per batch       a link
//	no history               1.11  0.98  0.84  0.73    1   9   13   29      1 KB
//	history of 4 KiB         0.86  0.77  0.72  0.66   11  16   21   44      5 KB
//	history of 8 KiB (this)  0.83  0.73  0.70  0.64   16  22   28   44      9 KB
//	8 KiB, pooled level 1    0.84  0.74  0.70  0.64   27  34   42   63      9 KB
//	8 KiB, pooled level 5    0.79  0.70  0.67  0.61   45  55   73  111      9 KB
//	level 1 of its own       0.79  0.69  0.66  0.61    4   9   18   39    829 KB
//	level 5 of its own       0.75  0.65  0.63  0.58    4  11   24   68   1091 KB
//	compress/flate, 6        0.69  0.62  0.61  0.58    7  24   76  204    814 KB
//
// Of what gtk-gnutella said in the captures, message by message, 0.64 are left,
// of a level 6 writer of its own 0.59. A batch costs one allocation, of the
// history and itself.
//
// GUIDs, a fifth of each message, do not compress at all.
type Writer struct {
	past    []byte // the end of what went in, at most history bytes
	started bool
	out     appender // used during AppendTo only
}

// AppendTo appends the deflated form of batch to dst, so that the reader of the
// stream has all of it. An empty batch leaves dst as it is.
func (w *Writer) AppendTo(dst, batch []byte) []byte {
	if len(batch) == 0 {
		return dst
	}
	w.out = dst
	if !w.started {
		w.started = true
		w.out = append(w.out, headerOut...)
	}
	flate.StatelessDeflate(&w.out, batch, false, w.past) // an appender takes everything
	dst, w.out = w.out, nil
	w.remember(batch)
	return dst
}

// remember keeps the last history bytes of what went in.
func (w *Writer) remember(batch []byte) {
	batch = batch[max(0, len(batch)-history):]
	if keep := history - len(batch); len(w.past) > keep {
		w.past = w.past[:copy(w.past, w.past[len(w.past)-keep:])]
	}
	if need := len(w.past) + len(batch); need > cap(w.past) {
		grown := make([]byte, len(w.past), min(max(2*need, minHistory), history))
		copy(grown, w.past)
		w.past = grown
	}
	w.past = append(w.past, batch...)
}
