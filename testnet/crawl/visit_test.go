package crawl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/overlay/wire"
	"filbert/testnet/bubble"
	"filbert/testnet/fabric"
)

// village is a few hosts that each know one way to be asked.
type village struct {
	t    *testing.T
	net  *fabric.Net
	work sync.WaitGroup
	stop []io.Closer
}

// inVillage runs play in virtual time.
func inVillage(t *testing.T, play func(v *village)) {
	synctest.Test(t, func(t *testing.T) {
		v := &village{t: t, net: fabric.New(fabric.Config{Seed: 1, Latency: fabric.Constant(30 * time.Millisecond), Settle: bubble.Wait})}
		play(v)
		for _, c := range v.stop {
			c.Close()
		}
		v.work.Wait()
		v.net.Close()
	})
}

// at is the network of a host.
func (v *village) at(addr string) *fabric.Host {
	return v.net.Host(netip.MustParseAddrPort(addr).Addr())
}

// talks has a host take connections and talk on them.
func (v *village) talks(addr string, talk func(conn net.Conn, r *bufio.Reader)) {
	l, err := v.at(addr).Listen(v.t.Context(), "tcp", addr)
	if err != nil {
		v.t.Fatal(err)
	}
	v.stop = append(v.stop, l)
	v.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			v.work.Go(func() {
				defer conn.Close()
				talk(conn, bufio.NewReader(conn))
			})
		}
	})
}

// hears reads a header block and returns it.
func hears(r *bufio.Reader) string {
	block := ""
	for {
		line, err := r.ReadString('\n')
		if block += line; err != nil || line == "\r\n" {
			return block
		}
	}
}

// answersHeader is a host that knows crawlers.
func answersHeader(text string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, r *bufio.Reader) {
		if strings.Contains(hears(r), "Crawler: 0.1\r\n") {
			io.WriteString(conn, text)
		}
	}
}

// answersDatagrams has a host answer crawler pings with LIME/6.
func (v *village) answersDatagrams(addr string, pong []byte) {
	pc, err := v.at(addr).ListenPacket(v.t.Context(), "udp", addr)
	if err != nil {
		v.t.Fatal(err)
	}
	v.stop = append(v.stop, pc)
	v.work.Go(func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			f, _, err := wire.SplitFrame(buf[:n])
			if err != nil || f.Type() != wire.TypeVendor || string(f.Payload()[:4]) != "LIME" {
				v.t.Errorf("%s got %x", addr, buf[:n])
				continue
			}
			garbage := wire.AppendFrame(nil, wire.GUID{9}, 1, 0, &wire.Vendor{ID: wire.VendorCrawlerPong, Data: pong})
			pc.WriteTo(garbage, from)
			pc.WriteTo([]byte("garbage"), from)
			pc.WriteTo(wire.AppendFrame(nil, f.GUID(), 1, 0, &wire.Vendor{ID: wire.VendorCrawlerPong, Data: []byte{1}}), from)
			pc.WriteTo(wire.AppendFrame(nil, f.GUID(), 1, 0, &wire.Vendor{ID: wire.VendorCrawlerPong, Data: pong}), from)
		}
	})
}

// crawls crawls from the host 9.9.9.9.
func (v *village) crawls(ctx context.Context, seeds ...string) (*Map, error) {
	return Crawl(ctx, Config{
		Seeds: addrs(seeds...), Agent: "test/1", Network: v.net.Host(netip.MustParseAddr("9.9.9.9")), Rand: rand.New(rand.NewPCG(1, 1)), Parallel: 3,
	})
}

// TestWays asks each host by the way it knows.
func TestWays(t *testing.T) {
	inVillage(t, func(v *village) {
		v.talks("9.1.0.1:7000", answersHeader("GNUTELLA/0.6 200 OK\r\nUser-Agent: Header/1\r\nX-Ultrapeer: True\r\nPeers: 9.2.0.1:7000\r\nLeaves: 9.1.0.9:7000\r\n\r\n"))
		v.talks("9.2.0.1:7000", func(conn net.Conn, r *bufio.Reader) { // full, but it answers datagrams
			hears(r)
			io.WriteString(conn, "GNUTELLA/0.6 503 Full\r\n\r\n")
		})
		v.answersDatagrams("9.2.0.1:7000", append(unhex(t, "010118 100e0000 09030001581b 09020009581b"), zipped("Three/3;Leaf/1;Two/2", false)...))
		v.talks("9.3.0.1:7000", func(conn net.Conn, r *bufio.Reader) { // knows neighbors only
			hears(r)
			io.WriteString(conn, "GNUTELLA/0.6 200 OK\r\nUser-Agent: Pings/1\r\nX-Ultrapeer: True\r\n\r\n")
			if got := hears(r); got != "GNUTELLA/0.6 200 OK\r\n\r\n" {
				t.Errorf("confirmed with %q", got)
			}
			var head [wire.HeaderLen]byte
			if _, err := io.ReadFull(r, head[:]); err != nil || head[16] != byte(wire.TypePing) || head[17] != 2 {
				t.Errorf("asked %x, %v", head, err)
			}
			pong := func(hops wire.Hops, addr string, kib uint32) {
				f := wire.AppendFrame(nil, wire.GUID(head[:16]), 1, hops, &wire.Pong{Addr: netip.MustParseAddrPort(addr), Files: 5, KiB: kib})
				conn.Write(f)
			}
			conn.Write(wire.AppendFrame(nil, wire.GUID{7}, 4, 0, &wire.Ping{})) // its own affairs
			pong(0, "9.3.0.1:7000", 8)
			pong(1, "9.4.0.1:7000", 16)
			time.Sleep(pongQuiet / 2)
			pong(1, "9.3.0.9:7000", 5)
			pong(2, "9.66.0.1:7000", 16)
			io.Copy(io.Discard, r)
		})
		m, err := v.crawls(v.t.Context(), "9.1.0.1:7000")
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.Nodes {
			m.Nodes[i].ID = 0
			m.Nodes[i].Error = strings.TrimPrefix(m.Nodes[i].Error, "dial tcp ")
		}
		want := []Node{
			{Addr: "9.1.0.1:7000", Role: Ultrapeer, Agent: "Header/1", Seed: true, Visited: true, Way: ByHeader},
			{Addr: "9.2.0.1:7000", Role: Ultrapeer, Agent: "Two/2", Depth: 1, Visited: true, Way: ByUDP, Uptime: 3600},
			{Addr: "9.1.0.9:7000", Role: Leaf, Depth: 1},
			{Addr: "9.3.0.1:7000", Role: Ultrapeer, Agent: "Pings/1", Depth: 2, Visited: true, Way: ByPings, Files: 5},
			{Addr: "9.2.0.9:7000", Role: Leaf, Agent: "Leaf/1", Depth: 2},
			{Addr: "9.4.0.1:7000", Role: Ultrapeer, Depth: 3, Error: "9.4.0.1:7000: i/o timeout"},
			{Addr: "9.3.0.9:7000", Role: Leaf, Depth: 3},
		}
		if !slices.Equal(m.Nodes, want) {
			t.Errorf("map\n%+v, want\n%+v", m.Nodes, want)
		}
		if got := fmt.Sprint(m.Edges); got != "[[0 1] [0 2] [1 3] [1 4] [3 5] [3 6]]" || !m.Complete {
			t.Errorf("links %s, complete %v", got, m.Complete)
		}
	})
}

