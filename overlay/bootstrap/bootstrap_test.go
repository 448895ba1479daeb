package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// village is the overlay of a test.
type village struct {
	mu      sync.Mutex
	stands  Standing
	ended   bool
	learned []string
}

func (v *village) Standing(context.Context) (Standing, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended {
		return Standing{}, errors.New("closed")
	}
	return v.stands, nil
}

func (v *village) Learn(hosts []netip.AddrPort, teller netip.Addr) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.learned = append(v.learned, fmt.Sprint(hosts, " by ", teller))
	return nil
}

func (v *village) set(links, known int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stands.Links, v.stands.Known = links, known
}

// oracle is a source that does what a test says.
type oracle struct {
	find      func(ctx context.Context, found func(Found)) error
	announced func(Standing)
}

func (o *oracle) Find(ctx context.Context, found func(Found)) error { return o.find(ctx, found) }

func (o *oracle) Announce(_ context.Context, s Standing) error {
	if o.announced != nil {
		o.announced(s)
	}
	return errors.New("nobody listens")
}

// runs runs a Bootstrap in virtual time while play goes on.
func runs(t *testing.T, v *village, sources map[Kind]Source, play func(b *Bootstrap)) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Overlay: v, Sources: sources})
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() {
			if err := b.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		play(b)
		cancel()
		work.Wait()
	})
}

func TestFindsAndLearns(t *testing.T) {
	v := &village{}
	told := Found{[]netip.AddrPort{netip.MustParseAddrPort("[::ffff:5.6.7.8]:7000")}, netip.MustParseAddr("9.9.9.9")}
	source := &oracle{find: func(_ context.Context, found func(Found)) error { found(told); found(told); return nil }}
	runs(t, v, map[Kind]Source{HostCache: source}, func(b *Bootstrap) {
		time.Sleep(hostCacheDelay + look/2)
		s := b.Status()
		if len(s) != 1 || s[0].Kind != HostCache || s[0].Rounds != 1 || s[0].Hosts != 2 || s[0].Active || s[0].Err != "" {
			t.Errorf("status %+v", s)
		}
		v.set(2, 20)
		time.Sleep(time.Hour)
		if s := b.Status(); s[0].Rounds != 1 {
			t.Errorf("%d rounds although there is enough", s[0].Rounds)
		}
	})
	if got := strings.Join(v.learned, ", "); got != "[5.6.7.8:7000] by 9.9.9.9, [5.6.7.8:7000] by 9.9.9.9" {
		t.Errorf("learned %s", got)
	}
}

// TestEnoughEndsTheRound: a source is told to stop when others have found enough.
func TestEnoughEndsTheRound(t *testing.T) {
	v := &village{}
	source := &oracle{find: func(ctx context.Context, _ func(Found)) error { <-ctx.Done(); return nil }}
	runs(t, v, map[Kind]Source{LAN: source}, func(b *Bootstrap) {
		time.Sleep(10*look + look/2)
		if s := b.Status(); !s[0].Active || s[0].Rounds != 1 {
			t.Errorf("status %+v", s)
		}
		v.set(2, 20)
		time.Sleep(look)
		if s := b.Status(); s[0].Active {
			t.Error("goes on although there is enough")
		}
	})
}

func TestErrorsAreTold(t *testing.T) {
	source := &oracle{find: func(context.Context, func(Found)) error { return errors.New(strings.Repeat("x", 2*maxError)) }}
	runs(t, &village{}, map[Kind]Source{LAN: source}, func(b *Bootstrap) {
		time.Sleep(look / 2)
		if s := b.Status(); len(s[0].Err) != maxError {
			t.Errorf("error %q", s[0].Err)
		}
	})
}

// TestAnnounces: what wants to know of us is told when nothing else is going on.
func TestAnnounces(t *testing.T) {
	self := netip.MustParseAddrPort("5.6.7.8:7000")
	v := &village{stands: Standing{Links: 2, Known: 20, Self: self, Uptime: time.Hour}}
	told := 0
	runs(t, v, map[Kind]Source{WebCache: &oracle{announced: func(s Standing) {
		if told++; s.Self != self || s.Uptime != time.Hour {
			t.Errorf("announced %+v", s)
		}
	}}}, func(*Bootstrap) { time.Sleep(3*look + look/2) })
	if told != 4 {
		t.Errorf("asked %d times whether it wants to know, want 4", told)
	}
}

func TestEndsWithTheOverlay(t *testing.T) {
	v := &village{}
	runs(t, v, nil, func(b *Bootstrap) {
		time.Sleep(look / 2)
		v.mu.Lock()
		v.ended = true
		v.mu.Unlock()
		time.Sleep(look)
		if len(b.Status()) != 0 {
			t.Error("tells of sources that there are not")
		}
	})
}
