package download

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
)

// sources decides whom to ask next. A source is
//
//	untried ---> ready ---> resting until some time ---> ready ...
//	                  \---> dropped, with the verdict gone or lied
//
// It is a policy: owned by one download, no clock, no lock.
type sources struct {
	rng       *rand.Rand
	list      []*source // at most MaxSources
	inherited int64     // bytes in the file that came before this process

	// solo: the bytes of several sources together were wrong, so from now on a
	// file is fetched from a single one, only, until that one is dropped.
	solo bool
	only *source
}

// source is one source and what came of it.
type source struct {
	transfer.Source
	tie      uint64    // random, so that not every servent begins with the same one
	until    time.Time // resting till then
	reason   string    // why it rests or was dropped
	failures int       // in a row, no byte between
	dropped  bool
	lied     bool        // dropped for good
	byTree   bool        // dropped, because the hash tree says so
	proven   bool        // a liar, by the bytes it sent or the tree it named
	charged  bool        // and its host is blamed for it
	host     netip.Addr  // its end of the last connection, the zero Addr if that is not its own
	bytes    int64       // in the file as it is now
	wasted   int64       // that came from it and were of no use
	working  bool        // it is being asked
	quiet    bool        // and has given nothing for a while
	names    names       // of its hash trees
	have     *ranges.Set // the bytes it has, nil for all
	busy     bool        // it said so when it was last asked
	crowded  bool        // it said so once
	had      *ranges.Set // that it had when it was last asked, nil for all
	partial  bool        // it had not all then
	place    place       // that it gave us in its queue
	chooses  bool        // it can choose of what we offer
	dry      int         // how many times in a row it had no part that is missing
}

// plan is what to do next.
type plan struct {
	source    *source // whom to ask; nil: nobody
	startOver bool    // empty the file, and clear, first: it is not of source alone

	// With no source: when one may be asked, zero if there is none, and why not
	// now.
	until  time.Time
	reason string
}

type sourceKey struct {
	addr    netip.AddrPort
	servent [16]byte
}

func keyOf(s transfer.Source) sourceKey { return sourceKey{s.Addr, s.Servent} }

// add takes up a source, and reports whether it is a new one. One that was
// dropped for not having the file, and is announced again, gets another try
// when its rest is over. When there are too many the new one takes the place
// of a dropped one, if any.
func (s *sources) add(src transfer.Source) bool {
	room := len(s.list)
	for i, known := range s.list {
		if keyOf(known.Source) == keyOf(src) {
			if known.dropped && !known.lied {
				known.dropped, known.failures = false, 0
			}
			if len(src.Relays)+len(src.PunchProxies) > 0 && !known.working { // they change
				known.Peer, known.Relays, known.PunchProxies = src.Peer, src.Relays, src.PunchProxies
			}
			return false
		}
		if known.dropped && !known.lied && known.bytes == 0 {
			room = i
		}
	}
	added := &source{Source: src, tie: s.rng.Uint64()}
	switch {
	case len(s.list) < MaxSources:
		s.list = append(s.list, added)
	case room < len(s.list):
		s.list[room] = added
	default:
		return false
	}
	return true
}

// retry lets those be asked at once that failed, as if they had not.
func (s *sources) retry() {
	for _, src := range s.list {
		if src.failures > 0 && !src.busy && !src.lied && !src.byTree {
			src.failures, src.dropped, src.until = 0, false, time.Time{}
		}
	}
}

// usable is the number of sources that are not dropped.
func (s *sources) usable() int {
	n := 0
	for _, src := range s.list {
		if !src.dropped {
			n++
		}
	}
	return n
}

// swarm reports whether others are fetching the file at the same time, since a
// source does so itself or makes us wait: then everybody begins elsewhere, in small
// steps, to have something for the others.
func (s *sources) swarm() bool {
	return slices.ContainsFunc(s.list, func(src *source) bool { return !src.dropped && (src.partial || src.crowded) })
}

// next says whom to ask now, or how long to wait.
func (s *sources) next(now time.Time) plan {
	src := s.only
	switch {
	case !s.solo || src == nil || src.dropped:
		src = s.best(now)
	case src.working:
		src = nil
	case src.until.After(now):
		return plan{until: src.until, reason: src.reason}
	}
	if src == nil {
		return s.wait(now)
	}
	if s.solo {
		s.only = src
	}
	return plan{source: src, startOver: s.solo && s.total() > src.bytes}
}

// best is the source to ask: one that gave bytes before one that did not, an
// untried one before one that failed. One that costs too much is not asked while
// one that does not is giving.
func (s *sources) best(now time.Time) *source {
	var best *source
	better := false
	for _, src := range s.list {
		better = better || src.working && !src.quiet && !src.costly()
		if !src.dropped && !src.working && !src.until.After(now) && (best == nil || src.before(best)) {
			best = src
		}
	}
	if best != nil && best.costly() && better {
		return nil
	}
	return best
}

// costly reports whether a source wasted more than its share.
func (src *source) costly() bool { return src.wasted*wasteShare > src.bytes }

