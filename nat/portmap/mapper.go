package portmap

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Config is what a Mapper is built from. Port, ListenPacket, Dial and Rand must be
// set; the zero value of everything else works.
type Config struct {
	// Port is ours, of TCP and UDP, and the one that is asked for outside.
	Port uint16

	// Gateways lists the ways out; nil is those of the system. It must not block.
	Gateways func() ([]netip.Addr, error)

	// Local is our address towards a gateway; nil is what the system says. It must
	// not block.
	Local func(gateway netip.Addr) (netip.Addr, error)

	// SSDP is where UPnP routers are looked for besides the gateways; the zero value
	// is the multicast address.
	SSDP netip.AddrPort

	ListenPacket func(ctx context.Context, network, address string) (net.PacketConn, error)
	Dial         func(ctx context.Context, network, address string) (net.Conn, error)

	// Verify has somebody outside use an external address, and returns nil if that
	// went well. It may take a minute. Without it no lease is ever open.
	Verify func(ctx context.Context, external netip.AddrPort, proto Proto) error

	Lifetime time.Duration // of leases, two minutes to an hour, which 0 is
	Rand     *rand.Rand    // belongs to the Mapper; nonces must not be predictable from its other numbers
	Log      zerolog.Logger

	near bool // other hosts nearby may be routers, for the gateways are guessed
}

func (c Config) withDefaults() Config {
	if c.Gateways == nil {
		c.Gateways, c.near = gateways, guessed
	}
	if c.Local == nil {
		c.Local = localTowards
	}
	if !c.SSDP.IsValid() {
		c.SSDP = netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 255, 255, 250}), ssdpPort)
	}
	if c.Lifetime <= 0 {
		c.Lifetime = maxLifetime
	}
	c.Lifetime = min(max(c.Lifetime, minLifetime), maxLifetime)
	return c
}

// family is of addresses.
type family int

const (
	ip4 family = iota
	ip6
	families
)

// Mapper keeps the leases of one port.
type Mapper struct {
	cfg     Config
	inbox   chan letter
	refresh atomic.Bool // a letter that says so is in the inbox
	changed chan struct{}
	strays  atomic.Uint64
	work    sync.WaitGroup // jobs
	outside sync.WaitGroup // looks from outside

	// Below: owned by Run.
	plans   [families]*plan
	routers [families]router // that the leases of the plan are from
	debts   [families][]debt // at most maxDebts
	looking [families][protos]context.CancelFunc
	nonces  [families][protos]nonce
	carrier [families]bool // a router has another NAT in front, mapping or not
	routing bool           // a look at the routes is under way
	routeAt time.Time

	mu       sync.Mutex
	snapshot Snapshot
}

// debt is what a router may have for us that we do not count on.
type debt struct {
	router router
	grants [protos]grant
}

// Snapshot is how things stand.
type Snapshot struct {
	Leases      []Lease
	BehindCGNAT bool   // the router has an external IPv4 address that is not public
	Searching   bool   // no router gave a lease
	Failure     string // why, of what failed last; "" when nothing did; escape it
	Strays      uint64 // datagrams that were no answers to our questions
}

// New builds a Mapper. Nothing happens before Run.
func New(cfg Config) *Mapper {
	m := &Mapper{cfg: cfg.withDefaults(), inbox: make(chan letter, inbox), changed: make(chan struct{}, 1)}
	for f := range m.plans {
		m.plans[f] = &plan{verifies: cfg.Verify != nil, rand: cfg.Rand}
		for p := range protos {
			m.nonces[f][p] = newNonce(cfg.Rand)
		}
	}
	m.snapshot.Searching = true
	return m
}

// Changed has something after the Snapshot changed; it is for one reader.
func (m *Mapper) Changed() <-chan struct{} { return m.changed }

// Snapshot tells how things stand.
func (m *Mapper) Snapshot() Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.snapshot
	s.Leases = slices.Clone(s.Leases)
	s.Strays = m.strays.Load()
	return s
}

// Leases is what routers gave.
func (m *Mapper) Leases() []Lease { return m.Snapshot().Leases }

// Refresh has the routes looked at and the router asked now: the owner has heard
// that the network changed, or has slept.
func (m *Mapper) Refresh() {
	if m.refresh.CompareAndSwap(false, true) {
		m.post(refreshed{})
	}
}

