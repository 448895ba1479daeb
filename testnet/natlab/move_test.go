package natlab

import (
	"context"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rs/zerolog"

	"filbert/overlay"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// movedIn is how long a machine that comes to another network may not be connected to at the
// port that the router there forwards (THREATS F14).
const movedIn = time.Minute

// TestMovesToAnotherRouter has a machine come from behind one router that forwards its port to behind another.
func TestMovesToAnotherRouter(t *testing.T) {
	oneProcessor(t)
	dir := t.TempDir()
	bubble.Test(t, func(t *testing.T) {
		net := newSimulated(false)
		l := &lab{net: net, dir: dir, log: zerolog.Nop()}
		defer net.Close()
		defer l.close()
		seeds, err := l.seeds()
		if err != nil {
			t.Fatal(err)
		}
		here, there := spot{number: l.count + 1}, spot{number: 60}
		l.any = true
		n, err := l.movesTo(Mapped, here, overlay.ModeLeaf, fstest.MapFS{"Blue Film.avi": {Data: []byte("film")}}, seeds...)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := net.host(Mapped, spot{number: there.number, shared: true}); err != nil {
			t.Fatal(err)
		}
		open := func(number byte) func() bool {
			return func() bool {
				s, err := n.Status(context.Background())
				return err == nil && s.Overlay.External == public(number, false) && s.Overlay.TCP.Open
			}
		}
		if err := until(open(here.number)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		there.second = true
		net.At(time.Now(), fabric.Move{Host: home(here, false), To: home(there, false), Behind: net.boxes[there.number]})
		began := time.Now()
		if err := until(open(there.number)); err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		r, err := find(seeds[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("connected to where it is after %v", took)
		if s := r.Sources[0]; took > movedIn || s.Addr.Addr() != public(there.number, false) || s.Push {
			t.Errorf("after %v hits name %v, push %v", took, s.Addr, s.Push)
		}
		time.Sleep(5 * time.Minute)
		if !open(there.number)() {
			t.Error("it did not stay so")
		}
	})
}
