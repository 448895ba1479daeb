package stun

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v2"

	"filbert/testnet/fabric"
)

// filberts are servers as filberts are: one port, which they do not tell.
var filberts = []string{"192.0.2.11:7000", "192.0.2.12:7000", "192.0.2.13:7000"}

// serveAll runs each as a server of its own.
func (w *world) serveAll(addrs ...string) (services []*Service) {
	w.Helper()
	for _, a := range addrs {
		s := NewService(NewServer(netip.AddrPort{}), w.socket(w.net.Host(at(a).Addr()), at(a).Port()))
		w.wg.Go(s.Run)
		services = append(services, s)
	}
	return services
}

func (w *world) lifetimeTest(h *fabric.Host, servers []string) LifetimeTest {
	t := LifetimeTest{Listen: listener(h)}
	for _, s := range servers {
		t.Servers = append(t.Servers, at(s))
	}
	return t
}

// TestLifetime finds how long a NAT keeps bindings, to lifetimeStep, and takes no more than servers give.
func TestLifetime(t *testing.T) {
	for _, inbound := range []bool{false, true} {
		for _, lives := range []time.Duration{4, 15, 30, 60, 120, 180, 290, 299, 301, 1200} {
			for n := 1; n <= len(filberts); n += 2 {
				lives := lives * time.Second
				inWorld(t, fabric.Config{}, func(w *world) {
					services := w.serveAll(filberts...)
					host := w.net.NAT(router, fabric.NATConfig{Filtering: fabric.AddressAndPortDependent, Lifetime: lives, InboundRefresh: inbound}).Host(inside)
					got, err := w.lifetimeTest(host, filberts[:n]).Narrow(w.Context(), Lasting{})
					if err != nil || !got.Known() || got.From > lives || got.To > 0 && got.To < lives-200*time.Millisecond || (got.To == 0) != (lives > maxLifetime) {
						w.Errorf("a lifetime of %v is %v; %v", lives, got, err)
					}
					took := time.Since(w.start).Round(time.Second)
					w.Logf("%v is found to be %v, by %d servers in %v", lives, got, n, took)
					if took > 75*time.Minute {
						w.Errorf("it took too long")
					}
					for i, s := range services {
						if stats := s.Stats(); stats.RefusedHost+stats.RefusedNetwork > 0 {
							w.Errorf("%v: server %d of %d refuses: %+v", lives, i, n, stats)
						}
					}
				})
			}
		}
	}
}

// TestLifetimeNATs has NATs that show each server another address, and two in a row.
func TestLifetimeNATs(t *testing.T) {
	within := func(w *world, host *fabric.Host, lives time.Duration) {
		w.Helper()
		w.serveAll(filberts...)
		got, err := w.lifetimeTest(host, filberts).Narrow(w.Context(), Lasting{})
		if err != nil || !got.Known() || got.From > lives || got.To < lives-200*time.Millisecond {
			w.Errorf("a lifetime of %v is %v; %v", lives, got, err)
		}
	}
	inWorld(t, fabric.Config{}, func(w *world) { within(w, w.net.NAT(router, fabric.Symmetric()).Host(inside), 2*time.Minute) })
	inWorld(t, fabric.Config{}, func(w *world) {
		short := fabric.PortRestricted()
		short.Lifetime = 40 * time.Second
		within(w, w.net.NAT(router, fabric.CGNAT()).NAT(netip.MustParseAddr("100.64.0.2"), short).Host(inside), 40*time.Second)
	})
}

