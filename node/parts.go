package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// part is something that runs for as long as the node does. It is started after
// the parts before it and stopped before them.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// runParts starts all parts in order and runs until ctx ends or one of them
// does. It then stops them in reverse order, each before the next, and returns
// when all have ended.
func runParts(ctx context.Context, parts []part) error {
	type running struct {
		stop  context.CancelFunc
		ended chan struct{}
	}
	var (
		work    sync.WaitGroup
		mu      sync.Mutex
		failed  []error
		started []running
	)
	first := make(chan struct{}, len(parts))
	for _, p := range parts {
		// Not a child of ctx: the parts end one after the other.
		own, stop := context.WithCancel(context.WithoutCancel(ctx))
		r := running{stop, make(chan struct{})}
		started = append(started, r)
		work.Go(func() {
			defer close(r.ended)
			if err := p.run(own); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, fmt.Errorf("node: %s: %w", p.name, err))
			}
			first <- struct{}{}
		})
	}
	select {
	case <-ctx.Done():
	case <-first:
	}
	for i := len(started) - 1; i >= 0; i-- {
		started[i].stop()
		<-started[i].ended
	}
	work.Wait()
	return errors.Join(failed...)
}
