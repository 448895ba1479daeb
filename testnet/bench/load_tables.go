package bench

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"filbert/overlay/qrp"
)

// tell writes the same on some connections and waits until the relay took it.
func (l *load) tell(ctx context.Context, receivers []*receiver, frames []byte) error {
	for _, r := range receivers {
		if err := r.line.write(frames); err != nil {
			return err
		}
	}
	return l.ask(ctx, receivers)
}

// tellLeaves has every leaf tell its table and waits until queries reach it.
func (l *load) tellLeaves(ctx context.Context) error {
	own := make([][]byte, l.shelf.leaves)
	var making sync.WaitGroup
	for i := range own {
		making.Go(func() { own[i] = bytes.Join(tableFrames(l.shelf.table(i)), nil) })
	}
	making.Wait()
	leaves := l.receivers[l.ultrapeers:]
	for i, r := range leaves {
		if err := r.line.write(own[i]); err != nil {
			return err
		}
	}
	if err := l.ask(ctx, leaves); err != nil {
		return err
	}
	return l.prove(ctx)
}

// tellUltrapeers has every ultrapeer tell a table with the words of all leaves.
func (l *load) tellUltrapeers(ctx context.Context) error {
	return l.tell(ctx, l.receivers, bytes.Join(tableFrames(l.shelf.all(qrp.UltrapeerBits)), nil))
}

// prove has a query sent to every group of leaves, and each leaf get its own.
func (l *load) prove(ctx context.Context) error {
	got, err := l.spell(ctx, func(s *sender) error {
		if s.index > 0 {
			return nil
		}
		for range l.shelf.groups {
			if err := s.send(1); err != nil {
				return err
			}
			if err := s.await(ctx, s.number); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && (got.Copies != got.Expected || got.Strays > 0) {
		err = fmt.Errorf("bench: with %d leaves %d of %d copies came, %d to others", l.shelf.leaves, got.Copies, got.Expected, got.Strays)
	}
	return err
}
