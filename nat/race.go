package nat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Way is one way to a peer.
type Way struct {
	Name string
	// HeadStart is how long the ways before this one are left alone, counted from when
	// the last of them was begun. One that fails leaves the rest of it to the next.
	HeadStart time.Duration
	// Dial connects. Once its context ends it returns soon; that does not touch a
	// connection it has returned.
	Dial func(ctx context.Context) (net.Conn, error)
}

// ErrNoWay is Race's error when there is no way to try.
var ErrNoWay = errors.New("nat: no way leads there")

// Race returns the first connection that one of the ways makes, and which made it. The
// others are given up, and waited for; what they make is closed. The error joins those
// of all ways that were tried.
func Race(ctx context.Context, ways []Way) (conn net.Conn, by string, err error) {
	if len(ways) == 0 {
		return nil, "", ErrNoWay
	}
	type outcome struct {
		conn net.Conn
		way  string
		err  error
	}
	racing, giveUp := context.WithCancel(ctx)
	defer giveUp()
	came := make(chan outcome, len(ways))
	var work sync.WaitGroup
	next := time.NewTimer(0)
	defer next.Stop()
	begun, running := 0, 0
	begin := func() {
		w := ways[begun]
		begun++
		running++
		work.Go(func() {
			conn, err := w.Dial(racing)
			came <- outcome{conn, w.Name, err} // has room
		})
		if begun < len(ways) {
			next.Reset(ways[begun].HeadStart)
		}
	}
	var failed []error
	for conn == nil && (running > 0 || begun < len(ways)) && racing.Err() == nil {
		select {
		case <-next.C:
			begin()
		case o := <-came:
			running--
			if conn, by = o.conn, o.way; o.err == nil {
				continue
			}
			conn = nil
			failed = append(failed, fmt.Errorf("%s: %w", o.way, o.err))
			if begun < len(ways) {
				next.Reset(0)
			}
		case <-ctx.Done():
		}
	}
	giveUp()
	work.Wait()
	for ; running > 0; running-- {
		if o := <-came; o.err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", o.way, o.err))
		} else {
			o.conn.Close()
		}
	}
	if conn != nil {
		return conn, by, nil
	}
	if len(failed) == 0 {
		failed = append(failed, context.Cause(ctx))
	}
	return nil, "", errors.Join(failed...)
}
