package overlay

import (
	"time"

	"filbert/overlay/wire"
)

// searches holds the searches of our own that run.
type searches struct {
	list []runningSearch // oldest first
}

type runningSearch struct {
	id    SearchID
	guid  wire.GUID
	frame wire.Frame // the query as it was sent, for new neighbors
	began time.Time
}

// search sends a query of our own to all neighbors.
func (c *Core) search(now time.Time, ev *Search) {
	ttl := ev.TTL
	if ttl == 0 {
		ttl = c.cfg.QueryTTL
	}
	ttl = min(ttl, c.cfg.MaxTTL)
	guid, asked := c.askOOB(now, wire.NewGUID(c.rnd), ev.Query)
	c.queries.Record(now, guid, localLink)
	query := wire.AppendFrame(nil, guid, ttl, 0, &asked)
	c.beginGuess(now, ev.ID, ev.Query)
	c.searches.add(runningSearch{ev.ID, guid, query, now})
	for _, n := range c.neighbors {
		c.send(n, query)
	}
}

// repeatSearches asks a new neighbor what was asked a moment ago: who searches
// while the node is still connecting gets answers all the same. Neighbors that
// had the query by another way drop it as a duplicate.
func (c *Core) repeatSearches(now time.Time, n *neighbor) {
	for _, s := range c.searches.list {
		if now.Sub(s.began) < searchRepeat {
			c.send(n, s.frame)
		}
	}
}

// add begins a search; the oldest ends when there are too many.
func (s *searches) add(r runningSearch) {
	if len(s.list) == maxSearches {
		s.list = s.list[:copy(s.list, s.list[1:])]
	}
	s.list = append(s.list, r)
}

func (s *searches) find(guid wire.GUID) (SearchID, bool) {
	for i := range s.list {
		if s.list[i].guid == guid {
			return s.list[i].id, true
		}
	}
	return 0, false
}

// runs reports whether a search is not over.
func (s *searches) runs(id SearchID) bool {
	for i := range s.list {
		if s.list[i].id == id {
			return true
		}
	}
	return false
}

func (s *searches) end(id SearchID) {
	for i := range s.list {
		if s.list[i].id == id {
			s.list = append(s.list[:i], s.list[i+1:]...)
			return
		}
	}
}

func (s *searches) expire(now time.Time) {
	for len(s.list) > 0 && now.Sub(s.list[0].began) > searchLifetime {
		s.list = s.list[:copy(s.list, s.list[1:])]
	}
}
