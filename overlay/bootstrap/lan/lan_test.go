package lan

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/mdns"
	"go.uber.org/goleak"

	"filbert/overlay/bootstrap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func discovery(seed uint64, listen string) *Discovery {
	return New(Config{Listen: netip.MustParseAddrPort(listen), Rand: rand.New(rand.NewPCG(seed, 1))})
}

// finds looks once, for the nodes of these tests: others may announce themselves
// on the same machine, those of the tests of other packages among them.
func finds(t *testing.T, d *Discovery) []netip.AddrPort {
	t.Helper()
	var hosts []netip.AddrPort
	err := d.Find(t.Context(), func(f bootstrap.Found) {
		if len(f.Hosts) != 1 || f.Teller != f.Hosts[0].Addr() {
			t.Errorf("found %+v", f)
			return
		}
		if port := f.Hosts[0].Port(); port >= 17001 && port <= 17003 {
			hosts = append(hosts, f.Hosts...)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(hosts, netip.AddrPort.Compare)
	return hosts
}

// multicast skips a test on a machine that has no way for multicasts, such as one
// without any network.
func multicast(t *testing.T) {
	t.Helper()
	c, err := net.ListenMulticastUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
	switch {
	case err == nil:
		c.Close()
	case os.Getenv("FILBERT_REQUIRE_ALL") == "1":
		t.Fatal("no multicast here: ", err)
	default:
		t.Skip("no multicast here: ", err)
	}
}

// TestNeighbors announces two nodes on the loopback interface: each finds the
// other, not itself, and not what is gone.
func TestNeighbors(t *testing.T) {
	multicast(t)
	anna, boris := discovery(1, "127.0.0.1:17001"), discovery(2, "127.0.0.1:17002")
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for _, d := range []*Discovery{anna, boris} {
		work.Go(func() {
			if err := d.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for _, test := range []struct {
		d    *Discovery
		want string
	}{{anna, "[127.0.0.1:17002]"}, {boris, "[127.0.0.1:17001]"}, {discovery(3, "127.0.0.1:17003"), "[127.0.0.1:17001 127.0.0.1:17002]"}} {
		got := ""
		for range 10 { // announcing begins when it begins
			if got = fmt.Sprint(finds(t, test.d)); got == test.want {
				break
			}
		}
		if got != test.want {
			t.Errorf("finds %s, want %s", got, test.want)
		}
	}
	cancel()
	work.Wait()
	if got := finds(t, discovery(3, "127.0.0.1:17003")); len(got) != 0 {
		t.Errorf("finds %v after they have gone", got)
	}
}

func TestContextEndsFind(t *testing.T) {
	multicast(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if err := discovery(1, "127.0.0.1:17001").Find(ctx, func(bootstrap.Found) {}); err != nil || time.Since(began) > 2*patience {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestHostsTaken(t *testing.T) {
	d := discovery(1, "127.0.0.1:17001")
	other := "x." + service + "." + domain
	for _, test := range []struct {
		name string
		ip   string
		port int
		want string
	}{
		{other, "192.168.1.7", 7000, "192.168.1.7:7000"},
		{"X." + service + "." + domain, "10.0.0.1", 1024, "10.0.0.1:1024"},
		{other, "169.254.7.7", 7000, "169.254.7.7:7000"},
		{other, "127.0.0.1", 7000, "127.0.0.1:7000"},
		{other, "fd00::7", 7000, "[fd00::7]:7000"},
		{other, "fe80::7", 7000, ""},
		{other, "8.8.4.4", 7000, ""},
		{other, "203.0.113.7", 7000, ""},
		{other, "224.0.0.251", 7000, ""},
		{other, "10.0.0.1", 1023, ""},
		{other, "10.0.0.1", 0, ""},
		{other, "", 7000, ""},
		{d.name + "." + service + "." + domain, "10.0.0.1", 7000, ""},
		{"printer._ipp._tcp.local.", "10.0.0.1", 7000, ""},
		{"", "10.0.0.1", 7000, ""},
	} {
		e := &mdns.ServiceEntry{Name: test.name, Port: test.port}
		if ip := net.ParseIP(test.ip); ip.To4() != nil {
			e.AddrV4 = ip
		} else {
			e.AddrV6 = ip
		}
		host, ok := d.host(e)
		if ok != (test.want != "") || ok && host.String() != test.want {
			t.Errorf("%s at %s:%d: %v, %v; want %q", test.name, test.ip, test.port, host, ok, test.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	at, err := places(netip.MustParseAddr("127.0.0.1"))
	if err != nil || len(at) != 1 || at[0].addrs[0].String() != "127.0.0.1" {
		t.Fatalf("%v, %v", at, err)
	}
	everywhere, err := places(netip.IPv4Unspecified())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range everywhere {
		for _, addr := range p.addrs {
			if addr.IsLoopback() || !addr.Is4() || !addr.IsPrivate() && !addr.IsLinkLocalUnicast() {
				t.Errorf("would announce %v", addr)
			}
		}
	}
	if public, err := places(netip.MustParseAddr("8.8.4.4")); err != nil || len(public) != 0 {
		t.Errorf("would announce %v, %v", public, err)
	}
	if err := discovery(1, "8.8.4.4:7000").Find(t.Context(), nil); err == nil {
		t.Error("no interface, and no error")
	}
}
