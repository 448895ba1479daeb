package fabric

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// lost returns which of 200 datagrams from alice to bob get lost, while busy hosts talk as well.
func lost(t *testing.T, seed uint64, busy int) (numbers []int) {
	t.Helper()
	inBubble(t, Config{Seed: seed, Loss: LossRate(0.2)}, func(t *pair) {
		u, v := t.sockets()
		var wg sync.WaitGroup
		for i := range busy {
			other := mustListenPacket(t.T, t.net.Host(netip.AddrFrom4([4]byte{10, 1, 0, byte(i)})))
			wg.Go(func() {
				for range 100 {
					other.WriteTo([]byte("noise"), udpAt(t.bob, v))
					u.WriteTo([]byte("noise"), udpAt(t.net.Host(carol), v))
					t.wait(time.Second)
				}
			})
		}
		for i := range 200 {
			u.WriteTo(fmt.Append(nil, i), udpAt(t.bob, v))
			t.wait(time.Second / 2)
		}
		wg.Wait()
		for _, ev := range t.net.Trace().Events() {
			if ev.From.Addr() == alice && ev.To.Addr() == bob && ev.Drop == DropLoss {
				numbers = append(numbers, int(ev.N))
			}
		}
	})
	return numbers
}

// TestLossIsOfTheLink wants the loss of a link to be a function of seed, link and number, whatever others send.
func TestLossIsOfTheLink(t *testing.T) {
	quiet := lost(t, 1, 0)
	if n := len(quiet); n < 20 || n > 60 {
		t.Errorf("%d of 200 datagrams lost at a rate of 0.2", n)
	}
	if busy := lost(t, 1, 3); !slices.Equal(busy, quiet) {
		t.Errorf("lost %v among others, %v alone", busy, quiet)
	}
	if other := lost(t, 2, 0); slices.Equal(other, quiet) {
		t.Errorf("seeds 1 and 2 lose the same datagrams: %v", quiet)
	}
	link := newLink(1, alice, bob)
	for i := range 200 {
		if loses := LossRate(0.2)(link.draw(uint64(i), forLoss)); loses != slices.Contains(quiet, i) {
			t.Errorf("datagram %d: the function says %v", i, loses)
		}
	}
}

func TestDatagramsOvertake(t *testing.T) {
	inBubble(t, Config{Latency: Uniform(0, time.Second)}, func(t *pair) {
		u, v := t.sockets()
		for i := range 20 {
			u.WriteTo([]byte{byte(i)}, udpAt(t.bob, v))
		}
		var order []byte
		for range 20 {
			p := make([]byte, 1)
			if _, _, err := v.ReadFrom(p); err != nil {
				t.Fatal(err)
			}
			order = append(order, p...)
		}
		if slices.IsSorted(order) {
			t.Error("20 datagrams of random latency arrived in order")
		}
	})
}

// TestMTU has a datagram vanish that does not fit into a packet.
func TestMTU(t *testing.T) {
	const fits = 1280 - ipv4Header - udpHeader
	inBubble(t, Config{MTU: 1280}, func(t *pair) {
		u, v := t.sockets()
		for size := fits - 1; size <= fits+1; size++ {
			if n, err := u.WriteTo(make([]byte, size), udpAt(t.bob, v)); n != size || err != nil {
				t.Errorf("write of %d bytes = %d, %v", size, n, err)
			}
		}
		t.wait(time.Second)
		t.wantDrops(DropMTU, 1)
		if got := t.net.Stats().Datagrams; got != 2 {
			t.Errorf("%d datagrams arrived, want 2", got)
		}
	})
}

// TestLargestDatagram has the socket refuse what no MTU could carry.
func TestLargestDatagram(t *testing.T) {
	inBubble(t, Config{MTU: 1 << 16}, func(t *pair) {
		u, v := t.sockets()
		for size := maxDatagram - 1; size <= maxDatagram+1; size++ {
			_, err := u.WriteTo(make([]byte, size), udpAt(t.bob, v))
			if refused := errors.Is(err, syscall.EMSGSIZE); refused != (size > maxDatagram) {
				t.Errorf("write of %d bytes: %v", size, err)
			}
		}
		for size := maxDatagram - 1; size <= maxDatagram; size++ {
			if n, _, err := v.ReadFrom(make([]byte, 1<<16)); n != size || err != nil {
				t.Errorf("read %d bytes, %v; want %d", n, err, size)
			}
		}
	})
}

func TestReceiveQueue(t *testing.T) {
	const size = 300
	const fit = receiveQueue / (size + datagramOverhead)
	for _, n := range []int{fit - 1, fit, fit + 1} {
		inBubble(t, Config{}, func(t *pair) {
			u, v := t.sockets()
			for range n {
				u.WriteTo(make([]byte, size), udpAt(t.bob, v))
			}
			t.wait(time.Second)
			t.wantDrops(DropQueue, uint64(max(0, n-fit)))
			v.ReadFrom(nil)
			u.WriteTo(make([]byte, size), udpAt(t.bob, v))
			t.wait(time.Second)
			t.wantDrops(DropQueue, uint64(max(0, n-fit)))
		})
	}
}

// TestFloodLetsTimePass has a socket that writes without end block, and go on as its datagrams arrive.
func TestFloodLetsTimePass(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		u, v := t.sockets()
		u.SetWriteDeadline(time.Now().Add(time.Second))
		for i := 0; ; i++ {
			_, err := u.WriteTo(nil, udpAt(t.bob, v))
			if i == socketInFlight {
				t.wantClock("the first write that blocked", 50*time.Millisecond)
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.wantClock("timeout", time.Second)
				if i != 20*socketInFlight {
					t.Errorf("%d datagrams written in 20 latencies, want %d", i, 20*socketInFlight)
				}
				return
			}
		}
	})
}

func TestLinkQueueDropsDatagrams(t *testing.T) {
	inBubble(t, Config{Bandwidth: Rate(10_000)}, func(t *pair) {
		u, v := t.sockets()
		const size = 1000 - ipv4Header - udpHeader // 100 ms each
		for range 10 {
			u.WriteTo(make([]byte, size), udpAt(t.bob, v))
		}
		t.wait(time.Minute)
		t.wantDrops(DropLink, 4) // six: one leaves at once, five wait
	})
}

func TestDatagramToNobody(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		u, v := t.sockets()
		v.Close()
		u.WriteTo(nil, udpAt(t.bob, v))
		u.WriteTo(nil, udpAt(t.net.Host(carol), v))
		u.WriteTo(nil, udpAt(&Host{addr: netip.MustParseAddr("192.0.2.1")}, v))
		t.wait(time.Second)
		t.wantDrops(DropClosed, 2)
		t.wantDrops(DropNoHost, 1)
		if got := t.net.Stats().Dropped(); got != 3 {
			t.Errorf("%d drops in all, want 3", got)
		}
	})
}
