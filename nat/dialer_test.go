package nat

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestDialerPaces opens many connections at once: as many as the burst begin, the others
// one after each pause, and never more at once than may be.
func TestDialerPaces(t *testing.T) {
	for name, test := range map[string]struct {
		takes time.Duration // each dial
		dials int
		most  int
		end   time.Duration
	}{
		"at the burst":        {0, dialBurst, dialBurst, 0},
		"one more":            {0, dialBurst + 1, dialBurst, dialPause},
		"what answers":        {80 * time.Millisecond, dialBurst + 80, dialBurst, 80*dialPause + 80*time.Millisecond},
		"nobody answers":      {10 * time.Second, maxOpening, maxOpening, (maxOpening-dialBurst)*dialPause + 10*time.Second},
		"nobody answers more": {10 * time.Second, maxOpening + 1, maxOpening, 20 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			open, most := 0, 0 // guarded by mu
			d := NewDialer(func(ctx context.Context, _, _ string) (net.Conn, error) {
				count := func(n int) {
					mu.Lock()
					defer mu.Unlock()
					open += n
					most = max(most, open)
				}
				count(1)
				defer count(-1)
				time.Sleep(test.takes)
				return nil, nil
			}, func(netip.Addr) bool { return false })
			began := time.Now()
			var work sync.WaitGroup
			for range test.dials {
				work.Go(func() {
					if _, err := d.DialContext(t.Context(), "tcp", "198.51.100.1:1"); err != nil {
						t.Error(err)
					}
				})
			}
			work.Wait()
			if got := time.Since(began); got != test.end {
				t.Errorf("%s: all in %v, want %v", name, got, test.end)
			}
			if test.takes > 0 && most != test.most {
				t.Errorf("%s: %d at once, want %d", name, most, test.most)
			}
		})
	}
}

// TestDialerGivesBack: who does not wait for its turn takes nobody's, and spared
// addresses none.
func TestDialerGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		d := NewDialer(func(context.Context, string, string) (net.Conn, error) { dials++; return nil, nil }, netip.Addr.IsPrivate)
		for range 10 * dialBurst {
			d.DialContext(t.Context(), "tcp", "192.168.1.1:1")
		}
		for range dialBurst {
			d.DialContext(t.Context(), "tcp", "198.51.100.1:1")
		}
		began := time.Now()
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), dialPause/16)
			if _, err := d.DialContext(ctx, "tcp", "198.51.100.1:1"); !errors.Is(err, ErrCrowded) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("over the budget: %v", err)
			}
			cancel()
		}
		if _, err := d.DialContext(t.Context(), "tcp", "198.51.100.1:1"); err != nil || time.Since(began) != dialPause || dials != 11*dialBurst+1 {
			t.Errorf("after %v, %d dials, %v", time.Since(began), dials, err)
		}
	})
}

// TestDialerFull: one that waits for those before it to end gives up with its context.
func TestDialerFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDialer(func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() },
			func(netip.Addr) bool { return false })
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		for range maxOpening {
			work.Go(func() { d.DialContext(ctx, "tcp", "198.51.100.1:1") })
		}
		synctest.Wait()
		short, done := context.WithTimeout(t.Context(), time.Second)
		defer done()
		if _, err := d.DialContext(short, "tcp", "198.51.100.1:1"); !errors.Is(err, ErrCrowded) {
			t.Errorf("%v", err)
		}
		cancel()
		work.Wait()
	})
}
