package stun

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestCoturn asks coturn and our own server, each with two addresses of loopback and
// two ports: they say the same.
func TestCoturn(t *testing.T) {
	program, err := exec.LookPath("turnserver")
	if err != nil {
		if os.Getenv("FILBERT_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	theirs := freePorts(t)
	coturn(t, program, theirs)
	own := serveLoopback(t)
	c := Open(loopback(t, "127.0.0.1:0"), Config{RTO: 200 * time.Millisecond})
	defer c.Close()

	type said struct {
		Answer
		err string
	}
	ask := func(p ports, o Options) said {
		t.Helper()
		o.Other = p.at("127.0.0.2", 1)
		a, err := c.Bind(t.Context(), p.at("127.0.0.1", 0), o)
		a.Sends, a.RTT = 0, 0
		for _, addr := range []*netip.AddrPort{&a.From, &a.Origin, &a.Other} {
			*addr = p.rename(*addr)
		}
		return said{a, fmt.Sprint(err)}
	}
	for _, change := range []Change{SameAddress, ChangePort, ChangeIP, ChangeIPAndPort} {
		a, b := ask(theirs, Options{Change: change}), ask(own, Options{Change: change})
		if a != b {
			t.Errorf("%v: coturn says %+v, we %+v", change, a, b)
		}
		if a.err != "<nil>" || a.Mapped != c.conn.LocalAddr().(*net.UDPAddr).AddrPort() {
			t.Errorf("%v: %+v", change, a)
		}
	}

	discover := func(p ports) Report {
		r, err := Discover(t.Context(), Discovery{
			Servers: []netip.AddrPort{p.at("127.0.0.1", 0)}, Client: c, Local: []netip.AddrPort{c.conn.LocalAddr().(*net.UDPAddr).AddrPort()},
			Listen: func(context.Context) (net.PacketConn, error) { return net.ListenPacket("udp4", "127.0.0.1:0") },
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, r := range map[string]Report{"coturn": discover(theirs), "we": discover(own)} {
		if r.UDP != Yes || r.NAT != No || r.Mapping != MappingEndpointIndependent || r.Filtering != FilteringEndpointIndependent {
			t.Errorf("%s: %+v", name, r)
		}
	}

	// RESPONSE-PORT: a port has the server send to another. Ours is a new one, for what
	// the first has for a host is used up.
	for name, p := range map[string]ports{"coturn": theirs, "we": serveLoopback(t)} {
		other := Open(loopback(t, "127.0.0.1:0"), Config{})
		if reached, err := c.reachedBy(t.Context(), other, p.at("127.0.0.1", 0), c.conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()); !reached || err != nil {
			t.Errorf("%s: sent to another port: %v, %v", name, reached, err)
		}
		other.Close()
	}
}

// ports are the two of a server.
type ports [2]uint16

func (p ports) at(host string, i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(host), p[i])
}

// rename makes the ports of a server 1 and 2.
func (p ports) rename(a netip.AddrPort) netip.AddrPort {
	for i := range p {
		if a.Port() == p[i] {
			return netip.AddrPortFrom(a.Addr(), uint16(1+i))
		}
	}
	return a
}

func loopback(t *testing.T, addr string) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("udp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// freePorts are free at this moment.
func freePorts(t *testing.T) (p ports) {
	t.Helper()
	for i := range p {
		c := loopback(t, "127.0.0.1:0")
		defer c.Close()
		p[i] = c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	}
	return p
}

// serveLoopback runs our server until the test ends.
func serveLoopback(t *testing.T) ports {
	t.Helper()
	p := freePorts(t)
	var at []netip.AddrPort
	var conns []net.PacketConn
	for _, host := range []string{"127.0.0.1", "127.0.0.2"} {
		for i := range p {
			at = append(at, p.at(host, i))
			conns = append(conns, loopback(t, p.at(host, i).String()))
		}
	}
	var wg sync.WaitGroup
	wg.Go(NewService(NewServer(at...), conns...).Run)
	t.Cleanup(func() {
		for _, c := range conns {
			c.Close()
		}
		wg.Wait()
	})
	return p
}

// coturn runs one until the test ends.
func coturn(t *testing.T, program string, p ports) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(program, "-n", "--stun-only", "-L", "127.0.0.1", "-L", "127.0.0.2",
		"--listening-port", fmt.Sprint(p[0]), "--alt-listening-port", fmt.Sprint(p[1]),
		"--no-tcp", "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout",
		"--pidfile", filepath.Join(dir, "pid"), "--userdb", filepath.Join(dir, "db"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}
