package dynamic

import "time"

// Kept tells how many hits the asker kept so far, all in all: a leaf's word
// (BEAR/12), asked for or not, or what our own search let through its filters.
// 0xFFFF ends the query.
func (q *Query) Kept(n uint16) {
	if n == stopKept {
		q.finish(EndLeaf)
		return
	}
	q.heard, q.kept, q.since, q.statusAt = true, int(n), 0, q.sent
	q.guided = q.cfg.Leaf
	if q.waiting || q.Results() >= q.cfg.Target {
		q.waiting, q.due = false, time.Time{}
	}
}

// wantsWord tells whether the leaf should be asked before anybody else is.
func (q *Query) wantsWord() bool {
	return q.guided && q.sent-q.statusAt >= statusSteps && (q.cfg.Unseen || q.since >= statusHits)
}

// noWord notes that the leaf did not answer in time. One that never did is not
// asked again.
func (q *Query) noWord() {
	q.waiting = false
	if q.missed++; q.missed >= statusTries && !q.heard {
		q.guided = false
	}
}
