package hostcache

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// crowd is one side of a network: hosts spread evenly over /16s.
type crowd []netip.AddrPort

func newCrowd(hosts, groups, first int) crowd {
	var c crowd
	for i := range hosts {
		g := first + i%groups
		c = append(c, netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(20 + g/200), byte(g % 200), byte(i / groups), byte(1 + i%250)}), 20000))
	}
	return c
}

func (c crowd) any(rng *rand.Rand) netip.AddrPort { return c[rng.IntN(len(c))] }

// victim is a node that keeps eight outbound neighbors, in a network of honest
// hosts of which one in five is gone at any time, and of attackers who are
// always there and tell of nobody but themselves.
type victim struct {
	rng              *rand.Rand
	cache            *Cache
	now              time.Time
	honest, attacker crowd
	isHonest         map[netip.AddrPort]bool
	outbound         []netip.AddrPort
	callers          int // attackers that call in each hour
}

const (
	slots     = 8
	goneShare = 10 // one honest host in so many does not answer
)

// connect fills the free slots.
func (v *victim) connect() {
	exclude := func(addr netip.AddrPort) bool { return slices.Contains(v.outbound, addr) }
	for len(v.outbound) < slots {
		addr, ok := v.cache.Pick(v.now, exclude, v.outbound)
		if !ok {
			due, ok := v.cache.NextAttempt(v.now, exclude)
			if !ok {
				return
			}
			v.now = due
			continue
		}
		v.now = v.now.Add(time.Second)
		v.cache.Attempt(v.now, addr)
		switch {
		case v.isHonest[addr] && v.rng.IntN(goneShare) == 0:
			v.cache.Failed(v.now, addr, noAnswer)
		default:
			v.cache.Good(v.now, addr)
			v.outbound = append(v.outbound, addr)
		}
	}
	v.cache.SetAnchors(v.outbound)
}

// honestNeighbors counts them.
func (v *victim) honestNeighbors() (n int) {
	for _, addr := range v.outbound {
		if v.isHonest[addr] {
			n++
		}
	}
	return n
}

// gossip is an hour of a session: neighbors tell hosts, honest ones a fair
// choice of all who answer; attackers call in and tell as many as they may.
func (v *victim) gossip() {
	for _, n := range v.outbound {
		v.cache.Good(v.now, n)
		for range 10 {
			told := v.attacker.any(v.rng)
			if v.isHonest[n] && v.rng.IntN(232) < 200 {
				told = v.honest.any(v.rng)
			}
			v.cache.Add(v.now, told, n.Addr(), FromPong)
		}
	}
	for range v.callers {
		caller := v.attacker.any(v.rng)
		v.cache.Add(v.now, caller, caller.Addr(), FromHandshake)
		v.cache.Good(v.now, caller)
		for range tellerBurst {
			v.cache.Add(v.now, v.attacker.any(v.rng), caller.Addr(), FromTry)
		}
	}
	v.now = v.now.Add(time.Hour)
}

// TestEclipseOnRestart (5,000 attackers in 32 /16s, 1,000 honest hosts in 200):
// after every restart at least one of the eight neighbors is honest, and in 99 %
// of them at least four are.
func TestEclipseOnRestart(t *testing.T) {
	const seeds, restarts = 6, 20
	honest, attacker := newCrowd(1000, 200, 0), newCrowd(5000, 32, 1000)
	isHonest := map[netip.AddrPort]bool{}
	for _, addr := range honest {
		isHonest[addr] = true
	}
	fewest, below := slots, 0
	for seed := range uint64(seeds) {
		rng := rand.New(rand.NewPCG(seed, 5))
		v := &victim{rng: rng, cache: New(Config{}, rng), now: epoch, honest: honest, attacker: attacker, isHonest: isHonest}
		for range 3 {
			v.cache.Add(v.now, honest.any(rng), netip.Addr{}, FromSeed)
		}
		v.connect()
		for restart := range 1 + restarts {
			if restart > 0 {
				v.callers = 8 // the attack begins on a node that has run for half a day
			}
			for range 12 {
				v.gossip()
				i := rng.IntN(len(v.outbound)) // a neighbor goes
				v.cache.Failed(v.now, v.outbound[i], 200)
				v.outbound = slices.Delete(v.outbound, i, i+1)
				v.connect()
			}
			snapshot := v.cache.Snapshot()
			v.now = v.now.Add(10 * time.Minute)
			v.cache, v.outbound = New(Config{}, rng), nil
			if _, err := v.cache.Restore(v.now, snapshot); err != nil {
				t.Fatal(err)
			}
			v.connect()
			if restart == 0 {
				continue
			}
			n := v.honestNeighbors()
			if fewest = min(fewest, n); n < 4 {
				below++
			}
		}
		consistent(t, v.cache)
	}
	t.Logf("of %d restarts %d had fewer than 4 honest neighbors of %d, the fewest were %d", seeds*restarts, below, slots, fewest)
	if fewest < 1 {
		t.Error("a restart was eclipsed")
	}
	if below*100 > seeds*restarts {
		t.Errorf("%d of %d restarts had fewer than 4 honest neighbors", below, seeds*restarts)
	}
}

