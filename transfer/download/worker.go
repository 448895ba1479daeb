package download

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
)

// worker fetches from one source, one job after another, over one connection.
// What is not atomic is its goroutine's, or as it says.
type worker struct {
	d       *download
	source  *source // its policy is the loop's; the worker reads where it is
	partial *store.Partial
	jobs    chan job  // holds one
	claimed chan bool // holds one: whether what its source chose is wanted still
	events  chan<- event
	leave   context.CancelCauseFunc // ends it; a *refusal is what its job then fails with

	client *client
	host   netip.Addr // its end of the last connection, the zero Addr if that is not its own
	buffer []byte     // for what is not verified
	blocks blocks     // for what is
	probe  []byte     // of the beginning of probed: not written yet, until it is known how to verify it
	probed ranges.Range

	at, end atomic.Int64 // the next byte to be written, and where its part ends, which the loop may move
	right   atomic.Int64 // up to where it is verified, which may wait for the disk
	took    atomic.Int64 // bytes that are in the file since the loop looked
	arrived atomic.Int64 // and those that came, of a slice that is not whole yet too
	wasted  atomic.Int64 // bytes that were thrown away since the loop looked, by its fault
	unfit   atomic.Int64 // and those nobody is to blame for
	heard   atomic.Int64 // when it last read something, in Unix ns
	extends atomic.Bool  // its part may be made longer while it comes
	waited  atomic.Int64 // ns it waited for the limit and the disk since the loop looked
	limited atomic.Bool  // it waits for the limit
	writing atomic.Bool  // it waits for the disk, or writes while it reads on
	came    atomic.Int64 // bytes of its job, verified or not

	// Below: the loop's.
	busy      bool
	from      int64        // where at was when it was last looked what is missing
	settling  ranges.Range // what it held back before this job, and writes first
	coming    bool         // its source gives what it offered, or is given no choice
	vain      int          // answers in a row that its source chose in vain
	sent      bool         // away, which its next event confirms
	names     names        // of its trees
	pace      pace
	started   time.Time // its job
	slice     int64     // bytes, that this comes in; 0: in none
	slowSince time.Time
	slowBytes int64
}

// job is what a worker is to do.
type job struct {
	part, free ranges.Range // what to ask for; the missing bytes from there on
	offer      *ranges.Set  // of which the source may choose as much; nil: it gives part
	sink       int64        // the most to read of what it chose in vain
	tree       *merkle.Tree // verify by; nil: what comes is written as it is
	bound      names        // of its trees the source must have none other than these
	probe      bool         // keep what comes: how to verify it is not known yet
	fetch      *merkle.Kind // fetch this tree instead
	root       merkle.Hash  // of it
}

// told is what the head of an answer says of the source.
type told struct {
	names               // the trees it has
	have    *ranges.Set // the bytes it has, nil if it has all or does not say
	place   place       // in its queue, none if it does not say
	chooses bool        // of what we offer
	sunk    int64       // bytes of it that came in vain, and nothing else did
}

// event tells the loop that a worker is done with its job. With an error, which
// is that of fetch, it has ended.
type event struct {
	worker *worker
	claim  ranges.Range // not empty: it is not done, but asks whether this is wanted
	told                // by the answer
	tree   *merkle.Tree // that was fetched
	host   netip.Addr   // its end of the connection, the zero Addr if that is not its own
	err    error
}

