package fabric

import (
	"fmt"
	"net/netip"
	"time"
)

// Fault is something that goes wrong, or right again, at a given time: see [Net.At]. A fault of a host that is not
// there, or is there already, does nothing.
type Fault interface {
	String() string
	apply(n *Net, now time.Duration)
}

// Kill makes a host vanish. Its own connections, listeners and sockets are closed, so that its node ends. With Reset
// its peers see a reset, as when a process is killed; without, nothing, as when the machine loses power: what they
// send is lost until [Net.Host] brings a host with this address to life again, which answers with resets.
type Kill struct {
	Host  netip.Addr
	Reset bool
}

// Pause makes a host neither receive nor send until it is resumed, as a stopped process or a sleeping laptop. What
// arrives waits, datagrams up to a limit. Its goroutines and timers run on; stopping those is up to its node.
type Pause struct{ Host netip.Addr }

// Resume ends a pause.
type Resume struct{ Host netip.Addr }

func (f Kill) apply(n *Net, now time.Duration) {
	h := n.hosts[f.Host.Unmap()]
	if h == nil {
		return
	}
	if f.Reset {
		h.resetAllLocked(now)
	}
	h.dieLocked()
}

func (f Pause) apply(n *Net, _ time.Duration) {
	if h := n.hosts[f.Host.Unmap()]; h != nil {
		h.paused = true
	}
}

func (f Resume) apply(n *Net, now time.Duration) {
	h := n.hosts[f.Host.Unmap()]
	if h == nil {
		return
	}
	h.paused = false
	for _, ev := range h.held {
		ev.at = now
		n.queue.push(ev)
	}
	h.held, h.heldDatagrams = nil, 0
	n.unstallLocked()
}

func (f Kill) String() string {
	if f.Reset {
		return fmt.Sprintf("kill %v with resets", f.Host)
	}
	return fmt.Sprintf("kill %v", f.Host)
}

func (f Pause) String() string  { return fmt.Sprintf("pause %v", f.Host) }
func (f Resume) String() string { return fmt.Sprintf("resume %v", f.Host) }
