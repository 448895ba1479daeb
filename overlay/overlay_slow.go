package overlay

import (
	"time"

	"filbert/overlay/link"
)

// progress is what a link made of what it was given to send.
type progress struct {
	sent  uint64    // bytes, when it was looked at last
	moved time.Time // when it last sent something, or had nothing to send
	clear time.Time // when its queue last was less than half full
}

// watch looks for links that take too little of what they are sent: the Core
// sends them away. The others are looked at in the order in which they came.
func (o *Overlay) watch(now time.Time) {
	for _, n := range o.core.snapshotNeighbors() {
		p := o.ports[n.id]
		if p == nil {
			continue
		}
		waiting := p.queue.Len() + p.link.Pending()
		_, sent := p.link.Carried()
		if waiting == 0 || sent != p.progress.sent || p.progress.moved.IsZero() {
			p.progress.sent, p.progress.moved = sent, now
		}
		if p.queue.Len() < link.MaxQueue/2 || p.progress.clear.IsZero() {
			p.progress.clear = now
		}
		if now.Sub(p.progress.moved) >= stalledTimeout || now.Sub(p.progress.clear) >= congestedTimeout {
			o.step(&Stalled{n.id})
		}
	}
}
