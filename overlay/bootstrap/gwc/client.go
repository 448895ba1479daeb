package gwc

import (
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// Config of a Client.
type Config struct {
	Caches []string // URLs of the settings
	Vendor string   // four letters: client=
	Agent  string   // version=
}

// Client decides which caches are asked. It is driven by one goroutine:
//
//	Begin ─> Next ─> Answered or Failed ─> Next … until there is none
type Client struct {
	cfg     Config
	rnd     *rand.Rand
	list    []*cache
	left    int // caches that the round may still visit
	again   *cache
	updated time.Time
}

// cache is one known GWebCache.
type cache struct {
	url    string
	pinned bool       // of the settings
	teller netip.Addr // who told of it; zero: the settings

	asked    time.Time
	visits   int // in this run
	answered bool
	old      bool // it speaks version 1 only
	failures int  // useless answers in a row
}

// Request is a GET to be made.
type Request struct {
	Cache  string     // its URL, as it is known
	URL    string     // to be fetched
	Teller netip.Addr // who told of the cache; zero: the user, who may name any address
	Update bool
	cache  *cache
	old    bool
}

// NewClient returns a client that knows the caches of the settings; those that
// are no URLs are left out. rnd belongs to it from now on.
func NewClient(cfg Config, rnd *rand.Rand) *Client {
	c := &Client{cfg: cfg, rnd: rnd}
	for _, text := range cfg.Caches {
		if normal, ok := Normal(text); ok && len(c.list) < maxCaches && c.find(normal) == nil {
			c.list = append(c.list, &cache{url: normal, pinned: true})
		}
	}
	return c
}

// Len is how many caches are known.
func (c *Client) Len() int { return len(c.list) }

func (c *Client) find(u string) *cache {
	for _, k := range c.list {
		if k.url == u {
			return k
		}
	}
	return nil
}

// due reports whether a cache may be visited. A clock that went back delays
// nothing.
func (k *cache) due(now time.Time) bool {
	pause := now.Sub(k.asked)
	return k.visits < perRun && (pause < 0 || pause >= askPause)
}

// Begin opens a round.
func (c *Client) Begin() { c.left, c.again = perRound, nil }

// End closes the round: Next has nothing more.
func (c *Client) End() { c.left, c.again = 0, nil }

// Next returns the next request of the round. ok is false when it is over.
func (c *Client) Next(now time.Time) (_ Request, ok bool) {
	if k := c.again; k != nil { // the other style, on the same visit
		c.again = nil
		return c.request(k, true), true
	}
	if c.left == 0 {
		return Request{}, false
	}
	k := c.choose(func(k *cache) bool { return k.due(now) })
	if k == nil {
		return Request{}, false
	}
	c.left--
	k.asked = now
	k.visits++
	return c.request(k, k.old), true
}

// choose takes one at random of those that suit, one that answered before others.
func (c *Client) choose(suits func(*cache) bool) *cache {
	var best *cache
	for _, i := range c.rnd.Perm(len(c.list)) {
		if k := c.list[i]; suits(k) && (best == nil || k.answered && !best.answered) {
			best = k
		}
	}
	return best
}

// ours is what every request says of us.
func (c *Client) ours() string {
	return "&client=" + url.QueryEscape(c.cfg.Vendor) + "&version=" + url.QueryEscape(c.cfg.Agent)
}

func (c *Client) request(k *cache, old bool) Request {
	query := "get=1&net=gnutella"
	if old {
		query = "hostfile=1"
	}
	return Request{Cache: k.url, URL: with(k.url, query+c.ours()), Teller: k.teller, cache: k, old: old}
}

// Answered takes the answer to a request and returns how many caches it told
// that were new. from is the address it came from.
func (c *Client) Answered(r Request, a Answer, from netip.Addr) (more int) {
	if !a.Usable() {
		if !r.old && !r.Update && !a.HTML && !r.cache.answered {
			c.again = r.cache
			return 0
		}
		c.Failed(r, a.HTML)
		return 0
	}
	r.cache.answered, r.cache.failures = true, 0
	if !r.Update {
		r.cache.old = r.old
	}
	if len(a.Hosts) > 0 {
		c.End()
	}
	for _, u := range a.URLs {
		if c.find(u) == nil && (len(c.list) < maxCaches || c.makeRoom()) {
			c.list = append(c.list, &cache{url: u, teller: from})
			more++
		}
	}
	return more
}

// Failed notes a request that came to nothing. A dead cache, which answers with
// a page or does not serve Gnutella, is forgotten at once, others after
// maxFailures. Those of the settings are not asked again in this run then.
func (c *Client) Failed(r Request, dead bool) {
	k := r.cache
	k.failures++
	if k.failures < maxFailures && !dead {
		return
	}
	if k.pinned {
		k.visits = perRun
		return
	}
	c.list = slices.DeleteFunc(c.list, func(other *cache) bool { return other == k })
}

// makeRoom forgets a cache that never answered.
func (c *Client) makeRoom() bool {
	i := slices.IndexFunc(c.list, func(k *cache) bool { return !k.pinned && !k.answered && k.visits > 0 && k != c.again })
	if i >= 0 {
		c.list = slices.Delete(c.list, i, i+1)
	}
	return i >= 0
}

// Update returns the request that tells a cache, one that works, of ourselves.
// ok is false when none is due: we must have been up for an hour, and be
// reachable at self, which the caller has made sure of.
func (c *Client) Update(now time.Time, uptime time.Duration, self netip.AddrPort) (_ Request, ok bool) {
	pause := now.Sub(c.updated)
	if uptime < updateAfter || !self.IsValid() || !c.updated.IsZero() && pause >= 0 && pause < updatePause {
		return Request{}, false
	}
	k := c.choose(func(k *cache) bool { return k.answered && k.due(now) })
	if k == nil {
		return Request{}, false
	}
	c.updated, k.asked = now, now
	k.visits++
	query := "ip=" + url.QueryEscape(self.String())
	if other := c.choose(func(other *cache) bool { return other != k && other.answered }); other != nil {
		query += "&url=" + url.QueryEscape(other.url)
	}
	if !k.old {
		query = "update=1&net=gnutella&" + query
	}
	return Request{Cache: k.url, URL: with(k.url, query+c.ours()), Teller: k.teller, Update: true, cache: k, old: k.old}, true
}
