package node_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filbert/nat"
	"filbert/node"
	"filbert/transfer"
)

// deadLine is a network that nobody answers from, and that counts who is called.
type deadLine struct {
	node.Network
	dials *atomic.Int32
}

// DialContext implements node.Network.
func (s deadLine) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	s.dials.Add(1)
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestDialsAreHeld connects to many dead sources at once, of all transfers and by way of
// their push proxies: no more than a router bears, unless no router is on the way. Who
// had no turn is not remembered as one that failed.
func TestDialsAreHeld(t *testing.T) {
	for name, test := range map[string]struct {
		host [4]byte
		push bool
		want int32 // dials in two seconds, of 400
	}{
		"direct":          {[4]byte{9, 200, 1, 1}, false, 32 + 8},
		"push proxies":    {[4]byte{9, 200, 1, 1}, true, 32 + 8},
		"the own network": {[4]byte{10, 200, 1, 1}, false, 400},
	} {
		onFabric(t, func(t *testing.T, tn *town) {
			var dials atomic.Int32
			host := tn.host
			tn.host = func(i int) (node.Network, string) {
				network, listen := host(i)
				return deadLine{network, &dials}, listen
			}
			anna := tn.moves(nil)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second+time.Millisecond)
			defer cancel()
			var work sync.WaitGroup
			var crowded atomic.Int32
			for i := range 400 {
				to := test.host
				to[2], to[3] = byte(i>>8), byte(i)
				src := transfer.Source{Addr: netip.AddrPortFrom(netip.AddrFrom4(to), 7000), Push: test.push}
				if test.push {
					src.Servent, src.Proxies = [16]byte{1, byte(i >> 8), byte(i)}, []netip.AddrPort{src.Addr}
				}
				work.Go(func() {
					_, err := anna.Reach(ctx, src)
					if err == nil {
						t.Error("silence answered")
					}
					e, ok := anna.Explain(t.Context(), src)
					if ok != nil || len(e.Attempts) == 0 {
						return // pushed out of the memory, or had no turn
					}
					if errors.Is(err, nat.ErrCrowded) != (e.Attempts[0].Outcome == nat.GivenUp) {
						t.Errorf("%v is remembered as %+v", err, e.Attempts[0])
					}
					if e.Attempts[0].Outcome == nat.GivenUp {
						crowded.Add(1)
					}
				})
			}
			work.Wait()
			if got := dials.Load(); got != test.want {
				t.Errorf("%s: %d dials in two seconds, want %d", name, got, test.want)
			}
			if got := crowded.Load(); !test.push && got != 400-test.want {
				t.Errorf("%s: %d had no turn", name, got)
			}
		})
	}
}