// TestLifetimeServers has servers that are of no use: what they do not do is not taken for the NAT's doing.
func TestLifetimeServers(t *testing.T) {
	const lives = 30 * time.Second
	box := fabric.NATConfig{Filtering: fabric.AddressAndPortDependent, Lifetime: lives}
	right := func(l Lasting) bool { return l.Known() && l.From <= lives && l.To >= lives-200*time.Millisecond }
	for _, test := range []struct {
		name  string
		serve func(w *world)
		says  string
	}{
		{"nobody there", func(*world) {}, "no answer"},
		{"answers where it was asked from", func(w *world) {
			conn := w.socket(w.net.Host(at(filberts[0]).Addr()), at(filberts[0]).Port())
			w.respond(conn, func(_ int, m message, from netip.AddrPort) {
				if m.class == stun.ClassRequest {
					w.say(conn, from, message{class: stun.ClassSuccessResponse, id: m.id, mapped: from})
				}
			})
		}, "sends nothing to another port"},
		{"gone while it is silent", func(w *world) {
			w.serveAll(filberts[0])
			time.AfterFunc(time.Minute, func() { w.conns[0].Close() })
		}, "no answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, fabric.Config{}, func(w *world) {
				test.serve(w)
				host := w.net.NAT(router, box).Host(inside)
				got, err := w.lifetimeTest(host, filberts[:1]).Narrow(w.Context(), Lasting{})
				if err == nil || !strings.Contains(err.Error(), test.says) || got != (Lasting{}) {
					w.Errorf("it found %v; %v", got, err)
				}
				w.serveAll(filberts[2])
				if got, err := w.lifetimeTest(host, []string{filberts[0], filberts[2]}).Narrow(w.Context(), got); err != nil || !right(got) {
					w.Errorf("with one beside that is of use: %v, %v", got, err)
				}
			})
		})
	}
}

// TestLifetimeMoves has the NAT get another address: it is not the lifetime that kept the datagram out.
func TestLifetimeMoves(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		w.serveAll(filberts[0])
		box := w.net.NAT(router, fabric.PortRestricted())
		w.net.At(w.start.Add(time.Minute), fabric.Renumber{Box: router, To: netip.MustParseAddr("198.51.100.9")})
		got, err := w.lifetimeTest(box.Host(inside), filberts[:1]).Narrow(w.Context(), Lasting{})
		if err == nil || !strings.Contains(err.Error(), "our address was") || got != (Lasting{}) {
			w.Errorf("it found %v; %v", got, err)
		}
	})
}

// TestLifetimeEnds ends within a silence, and leaves no port behind.
func TestLifetimeEnds(t *testing.T) {
	inWorld(t, fabric.Config{}, func(w *world) {
		w.serveAll(filberts[0])
		host := w.net.NAT(router, fabric.PortRestricted()).Host(inside)
		open := 0
		test := w.lifetimeTest(host, filberts[:1])
		test.Listen = func(ctx context.Context) (net.PacketConn, error) {
			c, err := host.ListenPacket(ctx, "udp", ":0")
			open++
			return closes{c, &open}, err
		}
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		if got, err := test.Narrow(ctx, Lasting{}); err == nil || got != (Lasting{}) || open != 0 {
			w.Errorf("%v, %v, %d ports are open", got, err, open)
		}
		w.wantClock(time.Minute)
		if _, err := (LifetimeTest{}).Narrow(w.Context(), Lasting{}); err == nil {
			w.Error("no servers: no error")
		}
	})
}

type closes struct {
	net.PacketConn
	open *int
}

func (c closes) Close() error {
	*c.open--
	return c.PacketConn.Close()
}

// TestLossyLifetime counts how often a lifetime is taken for another at a loss of 2 % each way.
func TestLossyLifetime(t *testing.T) {
	const runs = 20
	wrong := 0
	for seed := range uint64(runs) {
		inWorld(t, fabric.Config{Seed: seed, Loss: fabric.LossRate(0.02)}, func(w *world) {
			w.serveAll(filberts...)
			host := w.net.NAT(router, fabric.NATConfig{Lifetime: 30 * time.Second}).Host(inside)
			got, err := w.lifetimeTest(host, filberts).Narrow(w.Context(), Lasting{})
			if err != nil || got.From > 30*time.Second || got.To < 29800*time.Millisecond {
				w.Logf("%v, %v", got, err)
				wrong++
			}
		})
	}
	if wrong > 1 {
		t.Errorf("wrong in %d of %d runs", wrong, runs)
	}
}

func TestLastingSays(t *testing.T) {
	for want, l := range map[string]Lasting{
		"unknown": {}, "300 s or more": {From: maxLifetime}, "less than 5 s": {To: 4700 * time.Millisecond}, "28 to 33 s": {28 * time.Second, 33 * time.Second},
	} {
		if got := l.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