func (src *source) before(o *source) bool {
	switch {
	case src.costly() != o.costly():
		return o.costly()
	case src.failures != o.failures:
		return src.failures < o.failures
	case (src.bytes > 0) != (o.bytes > 0):
		return src.bytes > 0
	default:
		return src.tie < o.tie
	}
}

// wait is the plan when nobody can be asked now.
func (s *sources) wait(now time.Time) plan {
	p := plan{reason: "no source"}
	var dropped *source
	for _, src := range s.list {
		switch {
		case src.dropped:
			dropped = src
		case src.working, !src.until.After(now): // it costs too much, while others are at work
		case p.until.IsZero() || src.until.Before(p.until):
			p.until, p.reason = src.until, src.reason
		}
	}
	if p.until.IsZero() && dropped != nil {
		p.reason = fmt.Sprintf("no source left; the last: %s", dropped.reason)
	}
	return p
}

// hasOther reports whether somebody else than src may be asked now.
func (s *sources) hasOther(src *source, now time.Time) bool {
	if s.solo {
		return false
	}
	for _, o := range s.list {
		if o != src && !o.dropped && !o.working && !o.until.After(now) && o.failures == 0 {
			return true
		}
	}
	return false
}

// queued is a source that has the file and makes us wait, nil if there is none.
func (s *sources) queued(now time.Time) *source {
	for _, src := range s.list {
		if !src.dropped && !src.working && src.busy && src.until.After(now) {
			return src
		}
	}
	return nil
}

// gave notes bytes that came from src.
func (s *sources) gave(src *source, n int64) {
	src.bytes += n
	src.failures, src.dry = 0, 0
}

// dryWait is how long a source rests that has no part that is missing: if it chooses
// it is asked again soon, since it will have what nobody else has, and then ever
// less often.
func (src *source) dryWait() time.Duration {
	if !src.chooses {
		return partWait
	}
	src.dry = min(src.dry+1, 16)
	return min(firstPartWait<<(src.dry-1), partWait)
}

// refused notes an exchange with src that ended early.
func (s *sources) refused(src *source, r *refusal, now time.Time) {
	src.reason, src.busy = reason(src.name(), r), r.verdict == busy
	src.crowded = src.crowded || src.busy
	switch r.verdict {
	case busy:
		src.until = now.Add(r.after)
		if s.solo { // the whole download waits for this one alone: not for ever
			src.failures++
		}
	case barred:
		src.until = now.Add(r.after)
	case failed:
		src.until = now.Add(min(firstBackoff<<min(src.failures, 16), maxBackoff))
		src.failures++
	case gone:
		src.until = now.Add(maxBackoff)
		src.dropped = true
	case other:
		src.dropped, src.byTree = true, true
	case lied:
		src.dropped, src.lied, src.byTree, src.proven = true, true, r.byTree, r.byTree
	}
	if src.failures >= maxFailures {
		src.dropped = true
	}
}

// condemn draws the conclusion when the whole file turned out to be wrong, and
// reports whether there is anybody left to fetch it from. If all of it came
// from one source, that one lied. Else nobody knows who did.
func (s *sources) condemn() bool {
	if liar := s.lone(); liar != nil {
		liar.dropped, liar.lied, liar.proven = true, true, true
		liar.reason = liar.name() + ": sent a file with another SHA-1"
	} else {
		s.solo = true
	}
	s.only = nil
	s.clear()
	return s.usable() > 0
}

// acquit draws the conclusion when a tree turned out not to be that of the file:
// who named it lied, and who was dropped for what it said gets another try.
func (s *sources) acquit(t *merkle.Tree) {
	for _, src := range s.list {
		switch root, ok := src.names.root(t.Kind()); {
		case ok && root == t.Root():
			src.dropped, src.lied, src.byTree, src.proven = true, true, false, true
			src.reason = src.name() + ": named a hash tree of another file"
		case src.byTree:
			src.acquit()
		}
	}
}

// lone is the source all bytes of the file are of, nil if there is no such.
func (s *sources) lone() *source {
	for _, src := range s.list {
		if src.bytes > 0 && src.bytes == s.total() {
			return src
		}
	}
	return nil
}

// total is the number of bytes of all sources and of before.
func (s *sources) total() int64 {
	sum := s.inherited
	for _, src := range s.list {
		sum += src.bytes
	}
	return sum
}

// clear forgets who gave what: the file is empty.
func (s *sources) clear() {
	s.inherited = 0
	for _, src := range s.list {
		src.bytes = 0
	}
}

// reason says which source was left and why, fit to be shown.
func reason(name string, r *refusal) string {
	why := r.Error()
	return name + ": " + transfer.Display(why[:min(len(why), maxReasonBytes)])
}

// name tells one source from another, for reasons and logs.
func (src *source) name() string { return nameOf(src.Source) }

func nameOf(src transfer.Source) string {
	if src.Addr.IsValid() {
		return src.Addr.String()
	}
	return fmt.Sprintf("servent %x", src.Servent)
}
