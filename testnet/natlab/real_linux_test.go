package natlab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"filbert/node"
)

// needSpaces skips a test where there are no network namespaces, or fails it if all is required.
func needSpaces(t *testing.T) {
	t.Helper()
	why := ""
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	for _, name := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(name); err != nil {
			why = "no " + name + " here"
		}
	}
	if s, err := newSpaces(false); err != nil {
		why = err.Error()
	} else {
		s.Close()
	}
	if why == "" {
		return
	}
	if os.Getenv("FILBERT_REQUIRE_ALL") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// TestReal has a file fetched between network namespaces, by every path that theory has.
func TestReal(t *testing.T) {
	needSpaces(t)
	cfg := Config{
		From: []Kind{Open, CGNAT}, To: []Kind{Open, Restricted, Symmetric, UDPBlocked},
		Real: true, Dir: t.TempDir(), Log: zerolog.Nop(),
	}
	m, err := Run(t.Context(), cfg, func(Kind, Kind, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	cfg.From, cfg.To, cfg.OneBox = []Kind{PortRestricted, UDPBlocked}, nil, true
	neighbors, err := Run(t.Context(), cfg, func(Kind, Kind, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(m.Pairs, neighbors.Pairs...) {
		t.Logf("%v from %v: %v after %.2f s, %.2f s in all", p.From, p.To, p.Path, p.First, p.Whole)
		switch {
		case !p.Equal:
			t.Errorf("%v gets nothing from %v: %s", p.From, p.To, p.Reason)
		case p.Path < p.Theory, p.To == Open && p.Path != Direct: // on a machine that is busy a worse one may win
			t.Errorf("%v gets it from %v by %v, not %v", p.From, p.To, p.Path, p.Theory)
		}
	}
}

// end is a UDP socket of a test.
type end struct {
	*testing.T
	net.PacketConn
	addr netip.AddrPort
}

func (e *end) say(word string, to netip.AddrPort) {
	e.Helper()
	if _, err := e.WriteTo([]byte(word), net.UDPAddrFromAddrPort(to)); err != nil {
		e.Fatal(err)
	}
}

// hear returns what comes next, and from where.
func (e *end) hear() (string, netip.AddrPort) {
	e.Helper()
	e.SetReadDeadline(time.Now().Add(time.Minute))
	p := make([]byte, 100)
	n, from, err := e.ReadFrom(p)
	if err != nil {
		e.Fatal(err)
	}
	return string(p[:n]), from.(*net.UDPAddr).AddrPort()
}

// TestBoxes looks whether the boxes between namespaces do what their names say: to whom a host behind them is the same
// address, and who is let in. What one end sends arrives in order, so nothing waits for what does not come.
func TestBoxes(t *testing.T) {
	needSpaces(t)
	for _, ipv6 := range []bool{false, true} {
		kinds := Kinds()[:Mapped]
		if ipv6 {
			kinds = Kinds6()
		}
		for _, k := range kinds {
			t.Run(fmt.Sprintf("%v/%v", k, ipv6), func(t *testing.T) { testBox(t, k, ipv6) })
		}
	}
}

func testBox(t *testing.T, k Kind, ipv6 bool) {
	spaces, err := newSpaces(ipv6)
	if err != nil {
		t.Fatal(err)
	}
	defer spaces.Close()
	socket := func(k Kind, number byte, ports ...uint16) (host node.Network, out []*end) {
		host, addr, err := spaces.host(k, spot{number: number})
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range ports {
			at := netip.AddrPortFrom(addr, port)
			c, err := host.ListenPacket(t.Context(), "udp", at.String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			out = append(out, &end{t, c, at})
		}
		return host, out
	}
	outside, a := socket(Open, 1, 5001, 5002)
	_, b := socket(Open, 2, 5001)
	host, ends := socket(k, 3, 5000)
	in := ends[0]

	// TCP gets out of every box; and after it the ways are known to who forwards, and keep what is sent in order.
	l, err := outside.Listen(t.Context(), "tcp", a[0].addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := host.DialContext(t.Context(), "tcp", a[0].addr.String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	b[0].say("hello", a[0].addr)
	a[0].hear()
	a[0].say("hello", b[0].addr)
	b[0].hear()

	seen := netip.AddrPortFrom(public(3, ipv6), 5000)
	if ipv6 && k != Open {
		seen = in.addr
	}
	b[0].say("unasked", seen)
	in.say("first", a[0].addr)
	if k == UDPBlocked {
		a[1].say("last", a[0].addr)
		if word, from := a[0].hear(); word != "last" {
			t.Errorf("%q came out, from %v", word, from)
		}
		return
	}
	_, seen = a[0].hear()
	if inside := seen == in.addr; inside != (ipv6 || k == Open) {
		t.Errorf("%v is seen as %v", in.addr, seen)
	}
	a[1].say("other port", seen)
	b[0].say("other host", seen)
	a[0].say("last", seen)
	heard := map[string]bool{}
	for word := ""; word != "last"; heard[word] = true {
		word, _ = in.hear()
	}
	if want := k == Open; heard["unasked"] != want {
		t.Errorf("who was not sent to is heard: %v, want %v", !want, want)
	}
	if want := k == Open || k == FullCone; heard["other host"] != want {
		t.Errorf("another host is heard: %v, want %v", !want, want)
	}
	if want := k == Open || k == FullCone || k == Restricted; heard["other port"] != want {
		t.Errorf("another port of the host is heard: %v, want %v", !want, want)
	}
	in.say("second", b[0].addr)
	if _, other := b[0].hear(); (other == seen) != (k != Symmetric) {
		t.Errorf("seen as %v, and as %v by another host", seen, other)
	}
}
