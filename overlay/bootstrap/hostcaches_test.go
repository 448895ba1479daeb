package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/overlay/bootstrap/uhc"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// post is the socket of a test: it answers some hosts after a while.
type post struct {
	t       *testing.T
	caches  *HostCaches
	answers map[netip.AddrPort][]string // hosts that a cache tells
	delay   time.Duration
	work    sync.WaitGroup

	mu   sync.Mutex
	sent []netip.AddrPort
	fail error
}

func (p *post) Send(to netip.AddrPort, frame wire.Frame) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, to)
	hosts, ok := p.answers[to]
	if !ok || p.fail != nil {
		return p.fail
	}
	frame = slices.Clone(frame)
	p.work.Go(func() {
		time.Sleep(p.delay)
		info := wire.HostInfo{HostCache: true}
		for _, h := range hosts {
			info.Hosts = append(info.Hosts, wire.PackedHost{Addr: netip.MustParseAddrPort(h)})
		}
		pong := wire.AppendFrame(nil, frame.GUID(), 1, 0, &wire.Pong{Addr: to, Ext: info.AppendTo(nil)})
		if !p.caches.Received(to, pong) {
			p.t.Errorf("the answer of %v is not taken", to)
		}
		if p.caches.Received(to, pong) {
			p.t.Errorf("the answer of %v is taken twice", to)
		}
	})
	return nil
}

// phonebook resolves names after a while.
type phonebook map[string]string

func (p phonebook) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if addr, ok := p[host]; ok {
		return []netip.Addr{netip.MustParseAddr(addr)}, nil
	}
	if host == "slow.example" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, errors.New("no such host")
}

func newHostCaches(t *testing.T, p *post, book phonebook, names ...string) *HostCaches {
	client := uhc.NewClient(uhc.Config{Caches: names, Hosts: hostcache.Config{AllowDocumentation: true}}, rand.New(rand.NewPCG(1, 1)))
	p.t, p.caches = t, NewHostCaches(client, p, book)
	return p.caches
}

// looks runs one round and returns what was found and how long it took.
func looks(t *testing.T, s Source, ctx context.Context) (found []string, took time.Duration) {
	t.Helper()
	began := time.Now()
	err := s.Find(ctx, func(f Found) { found = append(found, fmt.Sprint(f.Hosts, " by ", f.Teller)) })
	if err != nil {
		t.Error(err)
	}
	return found, time.Since(began)
}

func TestHostCachesAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &post{delay: time.Second, answers: map[netip.AddrPort][]string{
			netip.MustParseAddrPort("198.51.100.1:7000"): {"203.0.113.1:7000", "203.0.113.2:7000"},
			netip.MustParseAddrPort("198.51.100.2:7000"): {"203.0.113.3:7000"},
		}}
		h := newHostCaches(t, p, phonebook{"uhc.example": "198.51.100.2"}, "198.51.100.1:7000", "uhc.example:7000", "nowhere.example:7000", "slow.example:7000")
		found, took := looks(t, h, t.Context())
		p.work.Wait()
		want := "[203.0.113.1:7000 203.0.113.2:7000] by 198.51.100.1, [203.0.113.3:7000] by 198.51.100.2"
		if strings.Join(found, ", ") != want || took != time.Second+linger {
			t.Errorf("found %v in %v", found, took)
		}
		if h.Len() != 4 || len(h.Snapshot()) != 0 {
			t.Errorf("%d caches, snapshot %q", h.Len(), h.Snapshot())
		}
		// Right again: all were asked a moment ago.
		if found, took := looks(t, h, t.Context()); len(found) != 0 || took != 0 {
			t.Errorf("found %v in %v", found, took)
		}
	})
}

func TestHostCachesAreSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHostCaches(t, &post{}, nil, "198.51.100.1:7000", "nowhere.example:7000")
		if found, took := looks(t, h, t.Context()); len(found) != 0 || took != 20*time.Second {
			t.Errorf("found %v in %v", found, took)
		}
	})
}

func TestHostCachesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHostCaches(t, &post{}, nil, "198.51.100.1:7000", "slow.example:7000")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, took := looks(t, h, ctx); took != time.Second {
			t.Errorf("ended after %v", took)
		}
		broken := newHostCaches(t, &post{fail: errors.New("closed")}, nil, "198.51.100.1:7000")
		if err := broken.Find(t.Context(), nil); err == nil {
			t.Error("no error although nothing can be sent")
		}
	})
}
