package bench

import (
	"net"
	"sync"
)

// bareOut is what waits for one connection of the bare relay.
type bareOut struct {
	mu      sync.Mutex
	some    sync.Cond // there is something to write, or no more to come
	room    sync.Cond // the writer took all there was
	pending []byte
	closed  bool
}

func newBareOut() *bareOut {
	o := &bareOut{pending: make([]byte, 0, barePending)}
	o.some.L, o.room.L = &o.mu, &o.mu
	return o
}

// append takes a copy of b; it waits while there is no room.
func (o *bareOut) append(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.closed && len(o.pending)+len(b) > barePending {
		o.room.Wait()
	}
	if o.closed {
		return
	}
	if len(o.pending) == 0 {
		o.some.Signal()
	}
	o.pending = append(o.pending, b...)
}

// run is the writing goroutine of a connection.
func (o *bareOut) run(conn net.Conn) {
	spare := make([]byte, 0, barePending)
	for {
		o.mu.Lock()
		for !o.closed && len(o.pending) == 0 {
			o.some.Wait()
		}
		if o.closed {
			o.mu.Unlock()
			return
		}
		o.pending, spare = spare[:0], o.pending
		o.room.Broadcast()
		o.mu.Unlock()
		if _, err := conn.Write(spare); err != nil {
			o.close()
			return
		}
	}
}

func (o *bareOut) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.some.Signal()
	o.room.Broadcast()
}
