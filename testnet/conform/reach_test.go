package conform

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/textproto"
	"sync"
	"testing"
	"time"
)

// mute serves connections by what it does with each.
func mute(t *testing.T, serve func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		work.Wait()
	})
	return netip.MustParseAddrPort(l.Addr().String())
}

// TestUnreachable: who cannot be tried is no failure of a case but an error.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	says := func(answer string) func(net.Conn) {
		return func(c net.Conn) {
			io.WriteString(c, answer)
			io.Copy(io.Discard, c)
		}
	}
	for name, c := range map[string]struct {
		addr netip.AddrPort
		want error
	}{
		"nobody":  {netip.MustParseAddrPort("127.0.0.1:1"), ErrUnreachable},
		"silent":  {mute(t, says("")), context.DeadlineExceeded},
		"half":    {mute(t, says("GNUTELLA/0.6 200 OK\r\nUser-")), context.DeadlineExceeded},
		"closing": {mute(t, func(net.Conn) {}), ErrUnreachable},
		"web":     {mute(t, says("HTTP/1.1 400 Bad Request\r\n\r\n")), ErrUnreachable},
		"full":    {mute(t, says("GNUTELLA/0.6 503 Full\x1b[2J\r\n\r\n")), ErrRefused},
	} {
		r, err := Run(t.Context(), Config{Addr: c.addr, Rand: rand.New(rand.NewPCG(1, 1)), Timeout: 300 * time.Millisecond}, nil)
		if !errors.Is(err, c.want) || r != nil {
			t.Errorf("%s: %+v, %v; want %v", name, r, err, c.want)
		}
		if err != nil && containsControl(err.Error()) {
			t.Errorf("%s: %q is not fit for a terminal", name, err)
		}
	}
}

// TestGone: a servent that ends in the middle ends the run, which says so.
func TestGone(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.MustParseAddrPort(l.Addr().String())
	var work sync.WaitGroup
	defer work.Wait()
	defer l.Close()
	work.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		defer l.Close()
		r := textproto.NewReader(bufio.NewReader(c))
		for _, answer := range []string{"GNUTELLA/0.6 200 \x1b[31mOK\r\nUser-Agent: gone\x1b[0m/1.0\r\n\r\n", ""} {
			if _, err := r.ReadLine(); err != nil {
				t.Error(err)
			}
			if _, err := r.ReadMIMEHeader(); err != nil {
				t.Error(err)
			}
			io.WriteString(c, answer)
		}
	})
	r, err := Run(t.Context(), Config{Addr: addr, Only: "headers/*", Rand: rand.New(rand.NewPCG(1, 1)), Pace: -1, Timeout: 300 * time.Millisecond}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The end is noticed at the first case that fails after it: the first of
	// all, or a later one when the news of the end came late.
	if !r.Broken || r.Held() || r.Results[len(r.Results)-1].Outcome != Fail {
		t.Errorf("report %+v", r)
	}
	for _, one := range r.Results {
		if containsControl(r.Agent + one.Got) {
			t.Errorf("agent %q, got %q: not fit for a terminal", r.Agent, one.Got)
		}
	}
}

func containsControl(s string) bool {
	for _, c := range s {
		if c < ' ' || c == 0x7f {
			return true
		}
	}
	return false
}
