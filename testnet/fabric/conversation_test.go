package fabric

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// network is what a node uses, of a Host or of this machine.
type network interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
}

type sockets struct {
	net.ListenConfig
	net.Dialer
}

// conversation is a server and a client that talk, and what they observe.
type conversation struct {
	t              *testing.T
	server, client network
	address        string // of the server, with port 0
	observed       []string
}

// note writes down the outcome of one operation, in words that do not depend on ports.
func (c *conversation) note(what string, result any, err error) {
	line := fmt.Sprintf("%s: %v, %s", what, result, describe(err))
	c.observed = append(c.observed, line)
}

var addressPattern = regexp.MustCompile(`[0-9]+(\.[0-9]+){3}:[0-9]+`)

// describe says everything a program can ask of an error.
func describe(err error) string {
	if err == nil {
		return "ok"
	}
	s := fmt.Sprintf("%q", addressPattern.ReplaceAllString(err.Error(), "ADDRESS"))
	for _, target := range []error{
		io.EOF, net.ErrClosed, os.ErrDeadlineExceeded, context.Canceled, context.DeadlineExceeded, syscall.ECONNREFUSED,
		syscall.ECONNRESET, syscall.EPIPE, syscall.EADDRINUSE, syscall.EMSGSIZE, syscall.EINVAL,
	} {
		if errors.Is(err, target) {
			s += fmt.Sprintf(" is(%v)", target)
		}
	}
	if e, ok := err.(net.Error); ok {
		s += fmt.Sprintf(" timeout=%v", e.Timeout())
	}
	if e, ok := err.(*net.OpError); ok {
		s += fmt.Sprintf(" op=%s net=%s source=%v addr=%v temporary=%v", e.Op, e.Net, e.Source != nil, e.Addr != nil, e.Temporary())
	}
	return s
}

func (c *conversation) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *conversation) listen() net.Listener {
	c.t.Helper()
	l, err := c.server.Listen(c.t.Context(), "tcp", c.address)
	c.must(err)
	return l
}

// meet returns both ends of a connection.
func (c *conversation) meet() (client, server net.Conn) {
	c.t.Helper()
	l := c.listen()
	defer l.Close()
	client, err := c.client.DialContext(c.t.Context(), "tcp", l.Addr().String())
	c.must(err)
	server, err = l.Accept()
	c.must(err)
	return client, server
}

func (c *conversation) read(who string, conn net.Conn) {
	p := make([]byte, 100)
	n, err := conn.Read(p)
	c.note(who+" reads", string(p[:n]), err)
}

func (c *conversation) write(who string, conn net.Conn, s string) {
	n, err := conn.Write([]byte(s))
	c.note(who+" writes", n, err)
}

// writeToFailure writes until that fails, because it is known how but not when.
func (c *conversation) writeToFailure(who string, conn net.Conn) {
	for {
		if _, err := conn.Write(make([]byte, 1000)); err != nil {
			c.note(who+" writes in the end", "", err)
			return
		}
	}
}

type closeWriter interface{ CloseWrite() error }