// TestPoisonedPongs (a fifth of the peers malicious, 24 hours): they tell only
// of one another and of addresses that cannot be. Their share of the tried hosts
// stays below twice their share of the networks, and no such address gets in.
func TestPoisonedPongs(t *testing.T) {
	honest, attacker := newCrowd(800, 160, 0), newCrowd(200, 40, 1000)
	isHonest := map[netip.AddrPort]bool{}
	for _, addr := range honest {
		isHonest[addr] = true
	}
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 4))
		v := &victim{rng: rng, cache: New(Config{}, rng), now: epoch, honest: honest, attacker: attacker, isHonest: isHonest}
		v.cache.Add(v.now, honest.any(rng), netip.Addr{}, FromSeed)
		for _, told := range honest[:20] {
			v.cache.Add(v.now, told, honest[0].Addr(), FromTry)
		}
		v.connect()
		bogons, refused := 0, 0
		for end := epoch.Add(24 * time.Hour); v.now.Before(end); {
			for _, n := range v.outbound {
				v.cache.Good(v.now, n)
				for range 10 {
					switch {
					case v.isHonest[n] && rng.IntN(5) > 0:
						v.cache.Add(v.now, v.honest.any(rng), n.Addr(), FromPong)
					case v.isHonest[n], rng.IntN(2) == 0:
						v.cache.Add(v.now, v.attacker.any(rng), n.Addr(), FromPong)
					default:
						bogons++
						if v.cache.Add(v.now, bogon(rng), n.Addr(), FromPong) != Kept {
							refused++
						}
					}
				}
			}
			v.now = v.now.Add(5 * time.Minute)
			i := rng.IntN(len(v.outbound))
			v.outbound = slices.Delete(v.outbound, i, i+1)
			v.connect()
		}
		tried, theirs := 0, 0
		for _, e := range v.cache.list {
			if Class(e.Addr.Addr()) != Global {
				t.Errorf("%v got in", e.Addr)
			}
			if e.table == inTried {
				if tried++; !isHonest[e.Addr] {
					theirs++
				}
			}
		}
		t.Logf("seed %d: %d of %d tried hosts are theirs; %d of %d bogons refused", seed, theirs, tried, refused, bogons)
		if tried < 100 || theirs*5 > 2*tried {
			t.Errorf("seed %d: %d of %d tried hosts are theirs", seed, theirs, tried)
		}
		if bogons == 0 || refused*100 < bogons*99 {
			t.Errorf("seed %d: %d of %d bogons refused", seed, refused, bogons)
		}
	}
}

// bogon is an address that no host of the public network has.
func bogon(rng *rand.Rand) netip.AddrPort {
	b := [4]byte{byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32())}
	prefixes := [][]byte{{0}, {10}, {100, 64}, {127}, {169, 254}, {172, 16}, {192, 0, 0}, {192, 0, 2}, {192, 168}, {198, 18},
		{198, 51, 100}, {203, 0, 113}, {224}, {240}, {255, 255, 255, 255}}
	copy(b[:], prefixes[rng.IntN(len(prefixes))])
	return netip.AddrPortFrom(netip.AddrFrom4(b), uint16(1024+rng.IntN(60000)))
}
