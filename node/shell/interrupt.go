package shell

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
)

// errInterrupt is Ctrl-C, at the prompt or as the cause of a command's end.
var errInterrupt = errors.New("interrupted")

// interrupts takes SIGINT from the process for as long as a terminal is read:
// while a command runs the terminal is in its cooked mode and turns Ctrl-C
// into that signal.
type interrupts struct{ signals chan os.Signal }

func catchInterrupts() *interrupts {
	i := &interrupts{signals: make(chan os.Signal, 1)}
	signal.Notify(i.signals, os.Interrupt)
	return i
}

func (i *interrupts) stop() {
	if i != nil {
		signal.Stop(i.signals)
	}
}

// guard calls f with a context that SIGINT ends, and reports whether it did. A
// nil receiver leaves the signal to the rest of the process.
func (i *interrupts) guard(ctx context.Context, f func(context.Context) error) (interrupted bool, err error) {
	if i == nil {
		return false, f(ctx)
	}
	select {
	case <-i.signals: // of an earlier time
	default:
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	var watch sync.WaitGroup
	defer watch.Wait()
	done := make(chan struct{})
	defer close(done)
	watch.Go(func() {
		select {
		case <-i.signals:
			cancel(errInterrupt)
		case <-done:
		}
	})
	err = f(ctx)
	return errors.Is(context.Cause(ctx), errInterrupt), err
}
