package library

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestPace has workers who never have enough, while transfers begin and end: one goes
// on beside them, at its rate to 2 %, and all together never read more than they may.
func TestPace(t *testing.T) {
	const workers, rate = 4, 64 << 20
	for _, tt := range []struct {
		rate, idle, busy int64 // bytes per second: allowed, read without and beside transfers
	}{
		{rate, rate, yieldRate},
		{1 << 20, 1 << 20, 1 << 20},
	} {
		synctest.Test(t, func(t *testing.T) {
			var busy atomic.Bool
			p := newPace(Config{Busy: busy.Load, Rate: tt.rate})
			ctx, stop := context.WithCancel(t.Context())
			var work sync.WaitGroup
			var read [workers]atomic.Int64
			for i := range workers {
				work.Go(func() {
					turn := turn{pace: p}
					defer turn.end()
					for turn.wait(ctx, hashBlock) == nil {
						read[i].Add(hashBlock)
					}
				})
			}
			for i, transfers := range []bool{false, true, false, true} {
				busy.Store(transfers)
				time.Sleep(2 * yieldLook) // they notice
				var before [workers]int64
				for i := range read {
					before[i] = read[i].Load()
				}
				const over = 20 * time.Second
				time.Sleep(over)
				sum, went := int64(0), 0
				for i := range read {
					n := read[i].Load() - before[i]
					if sum += n; n > 0 {
						went++
					}
				}
				want, most := tt.idle, workers
				if transfers {
					want, most = tt.busy, 1
				}
				if want *= int64(over / time.Second); sum < want-want/50-hashBlock || sum > want+want/50+hashBlock {
					t.Errorf("%d: %d bytes in %v, want %d", i, sum, over, want)
				}
				if went != most {
					t.Errorf("%d: %d workers went on, want %d", i, went, most)
				}
			}
			stop()
			work.Wait()
		})
	}
}

// TestHashingYields hashes a folder beside transfers, until they end.
func TestHashingYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := map[string]string{}
		for i := range 8 {
			files[fmt.Sprint(i, ".bin")] = strings.Repeat(fmt.Sprint(i), 2<<20)
		}
		var busy atomic.Bool
		busy.Store(true)
		fsys := newMemFS(files)
		l := New(Config{
			Shares: []Share{{Dir: "mem", FS: fsys}}, Workers: 3, Busy: busy.Load,
			Disk: func(uint64) Disk { return Disk{Name: "flash", Flash: true} },
		})
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { l.Run(ctx) })
		began := time.Now()
		time.Sleep(time.Second)
		synctest.Wait()
		if read := fsys.bytesRead.Load(); read < yieldRate-hashBlock || read > yieldRate+hashBlock {
			t.Errorf("beside transfers %d bytes were read in a second, want %d", read, yieldRate)
		}
		busy.Store(false)
		for c := range l.Changes(ctx) {
			if len(c.Added) > 0 && l.Len() == len(files) {
				break
			}
		}
		if took := time.Since(began); took > 1*time.Second+yieldLook+2*publishEvery {
			t.Errorf("it took %v in all", took)
		}
		stop()
		run.Wait()
	})
}
