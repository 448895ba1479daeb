package process

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"filbert/node/api"
)

var garbageMiB = flag.Int("garbage", 100, "MiB of random and mutated bytes that TestGarbage throws at a node")

// resident is the memory of a process, 0 where the system does not tell.
func resident(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}

// TestGarbage throws 100 MiB of random and mutated bytes at the ports of a node:
// it lives, answers searches all the while, and afterwards holds what it held
// before.
func TestGarbage(t *testing.T) {
	share := t.TempDir()
	if err := os.WriteFile(filepath.Join(share, "blue sky.txt"), []byte("blue sky"), 0o644); err != nil {
		t.Fatal(err)
	}
	homes := t.TempDir()
	victim := start(t, filepath.Join(homes, "victim"), "--share", share, "--log", "disabled")
	until(t, 20*time.Second, "the victim shares", func() bool { return status(t, victim).Files == 1 })
	h := newHeckler(address(t, victim))
	asker := start(t, filepath.Join(homes, "asker"), "--seed", h.addr)
	until(t, 10*time.Second, "the asker is linked", func() bool { return status(t, asker).Neighbors == 1 })
	h.learn(t)
	before, memory := status(t, victim), resident(victim.PID())

	ctx, cancel := context.WithCancel(t.Context())
	searches, slowest := 0, time.Duration(0)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		for ctx.Err() == nil {
			began := time.Now()
			found := false
			one, stop := context.WithTimeout(ctx, 10*time.Second)
			asker.Search(one, api.SearchRequest{Words: "blue sky", Wait: 10 * time.Second}, func(api.Result) {
				found = true
				stop()
			})
			stop()
			if !found && ctx.Err() == nil {
				t.Error("a search was not answered during the attack")
				return
			}
			searches++
			slowest = max(slowest, time.Since(began))
		}
	}()
	for round := 0; h.thrown.Load() < int64(*garbageMiB)<<20; round++ {
		h.shout(round)
		h.spray(100)
	}
	cancel()
	<-asked
	t.Logf("%d MiB thrown; %d searches answered meanwhile, the slowest in %v", h.thrown.Load()>>20, searches, slowest)
	if searches < 3 {
		t.Errorf("only %d searches were made", searches)
	}

	var after api.Status
	until(t, time.Minute, "the victim is as before", func() bool {
		after = status(t, victim)
		return after.Memory.Goroutines <= before.Memory.Goroutines+2 && after.Memory.Heap <= before.Memory.Heap+16<<20
	})
	now := resident(victim.PID())
	t.Logf("heap %d KiB, then %d; resident %d KiB, then %d; goroutines %d, then %d; drops %v; port %+v",
		before.Memory.Heap>>10, after.Memory.Heap>>10, memory>>10, now>>10, before.Memory.Goroutines, after.Memory.Goroutines, after.Drops, after.Port)
	t.Logf("received over links: %+v", after.Received)
	if runtime.GOOS == "linux" && now > memory+64<<20 {
		t.Errorf("resident memory grew from %d to %d MiB", memory>>20, now>>20)
	}
	// It was not turned away at the door: all decoders had their share.
	if r := after.Received; *garbageMiB >= 100 && (after.Port.Requests < 50 || after.Port.Unknown < 50 || after.Drops["garbage-datagram"] < 1000 ||
		after.Drops["malformed"] < 1000 || r.Queries < 1000 || r.Hits < 1000 || r.Pongs < 1000 || r.Pushes < 100 || r.Others < 1000) {
		t.Errorf("the garbage did not get far: received %+v", r)
	}
	if after.Port.Panicked != 0 {
		t.Errorf("%d handlers panicked", after.Port.Panicked)
	}
	if _, took := find(t, asker, "blue sky", "blue sky.txt"); took > time.Second {
		t.Errorf("a search took %v afterwards", took)
	}
}
