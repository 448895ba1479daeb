package overlay

import (
	"runtime"
	"time"
)

// take takes a batch. While more letters wait, what batches bring for others is
// not flushed for each: a write for every message costs more than the message.
// Whether more wait is looked at before the link may bring its next, so that it
// does not depend on how fast its reader is.
func (o *Overlay) take(l letter) {
	o.batch = Batch{Link: l.link.ID(), Frames: l.batch}
	o.step(&o.batch)
	o.taken += len(l.batch)
	o.patience = min(o.patience+len(l.batch), maxPatience)
	more := len(o.inbox) > 0 && o.taken < turnBytes
	l.link.Release()
	if !more {
		o.flush()
	}
}

// flush hands over what was brought for links and for the matcher.
func (o *Overlay) flush() {
	o.taken = 0
	behind := o.dirty[:0]
	for _, p := range o.dirty {
		p.dirty = false
		p.link.Flush(&p.queue)
		if p.queue.Len() > 0 {
			behind = append(behind, p)
		}
	}
	clear(o.dirty[len(behind):])
	o.match.flush()
	if o.patient {
		o.wait(behind)
	}
	clear(behind)
	o.dirty = o.dirty[:0]
}

// wait lets the writers of links catch up that have more to send than they can
// take: that they had no turn on a busy machine is no reason to drop messages.
// It costs patience, which comes with what is taken from others; and for a link
// that did not catch up, since its neighbor is slow, there is no waiting again
// until it has sent all.
func (o *Overlay) wait(behind []*port) {
	for tries := 0; ; tries++ {
		waits := false
		for _, p := range behind {
			if p.slow || p.queue.Len() == 0 {
				continue
			}
			p.link.Flush(&p.queue)
			waits = waits || p.queue.Len() > 0
		}
		switch {
		case !waits:
			return
		case tries < writerYields:
			runtime.Gosched()
		case o.patience >= pauseBytes:
			o.patience -= pauseBytes
			time.Sleep(writerPause)
		default:
			for _, p := range behind {
				p.slow = p.queue.Len() > 0
			}
			return
		}
	}
}
