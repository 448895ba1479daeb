package process

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filbert/node/api"
)

var garbageMiB = flag.Int("garbage", 100, "MiB of random and mutated bytes that TestGarbage throws at a node")

// heckler throws bytes at a node.
type heckler struct {
	addr   string
	rnd    *rand.Rand
	corpus [][]byte // real conversations
	thrown atomic.Int64
}

// material returns size bytes or less: pure chance, or a real conversation with
// some of its bytes changed, cut, repeated or spliced with another.
func (h *heckler) material(size int) []byte {
	if h.rnd.IntN(4) == 0 {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(h.rnd.Uint32())
		}
		return b
	}
	var b []byte
	for len(b) < size {
		piece := h.corpus[h.rnd.IntN(len(h.corpus))]
		from := h.rnd.IntN(len(piece))
		if h.rnd.IntN(2) == 0 {
			from = 0
		}
		b = append(b, piece[from:from+h.rnd.IntN(len(piece)-from)+1]...)
	}
	b = b[:size]
	for range h.rnd.IntN(20) {
		b[h.rnd.IntN(size)] ^= 1 << h.rnd.IntN(8)
	}
	return b
}

// shout opens a connection and throws bytes until the node has enough.
func (h *heckler) shout(greet bool) {
	conn, err := net.DialTimeout("tcp", h.addr, time.Second)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	if greet {
		guid := fmt.Sprintf("%016x%016x", h.rnd.Uint64(), h.rnd.Uint64())
		fmt.Fprintf(conn, "GNUTELLA CONNECT/0.6\r\nUser-Agent: heckler\r\nX-Ultrapeer: True\r\nGUID: %s\r\n\r\n", guid)
		r := bufio.NewReader(conn)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				break
			}
		}
		fmt.Fprint(conn, "GNUTELLA/0.6 200 OK\r\n\r\n")
	}
	n, _ := conn.Write(h.material(256 << 10)) // it may be cut off
	h.thrown.Add(int64(n))
}

// spray sends datagrams.
func (h *heckler) spray(n int) {
	conn, err := net.Dial("udp", h.addr)
	if err != nil {
		return
	}
	defer conn.Close()
	for range n {
		sent, _ := conn.Write(h.material(1 + h.rnd.IntN(1400))) // lost ones do not matter
		h.thrown.Add(int64(sent))
	}
}

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
	h := &heckler{addr: address(t, victim), rnd: rand.New(rand.NewPCG(1, 2))}
	asker := start(t, filepath.Join(homes, "asker"), "--seed", h.addr)
	until(t, 10*time.Second, "the asker is linked", func() bool { return status(t, asker).Neighbors == 1 })
	seeds, err := filepath.Glob(filepath.Join("..", "..", "overlay", "wire", "testdata", "captures", "*.bin"))
	if err != nil || len(seeds) == 0 {
		t.Fatalf("no captures to mutate: %v", err)
	}
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		h.corpus = append(h.corpus, b)
	}
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
		h.shout(round%3 == 0)
		h.spray(50)
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
	if runtime.GOOS == "linux" && now > memory+64<<20 {
		t.Errorf("resident memory grew from %d to %d MiB", memory>>20, now>>20)
	}
	if after.Port.Panicked != 0 {
		t.Errorf("%d handlers panicked", after.Port.Panicked)
	}
	if _, took := find(t, asker, "blue sky", "blue sky.txt"); took > time.Second {
		t.Errorf("a search took %v afterwards", took)
	}
}
