package overlay

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"filbert/overlay/dynamic"
	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/identity"
	"filbert/overlay/link"
	"filbert/overlay/route"
	"filbert/overlay/wire"
)

// Config is what a Core is told once. The zero value works.
type Config struct {
	GUID  wire.GUID // servent GUID
	Port  uint16    // where we listen, TCP and UDP
	Agent string    // User-Agent, "name/version", as crawlers are told
	// External is our address as others reach it, when the user knows it;
	// otherwise it is found out.
	External netip.Addr

	// OnlyIPv6 says that we reach no IPv4 address: hits name IPv6 ones first.
	OnlyIPv6 bool
	// Relay says that we relay for others while we are an ultrapeer that they reach.
	Relay bool
	// STUN says that we answer STUN while we are an ultrapeer that they reach, by UDP
	// as well.
	STUN bool
	// Browse says that others may browse what we share; hits tell it.
	Browse bool

	// Identity signs hits, so that who fetches from us may do so in TLS with its key, and
	// knows who vouches for the files. nil: they are not signed.
	Identity *identity.Identity

	// Face is whose GUID it is, so that hits can tell who is reached by a path through NATs;
	// zero: they do not.
	Face identity.PeerID

	Mode      Mode
	Want      int // ultrapeers the node dials for; a leaf wants no more than leafWant
	Max       int // ultrapeers it has at most; default 32
	MaxLeaves int // leaves it serves at most; default 300, negative = none

	MaxTTL   wire.TTL // sum of hops and TTL of what we relay is clamped to it; default 4
	QueryTTL wire.TTL // TTL of our own queries; default MaxTTL
	GUESS    bool     // own queries also go to one ultrapeer after another by UDP

	// Flood puts own queries to all neighbors at once instead of to one after
	// the other.
	Flood bool
	// InBand has hits for own queries come over the links alone, never by UDP.
	InBand bool
	Hasher Hasher // nil = queries are not filtered by route tables
	Lines  Lines  // nil = nothing ever waits

	Speed  uint32 // of our line, kbit/s, as hits tell it; default 1000
	Seeds  []netip.AddrPort
	Hosts  hostcache.Config // which addresses can be hosts
	Holder Holder           // what is shared, for head pings; nil when nothing is

	// HostCache marks our answers as those of a UDP host cache, which others
	// come back to: our port must be a lasting one.
	HostCache bool

	agent string // User-Agent; Options have it
	tls   bool   // links can be in TLS; likewise
}

func (c Config) withDefaults() Config {
	if c.Max == 0 {
		c.Max = 32
	}
	if c.MaxLeaves == 0 {
		c.MaxLeaves = defaultLeaves
	}
	if c.MaxTTL == 0 {
		c.MaxTTL = 4
	}
	if c.QueryTTL == 0 {
		c.QueryTTL = c.MaxTTL
	}
	if c.Speed == 0 {
		c.Speed = 1000
	}
	if c.Holder == nil {
		c.Holder = nothing{}
	}
	return c
}

// Core decides everything a servent does in the overlay. See the package
// comment; it is driven by one goroutine.
type Core struct {
	cfg   Config
	rnd   *rand.Rand
	hosts *hostcache.Cache
	self  selfAddress
	role  roleState

	neighbors []*neighbor           // links that are up, oldest first
	roster    roster                // the same, apart
	links     map[link.ID]*neighbor // these and those in a handshake
	dialing   map[link.ID]dialed
	vain      vain
	nextLink  link.ID
	dials     uint64 // begun
	thrift    bool   // see Thrift
	closing   bool   // Shutdown came

	queries  *route.Table[link.ID] // query GUID → where it came from
	servents *route.Table[link.ID] // servent GUID → where its hits came from
	pushes   *route.Table[link.ID] // push GUID, for duplicates
	pongs    pongCache
	udp      datagrams
	crawls   crawlLimit
	searches searches
	asking   []*asking // dynamic queries that run, oldest first
	suitors  []dynamic.Candidate
	reach    reach
	calls    calls
	heads    []forwardedHead // oldest first
	sharing  Sharing
	signing  bucket       // signatures
	relayed  wire.Relayed // how we are reached over relays
	tables   routeTables

	started time.Time
	due     time.Time
	second  time.Time // when everySecond is due
	refresh time.Time // when neighbors are next asked for pongs
	drops   Drops
	traffic Traffic
	out     effects
}

// localLink stands in the routes for ourselves.
const localLink = ^link.ID(0)

// NewCore returns a Core that knows nobody but its seeds. rnd belongs to it from
// now on.
func NewCore(cfg Config, rnd *rand.Rand) *Core {
	return &Core{
		role:     roleState{is: cfg.Mode.first(), pause: firstReview},
		cfg:      cfg.withDefaults(),
		rnd:      rnd,
		hosts:    hostcache.New(cfg.Hosts, rnd),
		links:    make(map[link.ID]*neighbor),
		dialing:  make(map[link.ID]dialed),
		queries:  route.NewTable[link.ID](routeEntries, routeLifetime),
		servents: route.NewTable[link.ID](pushEntries, pushLifetime),
		pushes:   route.NewTable[link.ID](pushEntries, pushLifetime),
		udp:      newDatagrams(rnd),
		self:     selfAddress{port: cfg.Port, external: cfg.External},
		calls:    newCalls(),
		signing:  bucket{rate: signRate, burst: signBurst},
	}
}

