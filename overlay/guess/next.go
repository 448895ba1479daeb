package guess

import (
	"time"

	"filbert/overlay/wire"
)

// Next returns what to do now, and whether there is anything. It is called until
// there is not.
func (a *Asker) Next(now time.Time) (Step, bool) {
	a.expire(now)
	for _, s := range a.searches {
		if step, ok := a.ask(now, s); ok {
			return step, true
		}
	}
	for i, h := range a.hosts {
		if i == links {
			break
		}
		if h.key != nil && now.Sub(h.asked) >= alivePause {
			return a.request(now, h), true
		}
	}
	return Step{}, false
}

// Due is when a search may go on; the zero time when only an answer, or a
// timeout, which need not be met to the second, can make it.
func (a *Asker) Due() time.Time {
	var due time.Time
	for _, s := range a.searches {
		if !s.over() && s.waiting < s.atOnce() && (due.IsZero() || s.next.Before(due)) && a.candidate(s) != nil {
			due = s.next
		}
	}
	return due
}

// ask lets a search send its query, or ask for the key it needs.
func (a *Asker) ask(now time.Time, s *search) (Step, bool) {
	if s.over() || s.waiting >= s.atOnce() || now.Before(s.next) {
		return Step{}, false
	}
	if h := a.candidate(s); h != nil && h.hasKey(now) {
		s.asked[h.addr] = struct{}{}
		s.waiting++
		s.next = now.Add(s.pace())
		a.waits = append(a.waits, wait{h.addr, s.guid, now.Add(timeout)})
		return Step{To: h.addr, Key: h.key, Query: s.guid}, true
	}
	if a.requests() >= fewAtOnce {
		return Step{}, false
	}
	for _, h := range a.hosts {
		if _, done := s.asked[h.addr]; !done && !h.hasKey(now) && (h.asked.IsZero() || now.Sub(h.asked) >= keyPause) {
			s.next = now.Add(s.pace())
			return a.request(now, h), true
		}
	}
	return Step{}, false
}

// candidate is the first host with a key that a search did not ask; nil if there
// is none.
func (a *Asker) candidate(s *search) *host {
	for _, h := range a.hosts {
		if _, done := s.asked[h.addr]; !done && h.key != nil {
			return h
		}
	}
	return nil
}

// request asks a host for a key.
func (a *Asker) request(now time.Time, h *host) Step {
	h.asked = now
	a.waits = append(a.waits, wait{from: h.addr, until: now.Add(timeout)})
	return Step{To: h.addr}
}

// requests is how many keys are waited for.
func (a *Asker) requests() (n int) {
	for _, w := range a.waits {
		if w.guid.IsZero() {
			n++
		}
	}
	return n
}

// expire gives up waiting for answers that are late.
func (a *Asker) expire(now time.Time) {
	for len(a.waits) > 0 && !now.Before(a.waits[0].until) {
		w := a.waits[0]
		a.answered(w.from, w.guid)
		if h := a.find(w.from); h != nil {
			if h.timeouts++; h.timeouts >= maxTimeouts {
				a.forget(h)
			}
		}
	}
	for _, h := range a.hosts {
		if h.key != nil && !h.hasKey(now) {
			h.key = nil
		}
	}
}

func (h *host) hasKey(now time.Time) bool { return h.key != nil && now.Sub(h.keyed) < keyLifetime }

func (s *search) over() bool { return s.results >= enough || len(s.asked) >= maxAsked }

func (s *search) atOnce() int {
	if s.acked >= proven {
		return manyAtOnce
	}
	return fewAtOnce
}

func (s *search) pace() time.Duration {
	if len(s.asked) < slow {
		return slowPace
	}
	return fastPace
}

// Progress is how far a search is.
type Progress struct{ Asked, Acked, Results int }

// Progress tells how far a search is.
func (a *Asker) Progress(guid wire.GUID) Progress {
	s := a.search(guid)
	if s == nil {
		return Progress{}
	}
	return Progress{len(s.asked), s.acked, s.results}
}
