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
	"strings"
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
	envFolder  = "FILBERT_TEST_FOLDER"
	envSources = "FILBERT_TEST_SOURCES" // addresses with spaces between
	envSize    = "FILBERT_TEST_SIZE"
	envSHA1    = "FILBERT_TEST_SHA1"
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
	var sources []transfer.Source
	for addr := range strings.FieldsSeq(os.Getenv(envSources)) {
		sources = append(sources, transfer.Source{Addr: netip.MustParseAddrPort(addr)})
	}
	_, err = m.Add(Request{File: file, Sources: sources})
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
// its transfer and its completion: one from a single source, one from three honest
// ones and three others. Every file must become right, and no kill may cost more
// than the bytes that were not synced.
func TestKill(t *testing.T) {
	t.Run("one source", func(t *testing.T) {
		killAgainAndAgain(t, *kills/2, func(t *testing.T, of byte) killable {
			file, b := content(of, killSize)
			addr, served := paced(t, b)
			return killable{file, addr, served.Load, 0}
		})
	})
	t.Run("three and three liars", func(t *testing.T) {
		killAgainAndAgain(t, *kills-*kills/2, func(t *testing.T, of byte) killable {
			c := gather(t, sockets{}, of, killSize, 25*mb)
			var addrs []string
			for _, s := range c.seeds {
				addrs = append(addrs, s.Addr.String())
			}
			sent := func() (sum int64) {
				for _, s := range c.seeds {
					sum += s.sent.Load()
				}
				return sum
			}
			// Who lied is not known to the next life, and what each is at is a slice.
			return killable{c.file, strings.Join(addrs, " "), sent, int64(len(c.seeds)) * (64<<10 + 64<<10)}
		})
	})
}

// killable is a file whose download can be killed.
type killable struct {
	file    transfer.File
	sources string
	served  func() int64
	more    int64 // that each life may cost (bytes)
}

func killAgainAndAgain(t *testing.T, left int, make func(t *testing.T, of byte) killable) {
	rng := rand.New(rand.NewPCG(*killSeed, uint64(left)))
	folder, total := t.TempDir(), left
	during := map[string]int{}
	windows := map[string]time.Duration{saysRecovering: 8 * time.Millisecond, saysVerifying: 4 * time.Millisecond}
	files, fetched := 0, int64(0)
	for ; left > 0; files++ {
		k := make(t, byte(files))
		path := filepath.Join(folder, k.file.SHA1.String())
		journal := filepath.Join(folder, ".filbert", k.file.SHA1.String()+".journal")
		env := append(os.Environ(), "GORACE=atexit_sleep_ms=0", envFolder+"="+folder, envSources+"="+k.sources,
			envSize+"="+strconv.Itoa(killSize), envSHA1+"="+k.file.SHA1.String())
		killed, lives := int64(0), int64(0)
		for {
			stage, wasKilled := live(t, env, rng, windows, left > 0)
			lives++
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
		if err != nil || sha1.Sum(got) != k.file.SHA1 {
			t.Fatalf("file %d after %d kills: %d bytes that are wrong, %v", files, killed, len(got), err)
		}
		served := k.served()
		if most := killSize + killed*killLoss + lives*k.more; served > most {
			t.Errorf("file %d took %d bytes and %d kills, more than %d", files, served, killed, most)
		}
		fetched += served
		if left, err := filepath.Glob(filepath.Join(folder, ".filbert", "*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if names, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(names) != 2 {
			t.Errorf("besides .filbert there should be one file: %v, %v", names, err)
		}
		os.Remove(path)
	}
	t.Logf("%d files, %d kills: %v; %.1f MiB fetched for %d MiB", files, total, during, float64(fetched)/(1<<20), files*killSize>>20)
	for stage, least := range map[string]int{saysDownloading: total / 10, saysRecovering: total / 10, saysVerifying: total / 200} {
		if during[stage] < least {
			t.Errorf("%d of %d kills while %s, want %d", during[stage], total, stage, least)
		}
	}
}

// live starts the child and kills it at some moment, if it may. It returns the
// last thing the child said, and whether it was killed. A stage in which it is to
// be killed may be over soon: windows is how soon after its beginning the kill must
// come, which is less when the last one came too late.
func live(t *testing.T, env []string, rng *rand.Rand, windows map[string]time.Duration, mayKill bool) (stage string, killed bool) {
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
	stageToHit, aimed := "", false
	if mayKill {
		within(5*time.Millisecond, 150*time.Millisecond)
		stageToHit = []string{"", saysRecovering, saysRecovering, saysVerifying}[rng.IntN(4)]
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		stage = lines.Text()
		if stage == stageToHit && mayKill {
			within(0, windows[stage])
			aimed = true
		}
	}
	switch {
	case !aimed:
	case stage != stageToHit:
		windows[stageToHit] = max(windows[stageToHit]/2, 100*time.Microsecond)
	default:
		windows[stageToHit] = min(windows[stageToHit]*3/2, 8*time.Millisecond)
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
