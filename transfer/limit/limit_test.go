package limit

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	far  = netip.MustParseAddr("203.0.113.7")
	home = netip.MustParseAddr("192.168.1.7")
)

// TestRate has takers who never have enough: over 5 s they get the rate to 2 %,
// and equal parts of it.
func TestRate(t *testing.T) {
	for _, perSecond := range []int64{Least, 10_000, 1 << 20, 20_000_000, 1 << 30} {
		for _, takers := range []int{1, 3, 8} {
			synctest.Test(t, func(t *testing.T) {
				const over = 5 * time.Second
				l := New(perSecond, false)
				ctx, cancel := context.WithTimeout(t.Context(), over)
				defer cancel()
				took := make([]int64, takers)
				var work sync.WaitGroup
				for i := range took {
					work.Go(func() {
						for n := l.Piece(far, 1<<20); l.Wait(ctx, far, n) == nil; {
							took[i] += int64(n)
						}
					})
				}
				work.Wait()
				sum, want := int64(0), perSecond*int64(over/time.Second)
				for _, n := range took {
					sum += n
					if fair := want / int64(takers); n < fair-fair/10 && fair-n > int64(2*l.all.piece.Load()) {
						t.Errorf("%d B/s, %d takers: one got %d of %d", perSecond, takers, n, fair)
					}
				}
				// At the least rates a single piece is more than the tolerance.
				if off := max(want/50, l.all.piece.Load()); sum < want-off || sum > want+off {
					t.Errorf("%d B/s, %d takers: %d bytes in %v, want %d", perSecond, takers, sum, over, want)
				}
			})
		}
	}
}

// TestSpared shows who is not limited.
func TestSpared(t *testing.T) {
	for _, tt := range []struct {
		name string
		l    *Limit
		host netip.Addr
		held bool
	}{
		{"no limit", New(0, true), far, false},
		{"a stranger", New(Least, false), far, true},
		{"the own network", New(Least, false), home, false},
		{"the own network, mapped", New(Least, false), netip.AddrFrom16(home.As16()), false},
		{"this machine", New(Least, false), netip.IPv6Loopback(), false},
		{"the own network, which is limited too", New(Least, true), home, true},
		{"no address", New(Least, false), netip.Addr{}, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			if err := tt.l.Wait(t.Context(), tt.host, 3*Least); err != nil {
				t.Fatal(tt.name, err)
			}
			if held := time.Since(began) > 2*time.Second; held != tt.held {
				t.Errorf("%s: took %v", tt.name, time.Since(began))
			}
			if piece := tt.l.Piece(tt.host, 1<<20); (piece < 1<<20) != tt.held {
				t.Errorf("%s: pieces of %d", tt.name, piece)
			}
		})
	}
}

// TestClasses has takers far and near who never have enough: each class gets its rate
// to 2 %, and where the limit is for both, both together.
func TestClasses(t *testing.T) {
	const over = 10 * time.Second
	for _, tt := range []struct {
		name              string
		all, own          int64 // bytes per second
		lan               bool
		takers            []netip.Addr
		wantFar, wantNear int64 // bytes per second, -1: whatever it is
		wantBoth          int64
	}{
		{"each", 100_000, 300_000, false, []netip.Addr{far, home, home}, 100_000, 300_000, 400_000},
		{"own alone", 0, 50_000, false, []netip.Addr{home}, 0, 50_000, 50_000},
		{"both share", 1 << 20, 0, true, []netip.Addr{far, home}, 1 << 19, 1 << 19, 1 << 20},
		{"own within both", 1 << 20, 100_000, true, []netip.Addr{far, home}, -1, -1, 1 << 20},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := New(tt.all, tt.lan)
			l.SetOwn(tt.own)
			ctx, cancel := context.WithTimeout(t.Context(), over)
			defer cancel()
			var got [2]atomic.Int64 // far, near
			var work sync.WaitGroup
			for _, host := range tt.takers {
				work.Go(func() {
					for n := l.Piece(host, 1<<20); l.Wait(ctx, host, n) == nil; {
						if host == far {
							got[0].Add(int64(n))
						} else {
							got[1].Add(int64(n))
						}
					}
				})
			}
			work.Wait()
			if most := tt.own * int64(over/time.Second); tt.own > 0 && got[1].Load() > most+most/50 {
				t.Errorf("%s: %d bytes near, %d may go", tt.name, got[1].Load(), most)
			}
			for i, want := range []int64{tt.wantFar, tt.wantNear, tt.wantBoth} {
				n := got[0].Load() + got[1].Load()
				if i < 2 {
					n = got[i].Load()
				}
				want *= int64(over / time.Second)
				if want < 0 { // it is a matter of turns
					continue
				}
				if n < want-want/50 || n > want+want/50 {
					t.Errorf("%s: %d bytes (far, near, both: %d), want %d", tt.name, n, i, want)
				}
			}
		})
	}
}

// TestWaitEnds stops waiting with the context.
func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := New(Least, false).Wait(ctx, far, 1<<20); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting ended with %v", err)
		}
	})
}

// TestChild has takers of a limit and of children of it who never have enough: each child gets
// its rate, all together that of the parent, and near hosts are held by a child alone.
func TestChild(t *testing.T) {
	const over = 10 * time.Second
	for _, tt := range []struct {
		name        string
		parent      int64 // bytes per second; -1: no Limit
		first, last int64 // of two children
		host        netip.Addr
		want        [3]int64 // bytes per second: of the parent's own taker, of each child's; -1: whatever it is
		wantAll     int64
	}{
		{"of a limit that leaves room", 1 << 20, 100_000, 200_000, far, [3]int64{-1, 100_000, 200_000}, 1 << 20},
		{"of a limit that leaves none", 300_000, 1 << 20, 1 << 20, far, [3]int64{100_000, 100_000, 100_000}, 300_000},
		{"of a limit of nothing", 0, 100_000, 50_000, far, [3]int64{0, 100_000, 50_000}, 150_000},
		{"of none", -1, 100_000, 50_000, far, [3]int64{0, 100_000, 50_000}, 150_000},
		{"for the own network", 1 << 20, 100_000, 200_000, home, [3]int64{0, 100_000, 200_000}, 300_000},
	} {
		synctest.Test(t, func(t *testing.T) {
			var parent *Limit
			if tt.parent >= 0 {
				parent = New(tt.parent, false)
			}
			limits := []*Limit{parent, parent.Child(tt.first), parent.Child(0)}
			limits[2].Set(tt.last)
			ctx, cancel := context.WithTimeout(t.Context(), over)
			defer cancel()
			var got [3]atomic.Int64
			var work sync.WaitGroup
			for i, l := range limits {
				if i == 0 && tt.want[0] == 0 {
					continue // it would get all there is
				}
				work.Go(func() {
					for n := l.Piece(tt.host, 1<<20); l.Wait(ctx, tt.host, n) == nil; {
						got[i].Add(int64(n))
					}
				})
			}
			work.Wait()
			all := int64(0)
			for i, want := range append(tt.want[:], tt.wantAll) {
				n := all
				if i < len(got) {
					n = got[i].Load()
					all += n
				}
				want *= int64(over / time.Second)
				off := max(want/10, 1) // half a second's bytes may be there at first
				if want >= 0 && (n < want-off || n > want+off) {
					t.Errorf("%s: %d bytes (parent, children, all: %d), want %d", tt.name, n, i, want)
				}
			}
		})
	}
}
