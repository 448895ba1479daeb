package uhc

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// Config of a Client.
type Config struct {
	Caches []string // "host:port" of the settings
	Vendor wire.VendorCode
	Hosts  hostcache.Config // which addresses can be hosts
	Wishes wire.SCP
}

// Client decides which caches are asked. It is driven by one goroutine:
//
//	Begin ─> Next … Lookup ─> Resolved, Ask ─> Received … ─> Next … until Over, or End
type Client struct {
	cfg   Config
	rnd   *rand.Rand
	list  []*cache
	asks  []ask // for whose answer is waited, or was
	left  int   // requests that the round may still make
	round bool
}

// ask is one request.
type ask struct {
	guid  wire.GUID
	to    netip.AddrPort
	cache *cache
	at    time.Time
	open  bool // neither answered nor timed out
}

// Effect is what a Client wants: an *Ask or a *Lookup.
type Effect interface{ effect() }

// Ask sends a datagram.
type Ask struct {
	To    netip.AddrPort
	Frame wire.Frame
}

// Lookup asks for the addresses of a name; Resolved brings them.
type Lookup struct{ Host string }

func (*Ask) effect()    {}
func (*Lookup) effect() {}

// Answer is what a cache told.
type Answer struct {
	Cache string            // as it is known
	From  netip.AddrPort    // of the datagram: who told it
	Hosts []wire.PackedHost // as told, unchecked; at most wire.MaxPackedHosts of each family
	More  int               // caches that it named and that were new
}

// NewClient returns a client that knows the caches of the settings; those that
// are no names are left out. rnd belongs to it from now on.
func NewClient(cfg Config, rnd *rand.Rand) *Client {
	c := &Client{cfg: cfg, rnd: rnd}
	for _, name := range cfg.Caches {
		if host, port, ok := parseName(name); ok && len(c.list) < maxCaches && c.find(host, port) == nil {
			c.list = append(c.list, &cache{host: host, port: port, pinned: true})
		}
	}
	return c
}

// Len is how many caches are known.
func (c *Client) Len() int { return len(c.list) }

func (c *Client) find(host string, port uint16) *cache {
	for _, known := range c.list {
		if known.host == host && known.port == port {
			return known
		}
	}
	return nil
}

// Begin opens a round.
func (c *Client) Begin() { c.round, c.left = true, perRound }

// End closes the round: nothing more is asked. Late answers are still taken, and
// who has not answered yet is not blamed.
func (c *Client) End() {
	c.round, c.left = false, 0
	for i := range c.asks {
		c.asks[i].open = false
	}
	for _, k := range c.list {
		k.looking = time.Time{}
	}
}

// Over reports whether the round has come to its end: nothing is waited for and
// nobody can be asked now.
func (c *Client) Over(now time.Time) bool {
	return !c.round || c.waiting() == 0 && (c.left == 0 || !slices.ContainsFunc(c.list, func(k *cache) bool { return k.due(now) }))
}

// waiting counts the requests and lookups under way.
func (c *Client) waiting() int {
	n := 0
	for _, a := range c.asks {
		if a.open {
			n++
		}
	}
	for _, k := range c.list {
		if !k.looking.IsZero() {
			n++
		}
	}
	return n
}

// Due is when Next should be called at the latest; zero when only an answer
// changes anything.
func (c *Client) Due() time.Time {
	var due time.Time
	earlier := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	for _, a := range c.asks {
		if a.open {
			earlier(a.at.Add(askTimeout))
		}
	}
	for _, k := range c.list {
		if !k.looking.IsZero() {
			earlier(k.looking.Add(lookupTimeout))
		}
	}
	return due
}

// Next returns what is to be done now. It gives up what took too long, and while
// a round is open it asks others, chosen at random: those that answered before
// come first.
func (c *Client) Next(now time.Time) []Effect {
	c.expire(now)
	if !c.round {
		return nil
	}
	var effects []Effect
	for _, k := range c.inOrder() {
		if c.left == 0 || c.waiting() >= parallel {
			break
		}
		if k.due(now) {
			c.left--
			effects = append(effects, c.begin(now, k))
		}
	}
	return effects
}

// inOrder is the caches as they are tried.
func (c *Client) inOrder() []*cache {
	list := make([]*cache, 0, len(c.list))
	for _, i := range c.rnd.Perm(len(c.list)) {
		list = append(list, c.list[i])
	}
	slices.SortStableFunc(list, func(a, b *cache) int { return min(a.failures, 1) - min(b.failures, 1) })
	return list
}

// begin asks a cache, or first looks up where it is.
func (c *Client) begin(now time.Time, k *cache) Effect {
	k.asked = now
	if addr, err := netip.ParseAddr(k.host); err == nil {
		return c.ask(now, k, netip.AddrPortFrom(addr, k.port))
	}
	if age := now.Sub(k.resolved); len(k.addrs) > 0 && age >= 0 && age < lookupFresh {
		return c.ask(now, k, k.addrs[c.rnd.IntN(len(k.addrs))])
	}
	k.looking = now
	return &Lookup{k.host}
}

