package node

import (
	"sync"
	"time"
)

// moved is the bytes of files that went and came, as they were last looked at.
type moved struct {
	mu    sync.Mutex
	at    time.Time // guarded by mu
	bytes uint64    // guarded by mu
	busy  bool      // guarded by mu: there were more than when it was looked at before
}

// transferring reports whether transfers are under way: whether bytes moved lately.
// Who does not ask for long is told so until the next look.
func (n *Node) transferring() bool {
	bytes := n.uploads.Sent() + n.spaces.Moved()
	if n.downloads != nil {
		bytes += n.downloads.Received()
	}
	return n.moved.look(time.Now(), bytes)
}

// look takes note of how many bytes moved since the start.
func (m *moved) look(now time.Time, bytes uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.at) >= movedLook {
		m.busy = bytes != m.bytes
		m.at, m.bytes = now, bytes
	}
	return m.busy
}
