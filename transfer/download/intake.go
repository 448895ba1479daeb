package download

import (
	"context"
	"errors"
	"io"
	"time"

	"filbert/transfer"
	"filbert/transfer/limit"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
)

// intake takes in the body of one answer.
type intake struct {
	*worker
	ctx  context.Context
	body io.Reader
	left bool // the rest of the body is not wanted

	span   ranges.Range // that the body is
	behind ranges.Range // what was asked for while it came
}

// taken reports whether the bytes from at on are somebody else's by now.
func (in *intake) taken(at int64) bool {
	in.left = at >= in.end.Load()
	return in.left
}

// write writes the bytes of span as they come, until somebody else has the rest.
func (in *intake) write(span ranges.Range) error {
	b := in.room(readBytes)
	for at := span.Start; at < span.End && !in.taken(at); {
		n, err := in.read(b[:min(readBytes, span.End-at)])
		if n > 0 {
			if err := in.put(b[:n], at); err != nil {
				return err
			}
			at += int64(n)
			in.at.Store(at)
		}
		if at < span.End && err != nil {
			return blame(in.ctx, "broke off", err)
		}
	}
	return nil
}

// verify writes the whole slices of span that are right, until somebody else has
// the rest. While some are written, the next are read.
func (in *intake) verify(span ranges.Range, tree *merkle.Tree) error {
	first, last := wholeSlices(span, tree)
	at := min(tree.Span(first).Start, span.End)
	if err := in.skip(at - span.Start); err != nil {
		return err
	}
	out := in.writeOut()
	at, err := in.verifyInto(out, tree, at, last)
	if failed := out.close(); failed != nil {
		return failed
	}
	if err != nil || in.left {
		return err
	}
	return in.skip(span.End - at)
}

// verifyInto reads slices from at on, up to last, and gives those that are right to
// out, until that fails. It returns where it has ended.
func (in *intake) verifyInto(out *outlet, tree *merkle.Tree, at int64, last int) (int64, error) {
	h := merkle.NewSliceHasher(tree)
	for many := 1; at < tree.Size() && tree.Slice(at) <= last && !in.taken(at) && !out.failed.Load(); {
		begun := time.Now()
		in.askBehind(at)
		to := min(tree.Slice(at)+many-1, last, max(tree.Slice(at), tree.Slice(in.end.Load()-1)))
		b := in.block(int(tree.Span(to).End - at))
		n, err := in.batch(b, h, tree, at)
		out.blocks <- verified{b[:n], at}
		at += n
		if err != nil {
			return at, err
		}
		switch took := time.Since(begun); {
		case took > batchTime:
			many = max(1, many/2)
		case took < batchTime/2:
			many = min(2*many, max(1, int(batchBytes/tree.SliceSize())))
		}
	}
	return at, nil
}

// wholeSlices is the first and the last of the slices that lie in span, the last
// before the first if there is none.
func wholeSlices(span ranges.Range, tree *merkle.Tree) (first, last int) {
	first = tree.Slice(span.Start)
	if tree.Span(first).Start < span.Start {
		first++
	}
	last = tree.Slice(span.End - 1)
	if tree.Span(last).End > span.End {
		last--
	}
	return first, last
}

// batch reads the slices that b has room for, the first of which begins at the
// byte at, until somebody else has the rest. It returns how many bytes are right,
// and why not all are there.
func (in *intake) batch(b []byte, h *merkle.SliceHasher, tree *merkle.Tree, at int64) (good int64, err error) {
	for good < int64(len(b)) && !in.taken(at+good) {
		i := tree.Slice(at + good)
		slice := b[good : good+tree.Span(i).Len()]
		if err := in.fill(slice); err != nil {
			return good, err
		}
		h.Reset(i)
		h.Write(slice)
		if !h.OK() {
			in.wasted.Add(int64(len(slice)))
			return good, wrongSlice(at+good, tree)
		}
		good += int64(len(slice))
		in.right.Store(at + good)
	}
	return good, nil
}

// keep holds the bytes of span back, which stay its own until the loop hears of it.
func (in *intake) keep(span ranges.Range) error {
	b := make([]byte, span.Len())
	if err := in.fill(b); err != nil {
		return err
	}
	in.probe, in.probed = b, span
	return nil
}

// skip throws n bytes away.
func (in *intake) skip(n int64) error {
	in.wasted.Add(n)
	for n > 0 {
		b := in.room(readBytes)[:min(n, readBytes)]
		if err := in.fill(b); err != nil {
			return err
		}
		n -= int64(len(b))
	}
	return nil
}

// fill reads all of b.
func (in *intake) fill(b []byte) error {
	for filled := 0; filled < len(b); {
		n, err := in.read(b[filled:])
		filled += n
		if filled < len(b) && err != nil {
			err := blame(in.ctx, "broke off", err)
			if errors.Is(err, context.Canceled) || errors.Is(err, transfer.ErrSpent) { // we broke off, or a third party
				in.unfit.Add(int64(filled))
			} else {
				in.wasted.Add(int64(filled))
			}
			return err
		}
	}
	return nil
}

// read reads into b, as the limits allow: what came is waited for after it was read,
// so that a source that gives little at a time takes no more than that from others.
func (in *intake) read(b []byte) (int, error) {
	host := in.client.host()
	limits := [...]*limit.Limit{in.d.limit, in.d.manager.cfg.Limit}
	for _, l := range limits {
		b = b[:l.Piece(host, len(b))]
	}
	n, err := in.body.Read(b)
	now := time.Now()
	in.heard.Store(now.UnixNano())
	in.came.Add(int64(n))
	in.arrived.Add(int64(n))
	if n == 0 {
		return n, err
	}
	in.d.manager.received.Add(uint64(n))
	in.limited.Store(true)
	var late error
	for _, l := range limits {
		if late == nil {
			late = l.Wait(in.ctx, host, n)
		}
	}
	in.limited.Store(false)
	in.heard.Store(time.Now().UnixNano())
	in.waited.Add(int64(time.Since(now))) // we are slow ourselves
	if late != nil {
		return n, late
	}
	return n, err
}

// room is the buffer, n bytes long at least.
func (w *worker) room(n int) []byte {
	if len(w.buffer) < n {
		w.buffer = make([]byte, n)
	}
	return w.buffer
}
