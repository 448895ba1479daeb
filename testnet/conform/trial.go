package conform

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"filbert/overlay/wire"
)

// suite is what all cases of a run share.
type suite struct {
	cfg    Config
	answer block    // what the servent said of itself at first
	links  [2]*peer // two ultrapeers, kept from case to case while they live

	lastDial     time.Time
	lastDatagram time.Time
	asked        int       // queries for files of the servent's own
	sources      byte      // loopback addresses used up for datagrams
	web          *conn     // HTTP connection that is kept from case to case
	browsed      *response // the list of what it shares
	content      []byte    // of the named file
}

func (s *suite) close() {
	for _, p := range s.links {
		if p != nil {
			p.leave(quietTime)
		}
	}
	if s.web != nil {
		s.web.raw.Close()
	}
}

// trial is one case while it runs. Its methods end the case when something is
// not as it must be: they panic with a *verdict, which suite.judge catches.
type trial struct {
	*suite
	ctx  context.Context
	open []io.Closer // closed when the case ends

	crowdedAt time.Time // when a servent was first asked for a slot
}

// verdict ends a case.
type verdict struct {
	outcome   Outcome
	want, got string
	reason    string
	err       error // what went wrong on the network, if that is known
}

// fail ends the case: got is not want.
func (t *trial) fail(want, got string) {
	panic(&verdict{outcome: Fail, want: want, got: got})
}

// failf is fail with what came in a format.
func (t *trial) failf(want, format string, args ...any) { t.fail(want, fmt.Sprintf(format, args...)) }

// check fails the case unless ok.
func (t *trial) check(ok bool, want, format string, args ...any) {
	if !ok {
		t.failf(want, format, args...)
	}
}

// notOffered ends the case without blame.
func (t *trial) notOffered(format string, args ...any) {
	panic(&verdict{outcome: NotOffered, reason: fmt.Sprintf(format, args...)})
}

// needs ends the case unless the servent's answer to our first HELLO had the
// header.
func (t *trial) needs(header string) string {
	v, ok := t.answer.get(header)
	if !ok {
		t.notOffered("its headers have no %s", header)
	}
	return v
}

// needFile ends the case unless a shared file was named.
func (t *trial) needFile(words, urn bool) {
	if words && t.cfg.Words == "" || urn && t.cfg.URN == "" {
		t.notOffered("no file it shares was named (--words, --urn)")
	}
}

func (t *trial) later(c io.Closer) { t.open = append(t.open, c) }

func (t *trial) close() {
	for _, c := range t.open {
		c.Close() // what it says does not matter any more
	}
}

// pause waits.
func (t *trial) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
		t.fail("the case to end in time", t.ctx.Err().Error())
	}
}

func (t *trial) deadline() time.Time { return time.Now().Add(t.cfg.Timeout) }

// guid makes a GUID.
func (t *trial) guid() wire.GUID { return wire.NewGUID(t.cfg.Rand) }

// word makes a word that nobody has in a file name.
func (t *trial) word() string { return "zq" + letters(t.cfg.Rand, 10) }

func letters(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(r.IntN(26))
	}
	return string(b)
}

// clip cuts s to at most n bytes.
func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