// TestHostsThatWasteTime: what a host does costs a bounded time.
func TestHostsThatWasteTime(t *testing.T) {
	for name, talk := range map[string]func(net.Conn, *bufio.Reader){
		"says nothing": func(_ net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) },
		"hangs up":     func(net.Conn, *bufio.Reader) {},
		"dribbles": func(conn net.Conn, _ *bufio.Reader) {
			for _, err := io.WriteString(conn, "GNUTELLA/0.6 200 OK\r\n"); err == nil; _, err = io.WriteString(conn, "A: b\r\n") {
				time.Sleep(time.Second)
			}
		},
		"no pongs": func(conn net.Conn, r *bufio.Reader) {
			io.WriteString(conn, "GNUTELLA/0.6 200 OK\r\n\r\n")
			io.Copy(io.Discard, r)
		},
		"no messages": func(conn net.Conn, r *bufio.Reader) {
			hears(r)
			io.WriteString(conn, "GNUTELLA/0.6 200 OK\r\n\r\n")
			hears(r)
			io.WriteString(conn, strings.Repeat("\xff", 100))
			io.Copy(io.Discard, r)
		},
		"endless pongs": func(conn net.Conn, r *bufio.Reader) {
			hears(r)
			io.WriteString(conn, "GNUTELLA/0.6 200 OK\r\n\r\n")
			hears(r)
			var head [wire.HeaderLen]byte
			io.ReadFull(r, head[:])
			var err error
			for i := 0; err == nil; i++ {
				_, err = conn.Write(wire.AppendFrame(nil, wire.GUID(head[:16]), 1, 1, &wire.Pong{Addr: netip.AddrPortFrom(netip.MustParseAddr("9.1.0.1"), uint16(i)), KiB: 3}))
				time.Sleep(10 * time.Millisecond)
			}
		},
	} {
		inVillage(t, func(v *village) {
			v.talks("9.1.0.1:7000", talk)
			m, err := v.crawls(v.t.Context(), "9.1.0.1:7000")
			if err != nil {
				t.Fatal(err)
			}
			if n := m.Nodes[0]; n.Visited != (name == "endless pongs") || n.Visited == (n.Error != "") {
				t.Errorf("%s: %+v", name, n)
			}
			if limit := (helloTimeout + pongWait + datagramWait + time.Second).Seconds(); m.Seconds > limit {
				t.Errorf("%s took %v s", name, m.Seconds)
			}
		})
	}
}

// TestInterrupted tells what was found until then.
func TestInterrupted(t *testing.T) {
	inVillage(t, func(v *village) {
		v.talks("9.1.0.1:7000", answersHeader("GNUTELLA/0.6 200 OK\r\nPeers: 9.2.0.1:7000, 9.3.0.1:7000\r\n\r\n"))
		v.talks("9.2.0.1:7000", func(_ net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) })
		ctx, cancel := context.WithTimeout(v.t.Context(), 2*time.Second)
		defer cancel()
		m, err := v.crawls(ctx, "9.1.0.1:7000")
		if !errors.Is(err, context.DeadlineExceeded) || m == nil || len(m.Nodes) != 3 || m.Complete || m.Seconds > 3 {
			t.Errorf("%+v, %v", m, err)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no seeds": {}, "depth": {Seeds: addrs("192.0.2.1:1"), Depth: -1}, "max": {Seeds: addrs("192.0.2.1:1"), Max: maxVisits + 1},
		"parallel": {Seeds: addrs("192.0.2.1:1"), Parallel: maxParallel + 1},
	} {
		if _, err := Crawl(t.Context(), cfg); err == nil {
			t.Errorf("%s: crawls", name)
		}
	}
	cfg := Config{Seeds: addrs("192.0.2.1:1"), Depth: 0, Max: maxVisits, Parallel: maxParallel}
	if err := cfg.check(); err != nil {
		t.Error(err)
	}
}
