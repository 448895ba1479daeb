package fabric

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// chatTrace returns the trace of 100 chatters with everything that goes wrong.
func chatTrace(t *testing.T, seed uint64) (trace *Trace) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := New(Config{
			Seed: seed, Settle: synctest.Wait, Loss: LossRate(0.1), Bandwidth: Rate(20_000), Segment: 50,
		})
		defer n.Close()
		start := time.Now()
		n.At(start.Add(3*time.Second), Partition{Name: "west", A: hostsOf(10, 20), OneWay: true})
		n.At(start.Add(5*time.Second), Heal{"west"})
		n.At(start.Add(4*time.Second), Pause{hostsOf(30, 31)[0]})
		n.At(start.Add(6*time.Second), Resume{hostsOf(30, 31)[0]})
		n.At(start.Add(7*time.Second), Kill{hostsOf(40, 41)[0], true})
		n.At(start.Add(7*time.Second), Kill{hostsOf(41, 42)[0], false})
		chat(n, 100, 6, 12*time.Second, 2*time.Second, 2, true, func() {})
		trace = n.Trace()
	})
	return trace
}

func TestSameSeedSameTrace(t *testing.T) {
	first := chatTrace(t, 1)
	if second := chatTrace(t, 1); second.Hash() != first.Hash() {
		t.Errorf("seed 1 twice: hash %x of %d events, then %x of %d", first.Hash(), first.Total(), second.Hash(), second.Total())
	}
	if other := chatTrace(t, 2); other.Hash() == first.Hash() {
		t.Errorf("seeds 1 and 2 have the same hash %x", other.Hash())
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if alone := chatTrace(t, 1); alone.Hash() != first.Hash() {
		t.Errorf("on one processor: hash %x of %d events, want %x of %d", alone.Hash(), alone.Total(), first.Hash(), first.Total())
	}
	for kind, n := range first.Counts {
		if n == 0 && kind != 0 && Kind(kind) != Window {
			t.Errorf("the chat had no %v: it does not test much", Kind(kind))
		}
	}
}

func TestTraceShowsFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(Config{Seed: 7, Settle: synctest.Wait, Latency: Constant(time.Second), Keep: 5, Replay: "filbert testnet -seed 7"})
		defer n.Close()
		client, server := mustConnect(t, n.Host(alice), n.Host(bob))
		server.Write([]byte("he"))
		server.Write([]byte("llo"))
		time.Sleep(2 * time.Second)
		n.At(time.Now(), Partition{A: hostsOf(1, 9), B: hostsOf(9, 10), Name: "split"})
		client.Close()
		time.Sleep(2 * time.Second)
		var b strings.Builder
		if written, err := n.Trace().WriteTo(&b); err != nil || written != int64(b.Len()) {
			t.Errorf("WriteTo = %d, %v; wrote %d bytes", written, err, b.Len())
		}
		got := strings.Split(b.String(), "\n")
		want := []string{
			"fabric: seed 7, 7 events, hash ",
			"replay: filbert testnet -seed 7",
			"... 2 events before these were not kept",
			"      2.000000         10.0.0.2:50313 -> 10.0.0.1:63378        SYN-ACK #0",
			"      3.000000         10.0.0.1:63378 -> 10.0.0.2:50313        ACK     #2",
			"      4.000000         10.0.0.2:50313 -> 10.0.0.1:63378        DATA    #1 5 B 9a71bb4c",
			"      5.000000  *** partition \"split\": 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, and 4 more <-> 10.0.0.9",
			"      6.000000         10.0.0.1:63378 -> 10.0.0.2:50313        RST     #3",
		}
		for i, w := range want {
			if !strings.HasPrefix(got[i], w) {
				t.Errorf("line %d is %q, want prefix %q", i, got[i], w)
			}
		}
	})
}
