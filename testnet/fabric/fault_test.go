package fabric

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestPartitionAndHeal(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		a, b := t.connect()
		u, v := t.sockets()
		wantWrite(t, a, "before ") // on its way when the link breaks
		t.wait(time.Millisecond)
		t.fault(Partition{Name: "split", A: []netip.Addr{alice}})
		wantWrite(t, a, "during ")
		wantWrite(t, b, "answer")
		u.WriteTo([]byte("lost"), udpAt(t.bob, v))
		wantRead(t, b, "before ")
		b.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read through a partition: %v", err)
		}
		b.SetReadDeadline(time.Time{})
		t.wantDrops(DropPartition, 1)

		healed := time.Now()
		t.fault(Heal{"split"})
		wantWrite(t, a, "after")
		wantRead(t, b, "during after")
		wantRead(t, a, "answer")
		if took := time.Since(healed).Round(time.Millisecond); took != 50*time.Millisecond {
			t.Errorf("data arrived %v after the heal, want a latency", took)
		}
		u.WriteTo([]byte("found"), udpAt(t.bob, v))
		wantDatagrams(t, v, "found")
	})
}

// TestOneWayPartition has the way back open, until the window of the other side is full without acknowledgements.
func TestOneWayPartition(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		a, b := t.connect()
		u, v := t.sockets()
		t.fault(Partition{Name: "deaf", A: []netip.Addr{alice}, B: []netip.Addr{bob}, OneWay: true})
		wantWrite(t, a, "unheard")
		wantWrite(t, b, "heard")
		wantRead(t, a, "heard")
		u.WriteTo([]byte("unheard"), udpAt(t.bob, v))
		v.WriteTo([]byte("heard"), udpAt(t.alice, u))
		wantDatagrams(t, u, "heard")
		wantDatagrams(t, v)

		var wg sync.WaitGroup
		wg.Go(func() { io.Copy(io.Discard, a) })
		b.SetWriteDeadline(time.Now().Add(time.Minute))
		n, err := b.Write(make([]byte, 1<<20))
		if want := receiveWindow - len("heard") + sendBuffer; n != want || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write without acknowledgements = %d, %v; want %d and a timeout", n, err, want)
		}
		t.fault(Heal{"deaf"})
		wantRead(t, b, "unheard")
		b.Close()
		wg.Wait()
	})
}

func TestPartitionSparesOthers(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		c := t.net.Host(carol)
		a, b := t.connect()
		x, y := mustConnect(t.T, t.alice, c)
		t.fault(Partition{Name: "one", A: []netip.Addr{alice}, B: []netip.Addr{bob}})
		t.fault(Partition{Name: "two", A: []netip.Addr{alice}, B: []netip.Addr{bob}})
		wantWrite(t, x, "through")
		wantRead(t, y, "through")
		wantWrite(t, a, "waits")
		t.fault(Heal{"one"})
		t.fault(Heal{"no such"})
		b.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read through the other partition: %v", err)
		}
		b.SetReadDeadline(time.Time{})
		t.fault(Heal{"two"})
		wantRead(t, b, "waits")
	})
}

func TestDialThroughPartition(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		l := mustListen(t.T, t.bob, ":6346")
		t.net.At(time.Now(), Partition{Name: "split", A: []netip.Addr{alice}})
		t.net.At(time.Now().Add(10*time.Second), Heal{"split"})
		t.wait(time.Second)
		if _, err := t.alice.DialContext(t.Context(), "tcp", "10.0.0.2:6346"); err != nil {
			t.Fatal(err)
		}
		t.wantClock("dial", 10100*time.Millisecond)
		if _, err := l.Accept(); err != nil {
			t.Error(err)
		}
	})
}

func TestHoldingPartition(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		u, v := t.sockets()
		t.fault(Partition{Name: "pause", A: []netip.Addr{alice}, B: []netip.Addr{bob}, Hold: true})
		u.WriteTo([]byte("one"), udpAt(t.bob, v))
		u.WriteTo([]byte("two"), udpAt(t.bob, v))
		wantDatagrams(t, v)
		t.fault(Heal{"pause"})
		wantDatagrams(t, v, "one", "two")

		t.fault(Partition{Name: "pause", A: []netip.Addr{alice}, B: []netip.Addr{bob}, Hold: true})
		for range heldDatagrams + 1 {
			u.WriteTo([]byte("x"), udpAt(t.bob, v))
		}
		t.wait(time.Second)
		t.wantDrops(DropPartition, 1)
	})
}

