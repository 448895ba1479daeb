package portmap

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAnswerSize reads an answer by HTTP up to its limit, headers included.
func TestAnswerSize(t *testing.T) {
	for size, whole := range map[int]bool{maxAnswer - 1: true, maxAnswer: true, maxAnswer + 1: false, 2 * maxAnswer: false} {
		us, router := net.Pipe()
		var work sync.WaitGroup
		work.Go(func() {
			defer router.Close()
			router.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err := router.Read(make([]byte, 1000)); err != nil {
				t.Error(err)
			}
			head := "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
			body := size - len(fmt.Sprintf(head, size-50))
			io.WriteString(router, fmt.Sprintf(head, body)+strings.Repeat("x", body))
		})
		client := oneHost{host: gateway, dial: func(context.Context, string, string) (net.Conn, error) { return us, nil }}.client()
		response, err := client.Get("http://192.168.1.1/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if len(body) > maxAnswer || (err == nil) != whole {
			t.Errorf("of %d bytes: %d, %v", size, len(body), err)
		}
		response.Body.Close()
		work.Wait()
	}
}

// TestServices takes so many services of one router.
func TestServices(t *testing.T) {
	at, err := url.Parse("http://192.168.1.1/x")
	if err != nil {
		t.Fatal(err)
	}
	whole := (&box{}).describeLocked()
	from, to := strings.Index(whole, "<service>"), strings.Index(whole, "</serviceList>")
	for _, n := range []int{0, 1, maxServices - 1, maxServices, maxServices + 1, 100} {
		root, err := parseDescription(strings.NewReader(whole[:from]+strings.Repeat(whole[from:to], n)+whole[to:]), at)
		if err != nil {
			t.Fatal(err)
		}
		services, err := servicesOf(root, gateway, oneHost{host: gateway}.client())
		if len(services) != min(n, maxServices) || (err == nil) != (n > 0) {
			t.Errorf("of %d: %d, %v", n, len(services), err)
		}
	}
}

// TestDebts forgets the oldest.
func TestDebts(t *testing.T) {
	m := New(Config{Rand: rand.New(rand.NewPCG(1, 1))})
	for i := range 3 * maxDebts {
		m.owe(ip4, debt{grants: [protos]grant{{external: netip.AddrPortFrom(outside, uint16(i))}}})
		if n := len(m.debts[ip4]); n != min(i+1, maxDebts) || m.debts[ip4][n-1].grants[0].external.Port() != uint16(i) {
			t.Fatalf("after %d: %+v", i+1, m.debts[ip4])
		}
	}
}

// TestGatewaysAsked uses so many of those the system tells.
func TestGatewaysAsked(t *testing.T) {
	for _, n := range []int{maxGateways - 1, maxGateways, maxGateways + 1} {
		m := New(Config{Rand: rand.New(rand.NewPCG(1, 1)), Local: func(netip.Addr) (netip.Addr, error) { return own, nil },
			Gateways: func() (out []netip.Addr, err error) {
				for i := range n {
					out = append(out, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), netip.MustParseAddr("fe80::1"))
				}
				return out, nil
			}})
		if r := m.look(); len(r.gateways[ip4]) != min(n, maxGateways) || len(r.gateways[ip6]) != 1 {
			t.Errorf("of %d: %v", n, r.gateways)
		}
	}
}

// TestLifetime is held to its bounds.
func TestLifetime(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		0: time.Hour, -1: time.Hour, time.Millisecond: minLifetime, minLifetime - 1: minLifetime, minLifetime: minLifetime,
		time.Hour: time.Hour, time.Hour + 1: time.Hour, 1000 * time.Hour: time.Hour,
	} {
		if got := (Config{Lifetime: asked}).withDefaults().Lifetime; got != want {
			t.Errorf("%v: %v, want %v", asked, got, want)
		}
	}
}

// TestStubbornLook does not hold up the removal: a look from outside that does not
// end when it is told to.
func TestStubbornLook(t *testing.T) {
	play(t, []Method{PCP}, func(_ *world, c *Config) {
		c.Verify = func(context.Context, netip.AddrPort, Proto) error {
			pause(context.Background(), 30*time.Second)
			return nil
		}
	}, func(w *world) {
		w.within(time.Second, "mapped", func() bool { return w.box.entries() == 2 })
		w.cancel()
		w.within(time.Second, "removed", func() bool { return w.box.entries() == 0 })
		w.work.Wait()
	})
}
