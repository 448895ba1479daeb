package overlay

import (
	"slices"
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
	flood bool // everybody is asked at once
	kept  int  // results delivered
}

// search sends a query of our own: an ultrapeer puts it to its leaves and then
// to one ultrapeer after the other, a leaf lets its ultrapeers do that. Without
// dynamic querying all neighbors are asked at once.
func (c *Core) search(now time.Time, ev *Search) {
	ttl := ev.TTL
	if ttl == 0 {
		ttl = c.cfg.QueryTTL
	}
	ttl = min(ttl, c.cfg.MaxTTL)
	query := ev.Query
	c.wantIPv6(&query)
	c.markQuery(&query)
	if !c.isUltrapeer() {
		query.Flags |= wire.FlagGuided
	}
	guid, query := c.askOOB(now, wire.NewGUID(c.rnd), query)
	c.queries.Record(now, guid, localLink)
	f := wire.Frame(wire.AppendFrame(nil, guid, ttl, 0, &query))
	news := isNews(f)
	dynamic := c.isUltrapeer() && !c.cfg.Flood && !news && len(c.asking) < maxAsking
	c.searches.add(runningSearch{id: ev.ID, guid: guid, frame: f, began: now, flood: !dynamic})
	c.beginGuess(now, ev.ID, ev.Query)
	if dynamic {
		cfg := c.purpose(f)
		cfg.TTL, cfg.Linger = uint8(ttl), searchRepeat
		c.ask(now, localLink, f, cfg)
		return
	}
	q := outgoing{words: c.hash(f), news: news, payload: f.Payload()}
	for _, n := range c.neighbors {
		if n.takes(&q) && (!c.leaf(n) || n.routes(&q)) {
			c.send(n, f)
		}
	}
}

// repeatSearches asks a new neighbor what was asked a moment ago: who searches
// while the node is still connecting gets answers all the same. Neighbors that
// had the query by another way drop it as a duplicate. Dynamic queries find new
// ultrapeers by themselves; a leaf is asked once its table says what it has.
func (c *Core) repeatSearches(now time.Time, n *neighbor) {
	for _, s := range c.searches.list {
		switch {
		case now.Sub(s.began) >= searchRepeat || !n.wants(0):
		case c.leaf(n):
			q := outgoing{words: c.hash(s.frame), news: isNews(s.frame), payload: s.frame.Payload()}
			if n.takes(&q) && n.routes(&q) {
				c.send(n, s.frame)
			}
		case s.flood:
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

// endSearch ends a search, and its dynamic query.
func (c *Core) endSearch(id SearchID) {
	for _, s := range c.searches.list {
		if s.id == id {
			c.asking = slices.DeleteFunc(c.asking, func(a *asking) bool { return a.guid == s.guid })
		}
	}
	c.searches.end(id)
}