func TestKillSilently(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		a, b := t.connect()
		l := mustListen(t.T, t.bob, ":6346")
		var wg sync.WaitGroup
		ended := func(what string, f func() error) {
			wg.Go(func() {
				if err := f(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("%s on the dead host: %v, want net.ErrClosed", what, err)
				}
			})
		}
		ended("read", func() error { _, err := b.Read(make([]byte, 1)); return err })
		ended("accept", func() error { _, err := l.Accept(); return err })
		ended("dial", func() error { _, err := t.bob.DialContext(t.Context(), "tcp", "192.0.2.1:1"); return err })
		t.fault(Kill{Host: bob})
		ended("listen", func() error { _, err := t.bob.Listen(t.Context(), "tcp", ":1"); return err })
		ended("dial", func() error { _, err := t.bob.DialContext(t.Context(), "tcp", "10.0.0.1:1"); return err })
		wg.Wait()

		wantWrite(t, a, "anybody there?")
		a.SetReadDeadline(time.Now().Add(24 * time.Hour))
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read from a dead machine: %v, want silence", err)
		}
		t.wantDrops(DropNoHost, 2) // alice's write, bob's dial

		// The machine comes back and knows nothing.
		a.SetReadDeadline(time.Time{})
		again := t.net.Host(bob)
		if again == t.bob {
			t.Fatal("the dead host is back")
		}
		mustListen(t.T, again, ":6346")
		wantWrite(t, a, "hello?")
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read from a machine that started anew: %v, want a reset", err)
		}
		if _, err := t.alice.DialContext(t.Context(), "tcp", "10.0.0.2:6346"); err != nil {
			t.Errorf("dial the new host: %v", err)
		}
	})
}

func TestKillWithResets(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		a, b := t.connect()
		wantWrite(t, b, "last words")
		t.wait(10 * time.Millisecond)
		t.start = time.Now()
		t.net.At(time.Now(), Kill{Host: bob, Reset: true})
		wantRead(t, a, "last words")
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read from a killed process: %v, want a reset", err)
		}
		t.wantClock("reset", 50*time.Millisecond)
	})
}

func TestKillDuringHandshake(t *testing.T) {
	for d := range 4 {
		inBubble(t, Config{}, func(t *pair) {
			l := mustListen(t.T, t.bob, ":6346")
			t.net.At(time.Now().Add(time.Duration(d)*50*time.Millisecond), Kill{Host: alice})
			t.alice.DialContext(t.Context(), "tcp", "10.0.0.2:6346")
			t.wait(time.Hour)
			if n := halfOpen(l); n != 0 {
				t.Errorf("killed after %d latencies: %d half open connections remain", d, n)
			}
		})
	}
}

func TestPauseAndResume(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		a, b := t.connect()
		mustListen(t.T, t.bob, ":6346")
		t.fault(Pause{bob})
		t.start = time.Now()
		wantWrite(t, a, "to bob")
		wantWrite(t, b, "from bob")
		t.net.At(t.start.Add(10*time.Second), Resume{bob})
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := t.alice.DialContext(t.Context(), "tcp", "10.0.0.2:6346"); err != nil {
				t.Error(err)
			}
			t.wantClock("dial", 10*time.Second+50*time.Millisecond)
		})
		wg.Go(func() {
			wantRead(t, b, "to bob")
			t.wantClock("what had arrived", 10*time.Second)
		})
		wantRead(t, a, "from bob")
		t.wantClock("what was held back", 10*time.Second+50*time.Millisecond)
		wg.Wait()
	})
}

func TestPauseHoldsDatagrams(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		u, v := t.sockets()
		t.fault(Pause{bob})
		u.WriteTo([]byte("to bob"), udpAt(t.bob, v))
		v.WriteTo([]byte("from bob"), udpAt(t.alice, u))
		wantDatagrams(t, u)
		wantDatagrams(t, v)
		t.fault(Resume{bob})
		wantDatagrams(t, u, "from bob")
		wantDatagrams(t, v, "to bob")

		t.fault(Pause{bob})
		for range heldDatagrams + 1 {
			u.WriteTo(nil, udpAt(t.bob, v))
		}
		t.wait(time.Second)
		t.wantDrops(DropPaused, 1)
		v.SetWriteDeadline(time.Now().Add(time.Second))
		for i := range socketInFlight + 1 { // nothing leaves a paused host, so its socket fills
			_, err := v.WriteTo(nil, udpAt(t.alice, u))
			if blocked := errors.Is(err, os.ErrDeadlineExceeded); blocked != (i == socketInFlight) {
				t.Fatalf("write %d of a paused host: %v", i, err)
			}
		}
	})
}

func TestFaultsOfOneInstant(t *testing.T) {
	inBubble(t, Config{}, func(t *pair) {
		a, b := t.connect()
		wantWrite(t, a, "x")
		when := time.Now().Add(50 * time.Millisecond) // as the segment arrives
		for _, f := range []Fault{Pause{bob}, Resume{bob}, Pause{bob}, Pause{carol}, Resume{carol}, Kill{Host: carol}} {
			t.net.At(when, f)
		}
		b.SetReadDeadline(when.Add(time.Second))
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read by a paused host: %v", err)
		}
		var got string
		for _, ev := range t.net.Trace().Events() {
			if ev.Kind == Faulted {
				got += ev.Fault + "; "
			}
		}
		want := "pause 10.0.0.2; resume 10.0.0.2; pause 10.0.0.2; pause 10.0.0.3; resume 10.0.0.3; kill 10.0.0.3; "
		if got != want {
			t.Errorf("faults: %s\nwant:   %s", got, want)
		}
	})
}
