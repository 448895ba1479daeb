package portmap

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// TestBadAnswers has a router, or somebody in its name, answer wrongly; the right
// answer comes after that, or never.
func TestBadAnswers(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for name, test := range map[string]struct {
		speaks Method
		mangle func(p []byte) [][]byte
		works  bool
	}{
		"wrong nonce":            {PCP, func(p []byte) [][]byte { return [][]byte{flip(p, 24)} }, false},
		"wrong nonce, then ours": {PCP, func(p []byte) [][]byte { return [][]byte{flip(p, 24), p} }, true},
		"wrong protocol":         {PCP, func(p []byte) [][]byte { return [][]byte{flip(p, 36)} }, false},
		"wrong port":             {PCP, func(p []byte) [][]byte { return [][]byte{flip(p, 41)} }, false},
		"short":                  {PCP, func(p []byte) [][]byte { return [][]byte{p[:len(p)-4]} }, false},
		"our question":           {PCP, func(p []byte) [][]byte { return [][]byte{flip7(p)} }, false},
		"garbage first":          {PCP, func(p []byte) [][]byte { return append(garbage(random, 100), p) }, true},
		"nothing but garbage":    {PCP, func(p []byte) [][]byte { return garbage(random, 300) }, false},
		"twice":                  {PCP, func(p []byte) [][]byte { return [][]byte{p, p} }, true},
		"NAT-PMP short":          {NATPMP, func(p []byte) [][]byte { return [][]byte{p[:len(p)-1]} }, false},
		"NAT-PMP garbage first":  {NATPMP, func(p []byte) [][]byte { return append(garbage(random, 100), p) }, true},
		"NAT-PMP other opcode":   {NATPMP, func(p []byte) [][]byte { return [][]byte{flip(p, 1)} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, []Method{test.speaks}, func(w *world, _ *Config) { w.box.mangle = test.mangle }, func(w *world) {
				w.wait(time.Minute)
				if got := w.open(test.speaks) == 2; got != test.works {
					t.Errorf("%+v", w.mapper.Snapshot())
				}
				if s := w.mapper.Snapshot(); !test.works && len(s.Leases) > 0 {
					t.Errorf("%+v", s)
				}
				w.cancel()
				w.work.Wait()
			})
		})
	}
}

// flip changes a byte, where there is one.
func flip(p []byte, at int) []byte {
	if p = slices.Clone(p); at < len(p) {
		p[at] ^= 1
	}
	return p
}

// flip7 makes a question of an answer.
func flip7(p []byte) []byte {
	p = slices.Clone(p)
	p[1] &^= answerBit
	return p
}

func garbage(random *rand.Rand, n int) (out [][]byte) {
	for range n {
		p := make([]byte, random.IntN(80))
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		if len(p) > 2 && random.IntN(2) == 0 {
			p[0], p[1] = 2, 0x81
		}
		out = append(out, p)
	}
	return out
}

// TestSpoofed has a host of the same network answer every question that it sees, at
// once, as the router would; but not by its address.
func TestSpoofed(t *testing.T) {
	liar := netip.MustParseAddr("192.168.1.66")
	play(t, []Method{PCP}, func(w *world, c *Config) {
		conn, err := w.net.Host(liar).ListenPacket(w.Context(), "udp", netip.AddrPortFrom(liar, controlPort).String())
		if err != nil {
			w.Fatal(err)
		}
		w.Cleanup(func() { conn.Close() })
		listen := c.ListenPacket
		c.ListenPacket = func(ctx context.Context, network, address string) (net.PacketConn, error) {
			inner, err := listen(ctx, network, address)
			if err != nil {
				return nil, err
			}
			lie := appendPCP(nil, 3600, own, &mapping{proto: 6, internal: port, external: netip.MustParseAddrPort("9.6.6.6:666")})
			lie[1] |= answerBit
			for range 10 {
				conn.WriteTo(lie, inner.LocalAddr())
			}
			return inner, nil
		}
	}, func(w *world) {
		w.opened(PCP)
		w.wait(time.Hour)
		_, told := w.saw()
		for _, l := range told {
			if l.External.Addr() != outside {
				t.Errorf("told %+v", l)
			}
		}
		if s := w.mapper.Snapshot(); s.Strays == 0 || w.open(PCP) != 2 {
			t.Errorf("%+v", s)
		}
		w.ends()
	})
}

// TestFloodOfLies reads at most so many datagrams that are no answers.
func TestFloodOfLies(t *testing.T) {
	for _, test := range []struct {
		lies  int
		works bool
	}{{maxStrays - 1, true}, {maxStrays, false}, {maxStrays + 1, false}} {
		play(t, []Method{NATPMP}, func(w *world, _ *Config) {
			w.box.mangle = func(p []byte) (out [][]byte) {
				for range test.lies {
					out = append(out, []byte("x"))
				}
				return append(out, p)
			}
		}, func(w *world) {
			w.wait(20 * time.Second)
			if got := len(w.mapper.Leases()) == 2; got != test.works {
				t.Errorf("%d lies: %+v", test.lies, w.mapper.Snapshot())
			}
			w.cancel()
			w.work.Wait()
		})
	}
}

// TestManyDevices looks at so many UPnP devices and no more: one host answers with
// many locations of its own.
func TestManyDevices(t *testing.T) {
	for _, n := range []int{maxDevices - 1, maxDevices, maxDevices + 1, 100} {
		play(t, []Method{UPnP}, func(w *world, _ *Config) {
			w.box.set(func(b *box) { b.many, b.serve = n, refuseHTTP })
		}, func(w *world) {
			w.wait(10 * time.Second)
			if got := w.box.gets(); got != min(n, maxDevices) {
				t.Errorf("%d devices: %d looked at", n, got)
			}
			w.ends()
		})
	}
}

// TestNoGateway has hosts that are not on our way out answer a search.
func TestNoGateway(t *testing.T) {
	for _, addr := range []string{"9.9.9.9", "192.168.1.66"} {
		play(t, nil, func(w *world, c *Config) {
			host := netip.MustParseAddr(addr)
			b := boot(w, w.net.Host(host), host, outside, UPnP)
			w.Cleanup(b.shut)
			c.SSDP = netip.AddrPortFrom(host, ssdpPort)
		}, func(w *world) {
			w.wait(time.Minute)
			if s := w.mapper.Snapshot(); len(s.Leases) != 0 || s.Strays == 0 {
				t.Errorf("%+v", s)
			}
			w.ends()
		})
	}
}