// Resolved brings the addresses of a name, none when it has none, and returns
// what is to be done: those that waited for them are asked.
func (c *Client) Resolved(now time.Time, host string, addrs []netip.Addr) []Effect {
	var effects []Effect
	for _, k := range c.list {
		if k.host != host || k.looking.IsZero() {
			continue
		}
		k.looking, k.resolved = time.Time{}, now
		k.addrs = k.addrs[:0]
		for _, addr := range addrs {
			ap := netip.AddrPortFrom(addr.Unmap(), k.port)
			if len(k.addrs) < maxAddrs && c.cfg.Hosts.Acceptable(ap, k.teller) == hostcache.Kept {
				k.addrs = append(k.addrs, ap)
			}
		}
		if len(k.addrs) == 0 {
			k.failures++
		} else {
			effects = append(effects, c.ask(now, k, k.addrs[c.rnd.IntN(len(k.addrs))]))
		}
	}
	c.forget()
	return effects
}

// ask makes the request. After a failure it is not padded every other time: a
// cache may not like what it does not know.
func (c *Client) ask(now time.Time, k *cache, to netip.AddrPort) Effect {
	guid := wire.NewPingGUID(c.rnd)
	if len(c.asks) == maxAsks {
		c.asks = slices.Delete(c.asks, 0, 1)
	}
	c.asks = append(c.asks, ask{guid: guid, to: to, cache: k, at: now, open: true})
	return &Ask{to, ping(guid, c.cfg.Wishes, c.cfg.Vendor, k.failures%2 == 0)}
}

// expire gives up what took too long.
func (c *Client) expire(now time.Time) {
	for i := range c.asks {
		if a := &c.asks[i]; a.open && now.Sub(a.at) >= askTimeout {
			a.open = false
			a.cache.failures++
		}
	}
	c.asks = slices.DeleteFunc(c.asks, func(a ask) bool { return now.Sub(a.at) >= matchFor })
	for _, k := range c.list {
		if !k.looking.IsZero() && now.Sub(k.looking) >= lookupTimeout {
			k.looking = time.Time{}
			k.failures++
		}
	}
	c.forget()
}

// forget drops caches that never answer.
func (c *Client) forget() {
	c.list = slices.DeleteFunc(c.list, (*cache).spent)
}

// Received takes a pong that came by UDP. ok is false when it answers nothing of
// ours: the GUID must be that of a request of the last 30 s, and the sender the
// host that was asked.
func (c *Client) Received(now time.Time, from netip.AddrPort, frame wire.Frame) (_ Answer, ok bool) {
	i := slices.IndexFunc(c.asks, func(a ask) bool { return a.guid == frame.GUID() })
	if i < 0 || frame.Type() != wire.TypePong || c.asks[i].to.Addr() != from.Addr() || now.Sub(c.asks[i].at) >= matchFor {
		return Answer{}, false
	}
	m, err := wire.Parse(wire.TypePong, slices.Clone(frame.Payload()))
	pong, isPong := m.(*wire.Pong)
	if err != nil || !isPong {
		return Answer{}, false
	}
	a := c.asks[i]
	c.asks = slices.Delete(c.asks, i, i+1)
	a.cache.answered, a.cache.failures = now, 0
	info := pong.Info()
	answer := Answer{Cache: a.cache.name(), From: from, Hosts: info.Hosts}
	if !info.HostCache || info.Ultrapeer { // a servent as any: it is a host itself
		answer.Hosts = append(answer.Hosts, wire.PackedHost{Addr: netip.AddrPortFrom(from.Addr(), pong.Addr.Port()), TLS: info.TLS})
	}
	for _, name := range phc(pong) {
		if c.learn(name, from.Addr()) {
			answer.More++
		}
	}
	return answer, true
}

// learn takes a cache that another one named.
func (c *Client) learn(name string, teller netip.Addr) bool {
	host, port, ok := parseName(name)
	if !ok || c.find(host, port) != nil {
		return false
	}
	if addr, err := netip.ParseAddr(host); err == nil && c.cfg.Hosts.Acceptable(netip.AddrPortFrom(addr, port), teller) != hostcache.Kept {
		return false
	}
	if len(c.list) >= maxCaches && !c.makeRoom() {
		return false
	}
	c.list = append(c.list, &cache{host: host, port: port, teller: teller})
	return true
}

// makeRoom forgets a cache that was asked in vain and never answered.
func (c *Client) makeRoom() bool {
	i := slices.IndexFunc(c.list, func(k *cache) bool {
		return !k.pinned && k.answered.IsZero() && k.failures > 0 && k.looking.IsZero()
	})
	if i < 0 {
		return false
	}
	c.list = slices.Delete(c.list, i, i+1)
	return true
}
