package node

import (
	"context"
	"sync"
	"time"

	"filbert/query/flood"
	"filbert/transfer/urn"
)

// routePause is how long files that were fetched are gathered before others are told that
// they may ask for them (s): a folder of many small files changes the table a few times.
const routePause = 2 * time.Second

// routing tells neighbors what can be found here: what is shared, and by its hash what was
// fetched and is given on.
type routing struct {
	wake chan struct{} // something was fetched; holds one

	mu sync.Mutex // held while a table is made and handed over, so that the newest is the last
}

func (r *routing) kick() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// keepRouting has neighbors told of what was fetched.
func (n *Node) keepRouting(ctx context.Context) error {
	for {
		select {
		case <-n.routing.wake:
		case <-ctx.Done():
			return nil
		}
		select {
		case <-time.After(routePause):
		case <-ctx.Done():
			return nil
		}
		if n.setRouting() != nil {
			return nil // the overlay has ended, and we are about to
		}
	}
}

func (n *Node) setRouting() error {
	n.routing.mu.Lock()
	defer n.routing.mu.Unlock()
	return n.overlay.SetRouting(flood.Table(n.index, n.fetched.Hashes()))
}

// givenOn finds a file that was fetched and is given on, for hits.
func (n *Node) givenOn(sha1 [20]byte) (name string, size int64, ok bool) {
	f, ok := n.fetched.Find(urn.SHA1(sha1))
	return f.Name, f.Size, ok
}
