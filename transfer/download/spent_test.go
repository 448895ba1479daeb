package download

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"filbert/transfer"
)

// circuits is a network whose connections carry only so much, as those over a relay.
type circuits struct {
	*pipes
	room  int64         // bytes, as they say
	after time.Duration // they end, whatever they carried; 0: never, below 0: at once

	mu     sync.Mutex
	opened int
}

func (n *circuits) Connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	conn, err := n.pipes.Connect(ctx, src)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.opened++
	n.mu.Unlock()
	c := &circuitConn{Conn: conn, room: n.room}
	if n.after != 0 {
		c.ends = time.Now().Add(n.after)
	}
	return c, nil
}

// circuitConn implements transfer.Limited.
type circuitConn struct {
	net.Conn
	room int64
	ends time.Time
}

func (c *circuitConn) Room() int64 { return c.room }

func (c *circuitConn) Read(b []byte) (int, error) {
	if c.room == 0 || !c.ends.IsZero() && !time.Now().Before(c.ends) {
		return 0, fmt.Errorf("the circuit ends: %w", transfer.ErrSpent)
	}
	n, err := c.Conn.Read(b[:min(int64(len(b)), c.room)])
	c.room -= int64(n)
	return n, err
}

// TestCircuits: over connections that carry only so much a file comes as over any, in
// as many of them as it takes, and the source is not blamed for their end.
func TestCircuits(t *testing.T) {
	const size = 3_000_000
	for _, test := range []struct {
		name        string
		room        int64
		after       time.Duration
		least, most int // connections
	}{
		{"that are told", 700_000, 0, 5, 7},
		{"that end sooner", 10_000_000, 500 * time.Millisecond, 6, 14},
		{"without an end", 10_000_000, 0, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *pipes) {
				file, b := content(1, size)
				net := &circuits{pipes: n, room: test.room, after: test.after}
				s := plant(t, net, file, b, treesOf(b))
				s.rate = steady(1_000_000)
				d := open(t, folder(), Config{Connector: net})
				d.add(file, s.Source)
				status := d.want(file, Complete)
				d.wantFile(file.Name, b)
				net.mu.Lock()
				defer net.mu.Unlock()
				if net.opened < test.least || net.opened > test.most {
					t.Errorf("%d connections, want %d to %d", net.opened, test.least, test.most)
				}
				if cut := int64(net.opened) * 64 << 10; test.after == 0 && status.Wasted > 0 || status.Wasted > cut {
					t.Errorf("%d bytes for nothing", status.Wasted)
				}
				if src := d.came(file)[s.Addr]; src.failures > 0 || src.dropped || src.wasted > 0 {
					t.Errorf("the source is blamed: %s", src.reason)
				}
			})
		})
	}
}

// TestCircuitsThatCarryNothing: who never gives a byte is let be, as any source that
// fails.
func TestCircuitsThatCarryNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 1_000_000)
		net := &circuits{pipes: n, room: 10_000_000, after: -1}
		s := plant(t, net, file, b, treesOf(b))
		d := open(t, folder(), Config{Connector: net})
		d.add(file, s.Source)
		status := d.until(file, "waiting", waiting)
		if !strings.Contains(status.Reason, transfer.ErrSpent.Error()) {
			t.Errorf("it waits: %s", status.Reason)
		}
		net.mu.Lock()
		defer net.mu.Unlock()
		if net.opened > 2 {
			t.Errorf("it was asked %d times at once", net.opened)
		}
	})
}
