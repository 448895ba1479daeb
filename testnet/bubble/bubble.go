// Package bubble runs a function in virtual time.
//
// Inside a bubble plain package time is virtual: it starts at midnight UTC 2000-01-01 and jumps to the next timer
// whenever every goroutine is idle, that is blocked on a channel, a select, a sync.Cond, a WaitGroup or a sleep of
// the bubble. A goroutine that waits for a sync.Mutex, a file, a real socket, or a channel made outside the bubble
// is not idle, and time stands still until it goes on.
//
// The package hides that testing/synctest works outside "go test" on a zero testing.T, which is not documented. Its
// tests build and run a normal program, so that a Go release which ends this is noticed by them and not by a user.
package bubble

import (
	"sync"
	"testing"
	"testing/synctest"
)

// Run calls f in a new bubble and returns when f and every goroutine started in it have ended. It works in any
// program; a test that has a *testing.T uses [Test].
//
// A failure is never swallowed. A panic of f, or of any goroutine of the bubble, ends the process with the stack of
// its origin. Run itself panics if f ends by runtime.Goexit, if Run is called inside a bubble, if all goroutines are
// blocked for ever, or if one is blocked when f returns: a sleeping one too, because time stops when f returns.
func Run(f func()) {
	returned := false
	defer func() {
		// Panicking again makes the runtime add the stacks of the goroutines that are left in the bubble.
		if r := recover(); r != nil {
			panic(r)
		}
	}()
	synctest.Test(new(testing.T), func(*testing.T) {
		// In a goroutine of its own: the deferred calls of package testing that would meet a panic of f, or its
		// Goexit, need more of a T than the zero one has.
		var wg sync.WaitGroup
		wg.Go(func() {
			f()
			returned = true
		})
		wg.Wait()
	})
	if !returned {
		panic("bubble: the function called runtime.Goexit")
	}
}

// Test calls f in a new bubble as part of the test t; failures of f are failures of t. T.Cleanup functions run inside
// the bubble, T.Context belongs to it, and T.Run, T.Parallel and T.Deadline must not be called.
func Test(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// Wait blocks until every other goroutine of the bubble is idle and no timer is due. It panics outside a bubble, and
// when two goroutines of one bubble wait at the same time.
func Wait() { synctest.Wait() }
