package nat

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errShut = errors.New("it is shut")

// line is a connection that can be told from others, and that knows whether it is open.
type line struct {
	net.Conn
	name   string
	closed bool
}

func (l *line) Close() error { l.closed = true; return nil }

// after is a way that takes some time: to a connection, or to an error. It heeds its
// context unless it is stubborn.
func after(name string, headStart, takes time.Duration, err error, made *[]*line) Way {
	return Way{Name: name, HeadStart: headStart, Dial: func(ctx context.Context) (net.Conn, error) {
		timer := time.NewTimer(takes)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			if !strings.HasPrefix(name, "stubborn") {
				return nil, ctx.Err()
			}
		}
		if err != nil {
			return nil, err
		}
		l := &line{name: name}
		*made = append(*made, l) // one at a time, as synctest has it
		return l, nil
	}}
}

// TestRace: the first connection wins, a better way has its head start, and whatever
// else comes of it is closed.
func TestRace(t *testing.T) {
	const s = time.Second
	for _, test := range []struct {
		name string
		ways func(made *[]*line) []Way
		by   string
		took time.Duration
		err  string
	}{
		{"the better way", func(m *[]*line) []Way {
			return []Way{after("direct", 0, s, nil, m), after("relay", 3*s, 0, nil, m)}
		}, "direct", s, ""},
		{"one that takes too long", func(m *[]*line) []Way {
			return []Way{after("direct", 0, 10*s, nil, m), after("relay", 3*s, s, nil, m)}
		}, "relay", 4 * s, ""},
		{"one that fails leaves its time to the next", func(m *[]*line) []Way {
			return []Way{after("direct", 0, s, errShut, m), after("relay", 3*s, s, nil, m)}
		}, "relay", 2 * s, ""},
		{"the slower one that began first", func(m *[]*line) []Way {
			return []Way{after("direct", 0, 4*s, nil, m), after("push", 3*s, 5*s, nil, m), after("relay", 3*s, s, nil, m)}
		}, "direct", 4 * s, ""},
		{"one that does not hear that it lost", func(m *[]*line) []Way {
			return []Way{after("stubborn", 0, 10*s, nil, m), after("relay", s, s, nil, m)}
		}, "relay", 2 * s, ""},
		{"all fail", func(m *[]*line) []Way {
			return []Way{after("direct", 0, s, errShut, m), after("relay", 3*s, s, errShut, m)}
		}, "", 2 * s, "direct: it is shut\nrelay: it is shut"},
		{"none", func(*[]*line) []Way { return nil }, "", 0, ErrNoWay.Error()},
		{"out of time", func(m *[]*line) []Way { return []Way{after("direct", 0, time.Hour, nil, m)} }, "", time.Minute, "deadline"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				var made []*line
				began := time.Now()
				conn, by, err := Race(ctx, test.ways(&made))
				if took := time.Since(began); by != test.by || took != test.took {
					t.Errorf("by %q after %v, want %q after %v", by, took, test.by, test.took)
				}
				if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				for _, l := range made {
					if l.closed == (net.Conn(l) == conn) {
						t.Errorf("%s is closed: %v", l.name, l.closed)
					}
				}
			})
		})
	}
}

// TestRaceGivenUp: who gives up gets nothing, and no connection stays.
func TestRaceGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		var made []*line
		conn, _, err := Race(ctx, []Way{after("stubborn", 0, time.Hour, nil, &made), after("relay", time.Minute, 0, nil, &made)})
		if conn != nil || !errors.Is(err, context.Canceled) || len(made) != 1 || !made[0].closed {
			t.Errorf("got %v, %v and made %+v", conn, err, made)
		}
	})
}
