package node

import (
	"context"
	"math"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer/limit"
)

// TestLimitClasses: hosts of the own network have a limit of their own, at all hours.
func TestLimitClasses(t *testing.T) {
	l, err := newLimits(Config{UploadLimit: 100_000, UploadLimitLAN: 200_000, DownloadLimitLAN: 400_000, LimitSchedule: []string{"daily 00:00-24:00 0 0"}})
	if err != nil {
		t.Fatal(err)
	}
	far, home := netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("192.168.1.7")
	const piece = 20 // of a second's bytes
	for _, tt := range []struct {
		l    *limit.Limit
		host netip.Addr
		want int
	}{{l.up, far, 1 << 30}, {l.down, far, 1 << 30}, {l.up, home, 200_000 / piece}, {l.down, home, 400_000 / piece}} {
		if got := tt.l.Piece(tt.host, 1<<30); got != tt.want {
			t.Errorf("%v: pieces of %d, want %d", tt.host, got, tt.want)
		}
	}
}

// TestLimitSchedule follows the limits of a node over some minutes.
func TestLimitSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := func(d time.Duration) string { return time.Now().Add(d).Format("15:04") }
		rule := "daily " + clock(2*time.Minute) + "-" + clock(4*time.Minute) + " 1000 0"
		l, err := newLimits(Config{DownloadLimit: 1 << 20, LimitSchedule: []string{rule}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { l.run(ctx) })
		limited := func(up, down bool) {
			t.Helper()
			synctest.Wait()
			host := netip.MustParseAddr("203.0.113.1")
			if u, d := l.up.Piece(host, math.MaxInt32) < math.MaxInt32, l.down.Piece(host, math.MaxInt32) < math.MaxInt32; u != up || d != down {
				t.Errorf("%s: limited up %v, down %v; the rule is %s", time.Now(), u, d, rule)
			}
		}
		limited(false, true)
		time.Sleep(2*time.Minute - time.Nanosecond)
		limited(false, true)
		time.Sleep(time.Nanosecond)
		limited(true, false)
		time.Sleep(2*time.Minute - time.Nanosecond)
		limited(true, false)
		time.Sleep(time.Nanosecond)
		limited(false, true)
		stop()
		work.Wait()
	})
	if _, err := newLimits(Config{LimitSchedule: []string{"never"}}); err == nil || !strings.Contains(err.Error(), `"never"`) {
		t.Errorf("a rule that is none: %v", err)
	}
}
