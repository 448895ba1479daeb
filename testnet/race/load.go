package race

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Load of case Serve: connections that stay, with a few from every address, as one
// host has only so many.
const (
	loadConns    = 64
	connsPerAddr = 8
)

// load is a client that asks for ranges of a file as fast as they come.
type load struct {
	addr, target string // where, and what of it
	size         int64  // of the file
	length       int    // of a range
	requests     int    // in all
}

// run asks over all connections at once, and tells how long the requests took. That
// every answer is one, and as long as was asked for, is checked.
func (l load) run(ctx context.Context) (time.Duration, error) {
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for i := range loadConns {
		from := netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i/connsPerAddr)})
		dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
		c, err := dialer.DialContext(ctx, "tcp", l.addr)
		if err != nil {
			return 0, err
		}
		conns = append(conns, c)
	}
	stop := context.AfterFunc(ctx, func() {
		for _, c := range conns {
			c.Close()
		}
	})
	defer stop()
	errs := make([]error, len(conns))
	var work sync.WaitGroup
	began := time.Now()
	for i, c := range conns {
		work.Go(func() { errs[i] = l.ask(c, rand.New(rand.NewPCG(uint64(i), uint64(l.length)))) })
	}
	work.Wait()
	return time.Since(began), errors.Join(errs...)
}

// ask asks one connection's share of the requests.
func (l load) ask(c net.Conn, rng *rand.Rand) error {
	head := "GET " + l.target + " HTTP/1.1\r\nHost: " + l.addr + "\r\nUser-Agent: load\r\nRange: bytes="
	in := bufio.NewReaderSize(c, 4096)
	var out []byte
	for range l.requests / loadConns {
		start := rng.Int64N(l.size - int64(l.length))
		out = append(out[:0], head...)
		out = strconv.AppendInt(out, start, 10)
		out = append(out, '-')
		out = strconv.AppendInt(out, start+int64(l.length)-1, 10)
		out = append(out, "\r\n\r\n"...)
		if _, err := c.Write(out); err != nil {
			return err
		}
		if err := l.take(in); err != nil {
			return err
		}
	}
	return nil
}

// take reads one answer.
func (l load) take(in *bufio.Reader) error {
	length := -1
	for n := 0; ; n++ {
		line, err := in.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case n == 0 && !strings.HasPrefix(string(line), "HTTP/1.1 206 "):
			return fmt.Errorf("answered %q", line)
		case len(line) <= 2:
			if length != l.length {
				return fmt.Errorf("answered with %d bytes, want %d", length, l.length)
			}
			_, err := in.Discard(length)
			return err
		}
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
}

// drain fetches the whole file over one connection, for nothing.
func drain(ctx context.Context, addr, target string, size int64) (time.Duration, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	began := time.Now()
	if _, err := io.WriteString(c, "GET "+target+" HTTP/1.1\r\nHost: "+addr+"\r\nConnection: close\r\n\r\n"); err != nil {
		return 0, err
	}
	buffer := make([]byte, 256<<10)
	got := int64(0)
	for {
		n, err := c.Read(buffer)
		got += int64(n)
		switch {
		case err == io.EOF && got > size:
			return time.Since(began), nil
		case err == io.EOF:
			return 0, fmt.Errorf("only %d bytes came: %.100q", got, buffer)
		case err != nil:
			return 0, err
		}
	}
}
