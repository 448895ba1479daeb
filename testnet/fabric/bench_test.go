package fabric

import (
	"context"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/testnet/bubble"
)

// BenchmarkThousandHosts runs 1,000 hosts of 8 connections each in virtual time: an operation is 10 s of their chat,
// in which each of them sends 8 messages a second and forwards those it gets to all neighbors.
func BenchmarkThousandHosts(b *testing.B) {
	b.ReportAllocs()
	var events uint64
	var memory int64
	for b.Loop() {
		before := inUse()
		bubble.Run(func() {
			n := New(Config{Seed: 1, Settle: bubble.Wait})
			defer n.Close()
			chat(n, 1000, 8, 10*time.Second, time.Second, 1, false, func() { memory = inUse() - before })
			events += n.Trace().Total()
		})
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(memory)/1000, "B/host")
}

// BenchmarkIdleConnections measures what a connection costs that nobody uses, its two ends together, and those of its
// host that a node adds not included.
func BenchmarkIdleConnections(b *testing.B) {
	const connections = 4000
	var memory int64
	for b.Loop() {
		before := inUse()
		bubble.Run(func() {
			n := New(Config{Settle: bubble.Wait})
			defer n.Close()
			hosts := hostsOf(1, 1001)
			var open []net.Conn
			for i := range connections {
				from, to := n.Host(hosts[i%1000]), n.Host(hosts[(i+1+i/1000)%1000])
				c, s, err := connect(context.Background(), from, to)
				if err != nil {
					b.Fatal(err)
				}
				open = append(open, c, s)
			}
			memory = inUse() - before
			runtime.KeepAlive(open)
		})
	}
	b.ReportMetric(float64(memory)/connections, "B/conn")
	b.ReportMetric(connections*float64(b.N)/b.Elapsed().Seconds(), "connects/s")
}

// BenchmarkTransfer measures the bytes of one connection.
func BenchmarkTransfer(b *testing.B) {
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	bubble.Run(func() {
		n := New(Config{Settle: synctest.Wait})
		defer n.Close()
		from, to, err := connect(context.Background(), n.Host(alice), n.Host(bob))
		if err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() { io.Copy(io.Discard, to) })
		p := make([]byte, 1<<20)
		for range b.N {
			from.Write(p)
		}
		from.Close()
		wg.Wait()
	})
}

// inUse returns the bytes of live heap objects and of stacks.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
