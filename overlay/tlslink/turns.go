package tlslink

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// turns are the processors on which handshakes compute, one at a time each.
type turns struct {
	tokens chan struct{} // holds one for each processor that is taken
	rests  bool          // who computed rests as long afterwards: half of the time is others'
	busy   atomic.Int64  // nanoseconds that were computed
}

func newTurns(processors int, rests bool) *turns {
	return &turns{tokens: make(chan struct{}, processors), rests: rests}
}

// take waits for a turn to compute.
func (t *turns) take(ctx context.Context) error {
	select {
	case t.tokens <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a processor: %w", context.Cause(ctx))
	}
}

// give ends a turn that was taken at a time.
func (t *turns) give(since time.Time) {
	took := time.Since(since)
	t.busy.Add(int64(took))
	if !t.rests || took <= 0 {
		<-t.tokens
		return
	}
	time.AfterFunc(min(took, maxRest), func() { <-t.tokens })
}
