package tlslink

import (
	"errors"
	"net"
	"runtime"
	"testing"
)

// TestMemory holds the figure of the package comment: what an end of a connection
// keeps once it has carried something.
func TestMemory(t *testing.T) {
	const links = 40
	ours, theirs := New(certificate(t, 1, 10)), New(certificate(t, 2, 10))
	var keep []net.Conn
	text := make([]byte, 4096)
	before := heap()
	for range links {
		a, b, errA, errB := conversation(t, ours.client(t.Context()), theirs.server(t.Context()))
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
			done := make(chan error)
			go func() { _, err := way[0].Write(text); done <- err }()
			for n := 0; n < len(text); {
				got, err := way[1].Read(make([]byte, len(text)))
				if n += got; err != nil {
					t.Fatal(err)
				}
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		keep = append(keep, a, b)
	}
	each := (heap() - before) / (2 * links)
	runtime.KeepAlive(keep)
	t.Logf("an end holds %d bytes", each)
	if each > 24<<10 {
		t.Errorf("an end holds %d bytes", each)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
