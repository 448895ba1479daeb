package tlslink

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestHalfAProcessor: however many handshakes others begin, and however long each computes,
// they have half of one processor; ours have all of theirs.
func TestHalfAProcessor(t *testing.T) {
	for _, test := range []struct {
		name  string
		turns func() *turns
		took  time.Duration // of 100 handshakes of 3 ms each
	}{
		{"theirs", func() *turns { return newTurns(1, true) }, 99*6*time.Millisecond + 3*time.Millisecond},
		{"ours", func() *turns { return newTurns(1, false) }, 100 * 3 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			turns, began := test.turns(), time.Now()
			var work sync.WaitGroup
			for range 100 {
				work.Go(func() {
					if err := turns.take(t.Context()); err != nil {
						t.Error(err)
					}
					since := time.Now()
					time.Sleep(3 * time.Millisecond) // it computes
					turns.give(since)
				})
			}
			work.Wait()
			if took := time.Since(began); took != test.took || turns.busy.Load() != int64(300*time.Millisecond) {
				t.Errorf("%s: over after %v, want %v; computed %v", test.name, took, test.took, time.Duration(turns.busy.Load()))
			}
			time.Sleep(time.Second)
			if len(turns.tokens) != 0 {
				t.Errorf("%s: a turn was not given back", test.name)
			}
		})
	}
}

// TestRestIsBounded: one that was held up does not hold up the others for as long.
func TestRestIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1, true)
		if err := turns.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		turns.give(time.Now().Add(-time.Hour))
		began := time.Now()
		if err := turns.take(t.Context()); err != nil || time.Since(began) != maxRest {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := turns.take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("two at once: %v", err)
		}
	})
}

// TestTurn: a handshake that somebody else makes computes in turn with those of the Layer.
func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(certificate(t, 1, 10))
		end, err := l.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, _, errB := conversation(t, New(certificate(t, 2, 10)).client(t.Context()), l.server(ctx)); !errors.Is(errB, context.DeadlineExceeded) {
			t.Errorf("two at once: %v", errB)
		}
		end()
		end()
		if _, _, errA, errB := conversation(t, New(certificate(t, 2, 10)).client(t.Context()), l.server(t.Context())); errA != nil || errB != nil {
			t.Error(errA, errB)
		}
		if l.Busy() != time.Second {
			t.Errorf("they computed %v", l.Busy())
		}
	})
}