// Step takes one event at the time now and returns what is to be done about
// it. The effects are valid until the next Step.
func (c *Core) Step(now time.Time, ev Event) []Effect {
	c.out.reset()
	if c.started.IsZero() {
		c.begin(now)
	}
	switch ev := ev.(type) {
	case *Batch:
		c.receive(now, ev)
	case *Matched:
		c.answer(now, ev)
	case *Tick:
		c.tick(now)
	case *Applied:
		c.apply(now, ev)
	case *Up:
		c.up(now, ev)
	case *Failed:
		c.failed(now, ev)
	case *Stalled:
		c.stalled(now, ev)
	case *Ended:
		c.ended(now, ev)
	case *Reached:
		c.reached(now, ev.From)
	case *AskPush:
		c.askPush(now, ev)
	case *PassWord:
		c.passWord(ev)
	case *CallFailed:
		c.calls.tcp.failed(now, ev.To)
	case *Datagram:
		c.datagram(now, ev)
	case *Transmit:
		c.transmit(now, ev)
	case *Search:
		c.search(now, ev)
	case *EndSearch:
		c.endSearch(ev.ID)
	case *Connect:
		c.connect(now, ev)
	case *Learned:
		c.learned(now, ev)
	case *Disconnect:
		c.disconnect(now, ev.Addr)
	case *Mapped:
		c.self.mapped = ev.Addr
	case *Doubt:
		c.doubt(now)
	case *Moved:
		c.moved(now)
	case *Retry:
		c.retry(now)
	case *Thrift:
		c.save(now, ev.On)
	case *Observed:
		c.self.observed(ev.By, ev.Seen)
	case *Relayed:
		c.relayed = ev.Relayed
	case *Recheck:
		c.recheck(now)
	case *Want:
		c.cfg.Want = ev.Neighbors
		c.dial(now)
	case *Sharing:
		c.sharing = *ev
	case *Routing:
		c.routing(now, ev)
	case *Shutdown:
		c.shutdown()
	}
	return c.out.list
}

// Restore takes the hosts that an earlier Core knew, as its Hosts returned them,
// and returns their number. It is called before the first Step.
func (c *Core) Restore(now time.Time, hosts []byte) (int, error) {
	return c.hosts.Restore(now, hosts)
}

// Due is when the next Tick is due; zero before the first Step.
func (c *Core) Due() time.Time { return c.sooner(c.due) }

func (c *Core) begin(now time.Time) {
	c.started, c.role.since = now, now
	c.role.review = now.Add(c.role.pause)
	c.refresh = now.Add(pongRefresh)
	c.reach.next = now.Add(reachPeriod)
	c.second = now.Add(tick)
	c.due = c.second
	for _, seed := range c.cfg.Seeds {
		c.hosts.Add(now, seed, netip.Addr{}, hostcache.FromSeed)
	}
	c.dial(now)
}

// tick does what time brings.
func (c *Core) tick(now time.Time) {
	if !now.Before(c.second) {
		c.second = now.Add(tick)
		c.everySecond(now)
	}
	c.due = c.second
	c.askOn(now)
	c.guessOn(now)
}

// everySecond is the part of tick that is not finer than a second.
func (c *Core) everySecond(now time.Time) {
	for _, n := range c.snapshotNeighbors() {
		c.checkAlive(now, n)
	}
	c.searches.expire(now)
	c.deliverOffers(now)
	if c.closing {
		return
	}
	c.review(now)
	c.tellTables(now)
	if !now.Before(c.refresh) {
		c.refresh = now.Add(c.refreshPause())
		c.refreshPongs(now)
		for _, n := range c.neighbors { // what we tell others of is what we saw lately
			if n.listen.IsValid() && n.peer.Role == handshake.RoleUltrapeer {
				c.hosts.Good(now, n.listen)
			}
		}
	}
	c.checkReach(now)
	c.tellHorizons(now)
	c.dial(now)
}

// drop counts a message of n that goes no further.
func (c *Core) drop(n *neighbor, why DropReason) {
	c.drops[why]++
	if n != nil {
		n.drops[why]++
	}
}

// bye ends a link with a reason the other side is told.
func (c *Core) bye(n *neighbor, code handshake.Status, text string) {
	c.send(n, c.out.frame(wire.NewGUID(c.rnd), 1, &wire.Bye{Code: uint16(code), Text: text}))
	c.out.add(&Close{n.id})
	c.tellParted(n, whySent, text, code)
	c.remove(n)
}

// send queues a frame on a link and counts it.
func (c *Core) send(n *neighbor, f wire.Frame) {
	n.sent.count(f.Type(), len(f))
	c.traffic.Sent.count(f.Type(), len(f))
	c.out.send(n.id, f)
}

func (c *Core) shutdown() {
	c.closing = true
	for _, n := range c.snapshotNeighbors() {
		c.bye(n, byeShutdown, "Servent shutdown")
	}
}
