package natlab

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rs/zerolog"

	"filbert/node/events"
	"filbert/overlay"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// A new address of the router: how long the old one may be told to others (THREATS T24), and until the new one is.
const (
	oldToldFor = 90 * time.Second
	newKnownIn = 2 * time.Minute
)

// TestRenumber has the carrier give a router another address while a node behind it is idle. Others hear of the old one
// for no longer than they may, of the new one once somebody outside has seen it, and of no third.
func TestRenumber(t *testing.T) {
	oneProcessor(t)
	for _, k := range []Kind{PortRestricted, Symmetric, Mapped} {
		for idle := 10 * time.Minute; idle < 11*time.Minute; idle += 20 * time.Second {
			dir := t.TempDir()
			t.Run(fmt.Sprintf("%v/%v", k, idle), func(t *testing.T) {
				bubble.Test(t, func(t *testing.T) {
					net := newSimulated(false)
					l := &lab{net: net, dir: dir, log: zerolog.Nop()}
					defer net.Close()
					defer l.close()
					if err := renumber(t, l, net, k, idle); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

func renumber(t *testing.T, l *lab, net *simulated, k Kind, idle time.Duration) error {
	seeds, err := l.seeds()
	if err != nil {
		return err
	}
	number := l.count + 1
	n, err := l.movesTo(k, spot{number: number}, overlay.ModeLeaf, fstest.MapFS{"Blue Film.avi": {Data: []byte("film")}}, seeds...)
	if err != nil {
		return err
	}
	told := func() (netip.Addr, bool) {
		s, err := n.Status(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return s.Overlay.External, s.Overlay.TCP.Open
	}
	before, after := public(number, false), public(200, false)
	if err := until(func() bool { at, open := told(); return at == before && open == (k == Mapped) && ready(n, 1) }); err != nil {
		return fmt.Errorf("at first: %w", err)
	}
	time.Sleep(idle)
	net.At(time.Now(), fabric.Renumber{Box: before, To: after})
	for _, g := range net.pcp {
		g.lost()
	}
	began := time.Now()
	var old, known time.Duration
	for time.Since(began) < 10*time.Minute {
		time.Sleep(time.Second)
		switch at, open := told(); {
		case at == before:
			old = time.Since(began)
		case at == after && open == (k == Mapped) && known == 0:
			known = time.Since(began)
		case at.IsValid() && at != after:
			t.Errorf("after %v it is at %v", time.Since(began), at)
		}
	}
	t.Logf("the old address is told for %v, the new one from %v on", old, known)
	if old > oldToldFor || known == 0 || known > newKnownIn {
		t.Errorf("the old address is told for %v, the new one from %v on", old, known)
	}
	at, mapped := "", false
	list, _ := n.Events().After(0)
	for _, e := range list {
		switch e.Kind {
		case events.AddressChanged:
			at = e.Who
		case events.MappingMade:
			mapped = true
		}
	}
	if at != after.String() || mapped != (k == Mapped) {
		t.Errorf("what happened: it is at %s, and the router leads there: %v", at, mapped)
	}
	r, err := find(seeds[0])
	if err != nil {
		return err
	}
	if s := r.Sources[0]; s.Addr != netip.AddrPortFrom(after, port) || s.Push != (k != Mapped) {
		t.Errorf("hits name %v, push %v", s.Addr, s.Push)
	}
	return nil
}
