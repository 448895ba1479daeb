package portmap

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// referees are where somebody outside is asked, by IPv4 and IPv6.
var referees = [families]string{"9.1.1.2:7000", "[2600:2::2]:7000"}

// referee is a host outside that tries what it is asked to: "tcp 9.1.1.1:6346".
func referee(t *testing.T, at string) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			line, err := bufio.NewReader(c).ReadString('\n')
			proto, to, _ := strings.Cut(strings.TrimSpace(line), " ")
			if err == nil && knock(proto, to) == nil {
				io.WriteString(c, "ok")
			}
			c.Close()
		}
	}()
}

// knock uses a port, and wants what the node answers.
func knock(proto, to string) error {
	c, err := net.DialTimeout(proto, to, 2*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := io.WriteString(c, "?"); err != nil {
		return err
	}
	var buf [5]byte
	if n, err := c.Read(buf[:]); err != nil || string(buf[:n]) != "hello" {
		return fmt.Errorf("%q, %v", buf[:n], err)
	}
	return nil
}

// process is the node, as its owner sees it.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
	last  Snapshot
	errs  strings.Builder
}

// startNode starts the node at home; it speaks one protocol only.
func startNode(t *testing.T, by Method) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), "ip", "netns", "exec", "home", os.Args[0])}
	p.cmd.Env = append(os.Environ(), roleVariable+"=node "+by.String())
	p.cmd.Stderr = &p.errs
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// opened waits until both ports are at this address.
func (p *process) opened(external string) {
	p.t.Helper()
	p.until(external+" open", func(s Snapshot) bool {
		open := 0
		for _, l := range s.Leases {
			if l.Open() && l.External.String() == external {
				open++
			}
		}
		return open == 2
	})
}

// until waits until the node tells that it is so.
func (p *process) until(what string, so func(Snapshot) bool) {
	p.t.Helper()
	for !so(p.last) {
		if !p.lines.Scan() {
			p.t.Fatalf("the node ended with %+v: %v %v", p.last, p.lines.Err(), p.errs.String())
		}
		p.last = Snapshot{}
		if err := json.Unmarshal(p.lines.Bytes(), &p.last); err != nil {
			p.t.Fatalf("%q: %v", p.lines.Text(), err)
		}
	}
	p.t.Log(what)
}

func (p *process) refresh() { io.WriteString(p.in, "refresh\n") }

// stop ends the node and waits for it.
func (p *process) stop() time.Duration {
	began := time.Now()
	p.in.Close()
	for p.lines.Scan() {
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("%v %v", err, p.errs.String())
	}
	return time.Since(began)
}

// node is that process: it says how things stand, a line each time, until its
// input ends.
func node(by string) {
	ctx, cancel := context.WithCancel(context.Background())
	serveHello(ctx)
	m := New(Config{
		Port: port,
		ListenPacket: func(ctx context.Context, network, address string) (net.PacketConn, error) {
			return listenAs(ctx, by, network, address)
		},
		Dial:   new(net.Dialer).DialContext,
		Verify: askReferee,
		Rand:   rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)),
	})
	ended := make(chan error)
	go func() { ended <- m.Run(ctx) }()
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			m.Refresh()
		}
		cancel()
	}()
	out := json.NewEncoder(os.Stdout)
	for {
		select {
		case <-m.Changed():
			out.Encode(m.Snapshot())
		case err := <-ended:
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
}

// listenAs opens a socket; without PCP, its questions are not sent.
func listenAs(ctx context.Context, by, network, address string) (net.PacketConn, error) {
	c, err := new(net.ListenConfig).ListenPacket(ctx, network, address)
	if err != nil || by != NATPMP.String() {
		return c, err
	}
	return withoutPCP{c}, nil
}

type withoutPCP struct{ net.PacketConn }

func (c withoutPCP) WriteTo(p []byte, to net.Addr) (int, error) {
	if len(p) > 0 && p[0] == pcpVersion {
		return len(p), nil
	}
	return c.PacketConn.WriteTo(p, to)
}

// askReferee is the node's look from outside.
func askReferee(ctx context.Context, external netip.AddrPort, p Proto) error {
	at := referees[ip4]
	if external.Addr().Is6() {
		at = referees[ip6]
	}
	c, err := new(net.Dialer).DialContext(ctx, "tcp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintf(c, "%v %v\n", p, external)
	b, err := io.ReadAll(c)
	if err == nil && string(b) != "ok" {
		err = errors.New("not reached")
	}
	return err
}

// serveHello answers on the node's port, until the process ends.
func serveHello(ctx context.Context) {
	at := fmt.Sprintf(":%d", port)
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
	if err != nil {
		panic(err)
	}
	u, err := new(net.ListenConfig).ListenPacket(ctx, "udp", at)
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "hello")
			c.Close()
		}
	}()
	go func() {
		var buf [10]byte
		for {
			if _, from, err := u.ReadFrom(buf[:]); err == nil {
				u.WriteTo([]byte("hello"), from)
			}
		}
	}()
}