// run does jobs until ctx ends or one fails.
func (w *worker) run(ctx context.Context) {
	defer w.hangUp()
	for {
		select {
		case j := <-w.jobs:
			ev := event{worker: w}
			if j.fetch != nil {
				ev.tree, ev.err = w.fetchTree(ctx, *j.fetch, j.root)
			} else {
				ev.told, ev.err = w.fetch(ctx, j)
			}
			ev.host = w.host
			w.events <- ev // has room: there is one job at a time
			if ev.err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// fetch does one job. The error is a *refusal if the source is to blame, a
// *diskError if the disk is, or ctx's; bytes may have been written with any of
// them.
func (w *worker) fetch(ctx context.Context, j job) (told, error) {
	if err := w.settle(j.tree); err != nil || j.part.Empty() {
		return told{}, err
	}
	need := min(j.part.Len(), max(w.slice, minBytes))
	answer, err := w.exchange(ctx, need, func(c *client) (*http.Response, error) {
		w.fit(c, &j)
		return c.get(j.part, j.offer)
	})
	if err != nil {
		return told{}, err
	}
	said, behind, err := w.take(ctx, j, answer)
	if errors.Is(err, transfer.ErrSpent) && w.at.Load() > j.part.Start { // the rest comes over another connection
		w.hangUp()
		return said, nil
	}
	for err == nil && !behind.Empty() {
		if answer, err = w.client.nextAnswer(); err != nil { // it may have ended the connection instead
			w.hangUp()
			return said, nil
		}
		w.d.hear(w.client, answer)
		j.part, j.free, j.offer = behind, behind, nil
		said, behind, err = w.take(ctx, j, answer)
	}
	return said, err
}

// fit makes a job no larger than what the connection may carry.
func (w *worker) fit(c *client, j *job) {
	room := c.room()
	if j.part.Len() <= room {
		return
	}
	end := j.part.Start + room
	if j.tree != nil {
		end = j.tree.Span(j.tree.Slice(end)).Start
	}
	if end <= j.part.Start {
		return // it will not do
	}
	j.part.End = end
	for old := w.end.Load(); old > end && !w.end.CompareAndSwap(old, end); old = w.end.Load() {
	}
}

// take takes in an answer. Behind is what was asked for while it came.
func (w *worker) take(ctx context.Context, j job, answer *http.Response) (_ told, behind ranges.Range, _ error) {
	said := told{readNames(answer.Header, w.d.file.SHA1), readAvailable(answer.Header, w.d.file.Size), readPlace(answer.Header), readChooses(answer.Header), 0}
	if conflict := said.conflict(j.bound); conflict != "" {
		return said, behind, refuse(lied, "has another file under this SHA-1: %s", conflict)
	}
	span, refused := judge(answer, w.d.file, j.part, j.free, j.offer)
	if refused != nil {
		return said, behind, refused
	}
	if j.tree != nil && said.deny(j.tree) {
		return said, behind, refuse(other, "has another hash tree under this SHA-1")
	}
	if j.tree != nil {
		if first, last := wholeSlices(span, j.tree); first > last {
			return said, behind, short(span, said.have)
		}
	}
	if j.offer != nil {
		if err := w.chosen(ctx, span); err != nil {
			if span.Len() <= j.sink && w.sink(answer) {
				said.sunk, err = span.Len(), nil
			}
			return said, behind, err
		}
	} else if span.Start > j.part.Start && j.tree != nil { // it does not have what is before
		w.at.Store(span.Start)
	}
	whole := j.offer == nil && span.End > j.part.End
	if whole { // it gives the whole file only
		w.end.Store(span.End)
	}
	in := &intake{worker: w, ctx: ctx, body: answer.Body, span: span}
	var err error
	switch {
	case j.probe && !whole:
		err = in.keep(span)
	case j.tree != nil:
		err = in.verify(span, j.tree)
	default:
		err = in.write(span)
	}
	if err != nil {
		return said, behind, err
	}
	if in.left || !ended(answer) || !in.behind.Empty() && w.end.Load() <= in.behind.Start {
		w.hangUp()
		return said, behind, nil
	}
	return said, in.behind, nil
}

// sink reads an answer that its source chose in vain, so as to keep the connection.
func (w *worker) sink(answer *http.Response) bool {
	n, err := io.Copy(io.Discard, answer.Body)
	w.unfit.Add(n)
	return err == nil && !answer.Close
}

// short is the refusal of a source whose answer holds no whole slice. One that has
// not all of the file may have more of it later.
func short(span ranges.Range, have *ranges.Set) *refusal {
	if have == nil {
		return refuse(failed, "gives no more than %v, which cannot be verified", span)
	}
	r := refuse(busy, "has no more than %v of what was asked for", span)
	r.after = partWait
	return r
}

// settle writes what was kept until it was known how to verify it.
func (w *worker) settle(tree *merkle.Tree) error {
	if len(w.probe) == 0 {
		return nil
	}
	b, at := w.probe, w.probed.Start
	w.probe = nil
	if tree == nil {
		return w.put(b, at)
	}
	h := merkle.NewSliceHasher(tree)
	for len(b) > 0 {
		i := tree.Slice(at)
		slice := tree.Span(i)
		n := min(int64(len(b)), slice.End-at)
		if at == slice.Start && n == slice.Len() {
			h.Reset(i)
			h.Write(b[:n])
			if !h.OK() {
				w.wasted.Add(n)
				return wrongSlice(at, tree)
			}
			if err := w.put(b[:n], at); err != nil {
				return err
			}
		} else {
			w.unfit.Add(n) // we asked before we knew where slices begin
		}
		b, at = b[n:], at+n
	}
	return nil
}

// wrongSlice is the refusal of a source whose slice does not fit the tree.
func wrongSlice(at int64, tree *merkle.Tree) *refusal {
	r := refuse(lied, "sent wrong bytes at %d, as the %v shows", at, tree.Kind())
	r.byTree = true
	return r
}

// put writes bytes into the file.
func (w *worker) put(b []byte, at int64) error {
	return w.onDisk(func() (int, error) { return w.partial.WriteAt(b, at) })
}

// lend writes a block into the file, which keeps it for a while.
func (w *worker) lend(b []byte, at int64) error {
	return w.onDisk(func() (int, error) { return w.partial.WriteLent(b, at, w.blocks.back) })
}

// onDisk writes. The time that takes is not the source's.
func (w *worker) onDisk(write func() (int, error)) error {
	begun := time.Now()
	w.writing.Store(true)
	n, err := write()
	w.heard.Store(time.Now().UnixNano())
	w.writing.Store(false)
	w.waited.Add(int64(time.Since(begun)))
	w.took.Add(int64(n))
	switch {
	case errors.Is(err, store.ErrFragmented):
		return refuse(lied, "sends scattered pieces: %w", err)
	case err != nil:
		return &diskError{err}
	}
	return nil
}

// exchange sends a request, over the connection there is. A source may have ended
// that between two requests, which is no offence.
func (w *worker) exchange(ctx context.Context, need int64, send func(*client) (*http.Response, error)) (*http.Response, error) {
	if w.client != nil && w.client.room() < need {
		w.hangUp()
	}
	hosts := &w.d.manager.quarantine
	if src := w.source.Source; w.client == nil && !src.Push {
		if err := hosts.bar(src.Addr.Addr()); err != nil {
			return nil, err
		}
	}
	for {
		if w.client == nil {
			c, err := dial(ctx, w.d.manager.cfg.Connector, w.source, w.d.file.SHA1, w.d.manager.agent)
			if err != nil {
				return nil, blame(ctx, "cannot be reached", err)
			}
			w.client, w.host = c, c.own()
			w.source.place.claim(c.header) // the loop sets it between two jobs only
		}
		if err := hosts.bar(w.host); err != nil {
			w.hangUp()
			return nil, err
		}
		w.d.tell(w.client, time.Now())
		answer, err := send(w.client)
		if err == nil {
			w.d.hear(w.client, answer)
			return answer, nil
		}
		kept := w.client.answers > 0
		w.hangUp()
		if !kept || ctx.Err() != nil {
			return nil, blame(ctx, "does not answer", err)
		}
	}
}

// hangUp ends the connection there is.
func (w *worker) hangUp() {
	if w.client != nil {
		w.client.close()
		w.client = nil
	}
}

// blame makes an error of the network the source's, unless it was we who ended
// the exchange.
func blame(ctx context.Context, what string, err error) error {
	var why *refusal
	switch {
	case errors.As(context.Cause(ctx), &why):
		return why
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return refuse(failed, "%s in time", what)
	}
	return refuse(failed, "%s: %w", what, err)
}
