package download

import (
	"bufio"
	"context"
	"crypto/sha1"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
	"filbert/transfer/urn"
)

var (
	kills    = flag.Int("kills", 200, "how many times TestKill kills a download")
	killSeed = flag.Uint64("kill-seed", 1, "of the moments at which TestKill kills")
)

// What a child process of TestKill is told.
const (
	envFolder = "FILBERT_TEST_FOLDER"
	envSource = "FILBERT_TEST_SOURCE"
	envSize   = "FILBERT_TEST_SIZE"
	envSHA1   = "FILBERT_TEST_SHA1"
)

// What the child says when it gets there.
const (
	saysRecovering  = "recovering"
	saysDownloading = "downloading"
	saysVerifying   = "verifying"
	saysComplete    = "complete"
)

const (
	killSize       = 16 << 20
	killFlushAfter = 20 * time.Millisecond
	killFlushBytes = 256 << 10
	// killLoss is the most bytes one kill may cost: what four flushes hold, what
	// waits in the buffers of both sockets, and what passes the source meanwhile.
	killLoss = 4*killFlushBytes + 512<<10
)

// downloadUntilKilled is the child: a download like any other, but for its
// flushes, which come more often as its lives are short.
func downloadUntilKilled(folder string) {
	must := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	fmt.Println(saysRecovering)
	disk, err := store.OpenDisk(folder)
	must(err)
	s, err := store.New(store.Config{FS: disk, Folder: folder, FlushAfter: killFlushAfter, FlushBytes: killFlushBytes})
	must(err)
	size, err := strconv.ParseInt(os.Getenv(envSize), 10, 64)
	must(err)
	id, err := urn.ParseSHA1(os.Getenv(envSHA1))
	must(err)
	m := New(Config{Store: s, Connector: sockets{}, Version: "0.1"})
	file := transfer.File{Name: id.String(), Size: size, SHA1: id}
	source := transfer.Source{Addr: netip.MustParseAddrPort(os.Getenv(envSource))}
	_, err = m.Add(Request{File: file, Sources: []transfer.Source{source}})
	must(err)
	m.loops.Go(func() { m.Run(context.Background()) })
	state := Queued
	for s := range m.Watch(context.Background(), id) {
		must(s.Err)
		if s.State != state {
			state = s.State
			fmt.Println(state)
		}
	}
}

// TestKill kills a download again and again, at random moments of its recovery,
// its transfer and its completion. Every file must become right, and no kill
// may cost more than the bytes that were not synced.
func TestKill(t *testing.T) {
	rng := rand.New(rand.NewPCG(*killSeed, 0))
	folder := t.TempDir()
	during := map[string]int{}
	files, fetched := 0, int64(0)
	for left := *kills; left > 0; files++ {
		file, b := content(byte(files), killSize)
		addr, served := paced(t, b)
		path := filepath.Join(folder, file.SHA1.String())
		journal := filepath.Join(folder, ".filbert", file.SHA1.String()+".journal")
		env := append(os.Environ(), "GORACE=atexit_sleep_ms=0", envFolder+"="+folder, envSource+"="+addr, envSize+"="+strconv.Itoa(killSize), envSHA1+"="+file.SHA1.String())
		killed := 0
		for {
			stage, wasKilled := live(t, env, rng, left > 0)
			if wasKilled {
				during[stage]++
				killed++
				left--
			}
			if _, err := os.Stat(journal); err != nil && stage != "" && stage != saysRecovering {
				break // it is complete, whether or not the child came to say so
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || sha1.Sum(got) != file.SHA1 {
			t.Fatalf("file %d after %d kills: %d bytes that are wrong, %v", files, killed, len(got), err)
		}
		if most := killSize + int64(killed)*killLoss; served.Load() > most {
			t.Errorf("file %d took %d bytes and %d kills, more than %d", files, served.Load(), killed, most)
		}
		fetched += served.Load()
		if left, err := filepath.Glob(filepath.Join(folder, ".filbert", "*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if names, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(names) != 2 {
			t.Errorf("besides .filbert there should be one file: %v, %v", names, err)
		}
		os.Remove(path)
	}
	t.Logf("%d files, %d kills: %v; %.1f MiB fetched for %d MiB", files, *kills, during, float64(fetched)/(1<<20), files*killSize>>20)
	for _, stage := range []string{saysRecovering, saysDownloading, saysVerifying} {
		if during[stage] == 0 {
			t.Errorf("%d of %d kills while %s", during[stage], *kills, stage)
		}
	}
}

// live starts the child and kills it at some moment, if it may. It returns the
// last thing the child said, and whether it was killed.
func live(t *testing.T, env []string, rng *rand.Rand, mayKill bool) (stage string, killed bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = env
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Hour, func() { child.Process.Kill() })
	defer kill.Stop()
	within := func(from, to time.Duration) { kill.Reset(from + time.Duration(rng.Int64N(int64(to-from)))) }
	stageToHit := ""
	if mayKill {
		within(5*time.Millisecond, 150*time.Millisecond)
		stageToHit = []string{"", saysRecovering, saysVerifying}[rng.IntN(3)]
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		stage = lines.Text()
		switch {
		case stage != stageToHit || !mayKill:
		case stage == saysRecovering:
			within(0, 8*time.Millisecond)
		case stage == saysVerifying:
			within(0, 4*time.Millisecond) // most is hashed by then
		}
	}
	err = child.Wait()
	if code := child.ProcessState.ExitCode(); code > 0 || code == 0 && stage != saysComplete {
		t.Fatalf("the child failed: %v, %s", err, stage)
	}
	return stage, err != nil
}

// paced serves b at some 50 MB/s and counts what it gives away.
func paced(t *testing.T, b []byte) (addr string, served *atomic.Int64) {
	served = new(atomic.Int64)
	s := sockets{}.listen(t, func(c net.Conn) {
		c.(*net.TCPConn).SetWriteBuffer(64 << 10)
		in := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			asked, err := ranges.ParseHTTP(r.Header.Get("Range"), int64(len(b)))
			if err != nil {
				return
			}
			head(c, "206 Partial Content", "Content-Range: "+ranges.ContentRange(asked, int64(len(b))), fmt.Sprintf("Content-Length: %d", asked.Len()))
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for at := asked.Start; at < asked.End; {
				n, err := c.Write(b[at:min(at+64<<10, asked.End)])
				served.Add(int64(n))
				if err != nil {
					return
				}
				at += int64(n)
				<-tick.C
			}
		}
	})
	return s.Addr.String(), served
}