// post never blocks: the inbox has room for a letter of all that is under way.
func (m *Mapper) post(l letter) { m.inbox <- l }

// Run keeps leases until ctx ends, and then removes them. It may be called once.
func (m *Mapper) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case l := <-m.inbox:
			l.deliver(m, time.Now())
		case <-timer.C:
		case <-ctx.Done():
			return m.leave(ctx)
		}
		now := time.Now()
		m.act(ctx, now)
		m.publish()
		timer.Reset(m.due().Sub(now))
	}
}

// act begins all that is due.
func (m *Mapper) act(ctx context.Context, now time.Time) {
	if !m.routing && !now.Before(m.routeAt) {
		m.routing = true
		m.work.Go(func() { m.post(m.look()) })
	}
	for f, p := range m.plans {
		f := family(f)
		if p.expire(now) {
			m.drop(f)
		}
		m.begin(ctx, f, p.next(now))
		for _, l := range p.looks(now) {
			m.verify(ctx, f, l)
		}
	}
}

// due is when act has something to do again.
func (m *Mapper) due() time.Time {
	due := time.Time{}
	if !m.routing {
		due = m.routeAt
	}
	for _, p := range m.plans {
		due = sooner(sooner(due, p.due()), p.looksDue())
		for _, e := range p.leases {
			if e.has && !e.Expires.IsZero() {
				due = sooner(due, e.Expires)
			}
		}
	}
	if due.IsZero() {
		due = time.Now().Add(checkEvery) // a letter comes first
	}
	return due
}

// drop puts the router of lost leases among the debts.
func (m *Mapper) drop(f family) {
	if r := m.routers[f]; r != nil {
		m.owe(f, debt{r, m.plans[f].given})
		m.routers[f] = nil
	}
}

func (m *Mapper) owe(f family, d debt) {
	if len(m.debts[f]) == maxDebts {
		m.debts[f] = m.debts[f][1:]
	}
	m.debts[f] = append(m.debts[f], d)
}

// leave waits for the jobs under way and removes what routers gave. Looks from
// outside are not ours to hurry, and hold up nothing but the end of Run.
func (m *Mapper) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exitTime)
	defer cancel()
	m.drain()
	var mu sync.Mutex
	var failed []error
	var work sync.WaitGroup
	for f := range families {
		m.drop(f)
		for _, d := range m.debts[f] {
			work.Go(func() {
				err := release(ctx, d.router, d.grants)
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, err)
			})
		}
	}
	work.Wait()
	m.outside.Wait()
	m.publish()
	if err := errors.Join(failed...); err != nil {
		m.cfg.Log.Debug().Err(err).Msg("mapping left behind")
	}
	return nil
}

// drain waits for the jobs under way, and takes what it still has to tell.
func (m *Mapper) drain() {
	ended := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		m.work.Wait()
		close(ended)
	})
	defer waiting.Wait()
	for {
		select {
		case l := <-m.inbox:
			l.deliver(m, time.Now())
		case <-ended:
			for len(m.inbox) > 0 {
				(<-m.inbox).deliver(m, time.Now())
			}
			return
		}
	}
}

// publish makes the snapshot, and tells the owner when it is another.
func (m *Mapper) publish() {
	s := Snapshot{BehindCGNAT: m.carrier[ip4]}
	for f, p := range m.plans {
		for i := range p.leases {
			if e := &p.leases[i]; e.has && m.routers[f] != nil {
				s.Leases = append(s.Leases, e.Lease)
			}
		}
		if p.failure != nil && (s.Failure == "" || p.failure != errNobody) {
			s.Failure = clip(p.failure.Error())
		}
	}
	s.Searching = len(s.Leases) == 0
	m.mu.Lock()
	same := slices.Equal(s.Leases, m.snapshot.Leases) && s.BehindCGNAT == m.snapshot.BehindCGNAT &&
		s.Searching == m.snapshot.Searching && s.Failure == m.snapshot.Failure
	m.snapshot = s
	m.mu.Unlock()
	if !same {
		select {
		case m.changed <- struct{}{}:
		default:
		}
	}
}

// clip bounds what comes from routers.
func clip(s string) string {
	if len(s) > maxFailure {
		return s[:maxFailure]
	}
	return s
}
