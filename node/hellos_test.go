package node_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"filbert/node"
	"filbert/query"
	"filbert/testnet/fabric"
	"filbert/transfer/download"
)

// hello is what opens TLS, with a key that nobody has: who sends it pays nothing.
func hello(t testing.TB) []byte {
	t.Helper()
	here, there := net.Pipe()
	defer there.Close()
	go tls.Client(here, &tls.Config{InsecureSkipVerify: true, CurvePreferences: []tls.CurveID{tls.X25519}}).Handshake()
	b := make([]byte, 4<<10)
	n, err := there.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

// greets opens TLS at an address and hangs up when it is answered, or not. It reports
// whether it was.
func greets(ctx context.Context, at string, hello []byte) bool {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", at)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write(hello); err != nil {
		return false
	}
	_, err = io.ReadFull(conn, make([]byte, 100))
	return err == nil
}

// seek searches until something is found.
func seek(ctx context.Context, n *node.Node, words string) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err = n.Search(ctx, query.Query{Text: words}, func(query.Result, query.Hit) {
		found = true
		cancel()
	})
	return found, err
}

// TestHellos: 2,000 who open TLS and say no more, and noise that looks like it, leave links
// and searches as they are (THREATS T31).
func TestHellos(t *testing.T) {
	tn := &town{t: t, dir: t.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
	defer tn.close()
	anna := tn.movesAs(fstest.MapFS{"Blue Sky.txt": file("la la la")}, inTLS)
	boris := tn.movesAs(nil, inTLS, anna)
	tn.linked(boris, 1)
	tn.shares(anna, 1)
	before, err := boris.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	const hellos = 2000
	opens, noise := hello(t), []byte("\x16\x03\x01\x01\x00"+string(bytes.Repeat([]byte{7}, 256)))
	var sent, answered atomic.Int64
	var crowd sync.WaitGroup
	began := time.Now()
	for range 32 {
		crowd.Go(func() {
			for n := sent.Add(1); n <= hellos; n = sent.Add(1) {
				say := opens
				if n%8 == 0 {
					say = noise
				}
				if greets(t.Context(), anna.Addr().String(), say) {
					answered.Add(1)
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { crowd.Wait(); close(over) }()
	searches := 0
	for open := true; open || searches < 5; searches++ {
		if found, err := seek(t.Context(), boris.Node, "blue sky"); !found {
			t.Fatalf("search %d among hellos found nothing: %v", searches+1, err)
		}
		select {
		case <-over:
			open = false
		default:
		}
	}
	took := time.Since(began)
	after, err := boris.Status(t.Context())
	if err != nil || len(after.Overlay.Neighbors) != 1 || !after.Overlay.Neighbors[0].Since.Equal(before.Overlay.Neighbors[0].Since) {
		t.Errorf("the link did not stay: %+v, %v", after.Overlay.Neighbors, err)
	}
	tn.until("all are counted", func() bool { p := anna.port(t); return p.TLSFailed+p.Crowded+p.Evicted >= hellos })
	if answered.Load() == 0 {
		t.Error("no hello was answered")
	}
	t.Logf("%d searches among %d hellos in %v, %d answered; they computed %v", searches, hellos, took, answered.Load(),
		time.Duration(anna.port(t).TLSBusy)*time.Microsecond)
}

// BenchmarkHellos is what searches take beside 2,000 hellos a second, and beside none.
func BenchmarkHellos(b *testing.B) {
	for _, rate := range []int{0, 2000} {
		b.Run(map[int]string{0: "none", 2000: "2000"}[rate], func(b *testing.B) { searchesBesideHellos(b, rate) })
	}
}

func searchesBesideHellos(b *testing.B, rate int) {
	tn := &town{t: b, dir: b.TempDir(), host: func(int) (node.Network, string) { return &node.System{}, "127.0.0.1:0" }}
	defer tn.close()
	anna := tn.movesAs(fstest.MapFS{"Blue Sky.txt": file("la la la")}, inTLS)
	boris := tn.movesAs(nil, inTLS, anna)
	tn.linked(boris, 1)
	tn.shares(anna, 1)
	opens := hello(b)
	ctx, cancel := context.WithCancel(b.Context())
	var crowd sync.WaitGroup
	defer crowd.Wait()
	defer cancel()
	var sent, answered atomic.Int64
	crowd.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for rate > 0 {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			for range rate / 100 {
				sent.Add(1)
				crowd.Go(func() {
					if greets(ctx, anna.Addr().String(), opens) {
						answered.Add(1)
					}
				})
			}
		}
	})
	var took []time.Duration
	began := time.Now()
	for b.Loop() {
		at := time.Now()
		if found, err := seek(ctx, boris.Node, "blue sky"); !found {
			b.Fatal("nothing found: ", err)
		}
		took = append(took, time.Since(at))
		runtime.Gosched()
	}
	all := time.Since(began).Seconds()
	slices.Sort(took)
	st, err := anna.Status(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "ms/median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "ms/p99")
	b.ReportMetric(float64(sent.Load())/all, "hellos/s")
	b.ReportMetric(float64(answered.Load())/all, "answered/s")
	b.ReportMetric(float64(st.Port.TLSBusy)/1e6/all, "processors")
}

// TestCircuitsInTurn: handshakes of those who come over a relay compute in turn with those of
// all who connect, TLS between neighbors or not; and so do those of paths.
func TestCircuitsInTurn(t *testing.T) {
	for name, plain := range map[string]bool{"with TLS": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			amongNATs(t, 2, fabric.PortRestricted(), func(t *testing.T, tn *town) {
				tn.change = append(tn.change, func(cfg *node.Config) { cfg.TLS = !plain })
				boris := tn.movesAs(nil, relaying)
				bruno := tn.movesAs(nil, relaying, boris)
				film := noise(6 << 20)
				clara := tn.movesAs(fstest.MapFS{"Blue Film.avi": file(film)}, asLeaf, boris, bruno)
				anna := tn.movesAs(nil, asLeaf, boris, bruno)
				tn.linked(anna, 2)
				tn.shares(clara, 1)
				tn.relayed(clara, 2)
				paths := clara.CountTurns()
				r := tn.finds(anna, "blue film", 1)
				end, err := clara.TakeTurn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if _, err := anna.Get(r, "", download.Terms{}); err != nil {
					t.Fatal(err)
				}
				tn.until("some seconds have passed", func() bool { return time.Since(began) > 5*time.Second })
				if have := anna.Downloads()[0].Have; have > 0 {
					t.Errorf("%d bytes came over a circuit that had no turn", have)
				}
				end()
				tn.finish(anna, r)
				tn.until("a path", func() bool { return tn.paths(clara).Opened == 1 })
				// The relay did not stand within 3 s, so a word came through a push proxy as well.
				if n := paths.Load(); n != 2 {
					t.Errorf("%d words and handshakes of paths had a turn", n)
				}
			})
		})
	}
}
