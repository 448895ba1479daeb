package nat

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// conn is a connection that notes whether it was closed.
type conn struct {
	net.Conn
	by     Rung
	closed bool
}

func (c *conn) Close() error { c.closed = true; return nil }

var errRefused = errors.New("refused")

// road is how long a rung takes, and whether it leads there.
type road struct {
	takes time.Duration
	err   error
}

// roads dials over the rungs as they are told, and notes what was made.
type roads struct {
	on   map[Rung]road
	slow bool // it connects even when nobody waits any more

	mu   sync.Mutex
	made []*conn // guarded by mu
}

func (rs *roads) dial(ctx context.Context, r Rung) (net.Conn, error) {
	way := rs.on[r]
	if rs.slow {
		time.Sleep(way.takes)
	} else {
		select {
		case <-time.After(way.takes):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if way.err != nil {
		return nil, way.err
	}
	c := &conn{by: r}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.made = append(rs.made, c)
	return c, nil
}

// TestClimb races rungs in virtual time, twice with the same peer: what the first time
// taught holds for the second.
func TestClimb(t *testing.T) {
	const never = time.Hour
	for name, test := range map[string]struct {
		on           map[Rung]road
		by           [2]Rung
		took         [2]time.Duration
		last, second string // attempts, the newest first; the plan after them
	}{
		"push works":         {map[Rung]road{Push: {time.Second, nil}}, [2]Rung{Push, Push}, [2]time.Duration{time.Second, time.Second}, "push worked", "push 0s, relay 3s"},
		"push fails":         {map[Rung]road{Push: {time.Second, errRefused}}, [2]Rung{Relay, Relay}, [2]time.Duration{time.Second, 0}, "relay worked, push failed", "relay 0s, push 3s"},
		"push takes long":    {map[Rung]road{Push: {never, nil}}, [2]Rung{Relay, Relay}, [2]time.Duration{pushHeadStart, 0}, "push given up, relay worked", "relay 0s, push 3s"},
		"relay is no faster": {map[Rung]road{Push: {4 * time.Second, nil}, Relay: {2 * time.Second, nil}}, [2]Rung{Push, Push}, [2]time.Duration{4 * time.Second, 4 * time.Second}, "relay given up, push worked", "push 0s, relay 3s"},
	} {
		synctest.Test(t, func(t *testing.T) {
			rs, l, f := &roads{on: test.on}, NewLadder(), walled()
			for try := range 2 {
				began := time.Now()
				c, by, err := l.Climb(t.Context(), &f, rs.dial)
				if err != nil || by != test.by[try] || c.(*conn).by != by || time.Since(began) != test.took[try] {
					t.Errorf("%s, try %d: by %v in %v, %v", name, try, by, time.Since(began), err)
				}
				if try > 0 {
					break
				}
				var last []string
				for _, a := range l.Attempts(&f.Peer) {
					last = append(last, a.Rung.String()+" "+a.Outcome.String())
				}
				if got := strings.Join(last, ", "); got != test.last {
					t.Errorf("%s: attempts %s, want %s", name, got, test.last)
				}
				if got := ladder(l.Plan(&f)); got != test.second {
					t.Errorf("%s: then %s, want %s", name, got, test.second)
				}
			}
		})
	}
}

// TestClimbInVain gives all up, and says why.
func TestClimbInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs, l, f := &roads{on: map[Rung]road{Push: {time.Hour, nil}, Relay: {time.Second, errRefused}}}, NewLadder(), walled()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, _, err := l.Climb(ctx, &f, rs.dial)
		if !errors.Is(err, errRefused) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("climbed, %v", err)
		}
		for _, a := range l.Attempts(&f.Peer) {
			if a.Outcome != Failed {
				t.Errorf("%+v", a)
			}
		}
		f.Peer = Peer{}
		if _, _, err := l.Climb(t.Context(), &f, rs.dial); !errors.Is(err, ErrNoWay) || !strings.Contains(err.Error(), "no IPv4 address of it is known") {
			t.Errorf("nobody was reached, %v", err)
		}

		// Whoever breaks off has learned nothing.
		f = walled()
		f.Addr, f.Relays = peerNumber(1).Addr, nil
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, _, err := l.Climb(ctx, &f, rs.dial); !errors.Is(err, context.Canceled) {
			t.Errorf("broken off, %v", err)
		}
		if a := l.Attempts(&f.Peer); len(a) != 1 || a[0].Outcome != GivenUp || a[0].Took != time.Second {
			t.Errorf("broken off: %+v", a)
		}
	})
}

// TestLosersAreClosed: what a rung makes after another one won is closed.
func TestLosersAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs, l, f := &roads{slow: true, on: map[Rung]road{Push: {4 * time.Second, nil}}}, NewLadder(), walled()
		_, by, err := l.Climb(t.Context(), &f, rs.dial)
		if err != nil || by != Relay || len(rs.made) != 2 {
			t.Fatalf("by %v, %d connections, %v", by, len(rs.made), err)
		}
		for _, c := range rs.made {
			if c.closed != (c.by != by) {
				t.Errorf("%v closed: %v", c.by, c.closed)
			}
		}
	})
}