var conversations = []struct {
	name string
	talk func(c *conversation)
}{
	{"echo and half close", func(c *conversation) {
		client, server := c.meet()
		c.write("client", client, "ping")
		c.note("client closes write", "", client.(closeWriter).CloseWrite())
		request, err := io.ReadAll(server)
		c.note("server reads all", string(request), err)
		c.write("client", client, "more")
		c.write("server", server, "pong")
		c.note("server closes", "", server.Close())
		answer, err := io.ReadAll(client)
		c.note("client reads all", string(answer), err)
		c.note("client closes", "", client.Close())
	}},
	{"server closes with unread data", func(c *conversation) {
		client, server := c.meet()
		c.write("client", client, "hello")
		_, err := server.Read(make([]byte, 1))
		c.note("server closes", "", errors.Join(err, server.Close()))
		c.read("client", client)
		c.read("client", client)
		c.write("client", client, "anybody there?")
		client.Close()
	}},
	{"server resets", func(c *conversation) {
		client, server := c.meet()
		server.(interface{ SetLinger(int) error }).SetLinger(0)
		c.note("server closes", "", server.Close())
		c.read("client", client)
		c.write("client", client, "anybody there?")
		c.note("client closes write", "", client.(closeWriter).CloseWrite())
		client.Close()
	}},
	{"client writes to a server that closed", func(c *conversation) {
		client, server := c.meet()
		c.write("server", server, "bye")
		c.note("server closes", "", server.Close())
		c.read("client", client)
		c.read("client", client)
		c.writeToFailure("client", client)
		c.write("client", client, "still?")
		c.read("client", client)
		client.Close()
	}},
	{"deadlines", func(c *conversation) {
		client, server := c.meet()
		c.write("server", server, "early")
		c.note("client sets a past deadline", "", client.SetDeadline(time.Unix(1, 0)))
		c.read("client", client)
		c.write("client", client, "late")
		c.note("client clears it", "", client.SetDeadline(time.Time{}))
		c.read("client", client)
		client.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		c.read("client", client)
		c.read("client", client)
		client.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
		c.writeToFailure("client", client)
		client.Close()
		server.Close()
	}},
	{"after close", func(c *conversation) {
		client, server := c.meet()
		var wg sync.WaitGroup
		reading := make(chan bool)
		wg.Go(func() { close(reading); c.read("client", client) })
		<-reading
		c.must(client.Close())
		wg.Wait()
		c.read("client", client)
		c.write("client", client, "x")
		c.note("client closes again", "", client.Close())
		c.note("client closes write", "", client.(closeWriter).CloseWrite())
		c.note("client sets deadline", "", client.SetDeadline(time.Time{}))
		c.note("client sets read deadline", "", client.SetReadDeadline(time.Time{}))
		c.note("client sets linger", "", client.(interface{ SetLinger(int) error }).SetLinger(0))
		server.Close()
	}},
	{"dial", func(c *conversation) {
		l := c.listen()
		address := l.Addr().String()
		c.must(l.Close())
		_, err := c.client.DialContext(c.t.Context(), "tcp", address)
		c.note("refused", "", err)
		_, err = c.client.DialContext(c.t.Context(), "tcp4", address)
		c.note("refused", "", err)
		ctx, cancel := context.WithCancel(c.t.Context())
		cancel()
		_, err = c.client.DialContext(ctx, "tcp", address)
		c.note("canceled", "", err)
		ctx, cancel = context.WithDeadline(c.t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err = c.client.DialContext(ctx, "tcp", address)
		c.note("late", "", err)
		for _, bad := range []string{"1.2.3.4", "1.2.3.4:5:6"} {
			_, err = c.client.DialContext(c.t.Context(), "tcp", bad)
			c.note("dial "+bad, "", err)
		}
		_, err = c.client.DialContext(c.t.Context(), "carrier pigeon", address)
		c.note("unknown network", "", err)
	}},
	{"listen", func(c *conversation) {
		l := c.listen()
		_, err := c.server.Listen(c.t.Context(), "tcp", l.Addr().String())
		c.note("listen twice", "", err)
		client, err := c.client.DialContext(c.t.Context(), "tcp", l.Addr().String())
		c.must(err)
		c.note("close", "", l.Close())
		c.read("client nobody accepted", client)
		client.Close()
		_, err = l.Accept()
		c.note("accept", "", err)
		c.note("close again", "", l.Close())
		_, err = c.server.Listen(c.t.Context(), "tcp", "1.2.3.4")
		c.note("listen without port", "", err)
		_, err = c.server.Listen(c.t.Context(), "carrier pigeon", c.address)
		c.note("unknown network", "", err)
		_, err = c.server.Listen(c.t.Context(), "tcp", "203.0.113.1:0")
		c.note("listen elsewhere", "", err)
		again, err := c.server.Listen(c.t.Context(), "tcp", l.Addr().String())
		c.note("listen again", "", err)
		c.must(again.Close())
	}},
	{"datagrams", func(c *conversation) {
		server, err := c.server.ListenPacket(c.t.Context(), "udp", c.address)
		c.must(err)
		client, err := c.client.ListenPacket(c.t.Context(), "udp", strings.Replace(c.address, "10.0.0.2", "10.0.0.1", 1))
		c.must(err)
		n, err := client.WriteTo([]byte("ping"), server.LocalAddr())
		c.note("client writes", n, err)
		p := make([]byte, 100)
		n, from, err := server.ReadFrom(p)
		c.note("server reads", string(p[:n]), err)
		c.note("source is the client", from.String() == client.LocalAddr().String(), nil)
		n, err = server.WriteTo([]byte("a long answer"), from)
		c.note("server writes", n, err)
		n, _, err = client.ReadFrom(p[:6])
		c.note("client reads a part", string(p[:n]), err)
		client.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		_, _, err = client.ReadFrom(p)
		c.note("client reads the lost rest", "", err)
		client.SetWriteDeadline(time.Unix(1, 0))
		n, err = client.WriteTo([]byte("late"), server.LocalAddr())
		c.note("client writes late", n, err)
		client.SetDeadline(time.Time{})
		n, err = client.WriteTo(make([]byte, maxDatagram+1), server.LocalAddr())
		c.note("client writes too much", n, err)
		_, err = client.WriteTo([]byte("x"), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
		c.note("client writes to a TCP address", "", err)
		_, err = client.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		c.note("client writes to port 0", "", err)
		_, err = c.server.ListenPacket(c.t.Context(), "udp", server.LocalAddr().String())
		c.note("listen twice", "", err)
		c.note("close", "", client.Close())
		c.note("close again", "", client.Close())
		_, _, err = client.ReadFrom(p)
		c.note("read", "", err)
		_, err = client.WriteTo(p, server.LocalAddr())
		c.note("write", "", err)
		c.note("set deadline", "", client.SetDeadline(time.Time{}))
		c.must(server.Close())
	}},
}

// TestConversations has the same talks on this machine's sockets, on one host of the fabric, between two, and between
// two in a bubble: what the talkers observe, errors included, is the same.
func TestConversations(t *testing.T) {
	for _, talk := range conversations {
		t.Run(talk.name, func(t *testing.T) {
			real := &conversation{t: t, server: &sockets{}, client: &sockets{}, address: "127.0.0.1:0"}
			talk.talk(real)
			want := real.observed
			compare := func(t *testing.T, c *conversation) {
				t.Helper()
				talk.talk(c)
				if len(c.observed) != len(want) {
					t.Fatalf("%d observations on the fabric, %d on sockets", len(c.observed), len(want))
				}
				for i := range want {
					if c.observed[i] != want[i] {
						t.Errorf("fabric:  %s\nsockets: %s", c.observed[i], want[i])
					}
				}
			}
			t.Run("loopback", func(t *testing.T) {
				n := New(Config{})
				defer n.Close()
				compare(t, &conversation{t: t, server: n.Host(alice), client: n.Host(alice), address: "127.0.0.1:0"})
			})
			t.Run("two hosts", func(t *testing.T) {
				n := New(Config{Latency: Constant(time.Millisecond)})
				defer n.Close()
				compare(t, &conversation{t: t, server: n.Host(bob), client: n.Host(alice), address: "10.0.0.2:0"})
			})
			t.Run("bubble", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := New(Config{Settle: synctest.Wait, Segment: 10})
					defer n.Close()
					compare(t, &conversation{t: t, server: n.Host(bob), client: n.Host(alice), address: "10.0.0.2:0"})
				})
			})
		})
	}
}
