package library

import (
	"context"
	"net/netip"
	"time"

	"filbert/transfer/limit"
)

// pace is how fast the workers read, all together. While transfers are under way one
// of them goes on, slowly, and the others wait.
type pace struct {
	busy func() bool
	one  chan struct{} // holds one while a worker goes on beside transfers
	slow *limit.Limit  // of that one
	rate *limit.Limit  // of all, at all times
}

func newPace(cfg Config) *pace {
	return &pace{
		busy: cfg.Busy, one: make(chan struct{}, 1),
		slow: limit.New(yieldRate, true), rate: limit.New(cfg.Rate, true),
	}
}

// turn is what one worker knows of the pace.
type turn struct {
	*pace
	alone bool // it is the one that goes on
}

// wait waits until the next n bytes may be read. The error is ctx's.
func (t *turn) wait(ctx context.Context, n int) error {
	for {
		busy := t.busy()
		switch {
		case !busy:
			t.end()
			return t.rate.Wait(ctx, netip.Addr{}, n)
		case t.alone:
			if err := t.slow.Wait(ctx, netip.Addr{}, n); err != nil {
				return err
			}
			return t.rate.Wait(ctx, netip.Addr{}, n)
		}
		select {
		case t.one <- struct{}{}:
			t.alone = true
		case <-time.After(yieldLook): // the transfers may be over
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end lets another one go on. It must be called at the end of a file.
func (t *turn) end() {
	if t.alone {
		<-t.one
		t.alone = false
	}
}
