package natlab

import (
	"context"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rs/zerolog"

	"filbert/overlay"
)

// TestRealMoves unplugs a machine from one box and plugs it into another, between network
// namespaces: it is known where it is, and reached over relays again.
func TestRealMoves(t *testing.T) {
	needSpaces(t)
	net, err := newSpaces(false)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{net: net, dir: t.TempDir(), log: zerolog.Nop()}
	defer net.Close()
	defer l.close()
	seeds, err := l.seeds()
	if err != nil {
		t.Fatal(err)
	}
	l.any = true
	here, there := spot{number: l.count + 1}, spot{number: 60}
	n, err := l.movesTo(PortRestricted, here, overlay.ModeLeaf, fstest.MapFS{"Blue Film.avi": {Data: []byte("film")}}, seeds...)
	if err != nil {
		t.Fatal(err)
	}
	machine := net.all[len(net.all)-1]
	if _, _, err := net.host(PortRestricted, there); err != nil {
		t.Fatal(err)
	}
	box := net.all[len(net.all)-2]
	reached := func(number byte) func() bool {
		return func() bool {
			s, err := n.Status(context.Background())
			return err == nil && s.Overlay.External == public(number, false) && len(s.Relay.At) == 2 && len(s.Overlay.Neighbors) == ultrapeers
		}
	}
	if err := until(reached(here.number)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := box.run(nil, "ip link del lan"); err != nil {
		t.Fatal(err)
	}
	if err := machine.run(nil, "ip link del wan"); err != nil {
		t.Fatal(err)
	}
	if err := net.join(box, "lan", machine, home(there, false)); err != nil {
		t.Fatal(err)
	}
	if err := until(reached(there.number)); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	r, err := find(seeds[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("it is reached after %v", took)
	if s := r.Sources[0]; s.Addr.Addr() != public(there.number, false) || len(s.Relays) == 0 {
		t.Errorf("hits name %v, relays %v", s.Addr, s.Relays)
	}
}
