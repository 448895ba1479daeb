package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/node/state"
)

const (
	stateHashes = "hashes" // bucket of the library's hashes

	// hashFlush is how long a hash may wait to be written.
	hashFlush = time.Second

	// maxUnwritten is how many hashes wait at most, and maxUnwrittenBytes how
	// much they and the trees with them may take; what comes while the disk is
	// that far behind is lost, which costs a hash at the next start.
	maxUnwritten      = 100_000
	maxUnwrittenBytes = 64 << 20
)

// hashCache keeps the library's hashes in the state. Writing is done behind the
// library's back: it may not wait for the disk. It implements library.Cache.
type hashCache struct {
	bucket state.Bucket
	db     *state.DB
	log    zerolog.Logger

	happened happened

	mu      sync.Mutex
	changed map[string][]byte // not written yet; nil = to be deleted
	bytes   int               // of the values in changed
	kick    chan struct{}     // something changed; holds one
}

func newHashCache(db *state.DB, log zerolog.Logger, h happened) *hashCache {
	return &hashCache{
		bucket: db.Bucket(stateHashes), db: db, log: log, happened: h, changed: make(map[string][]byte), kick: make(chan struct{}, 1),
	}
}

// stateKey makes a key of bounded length.
func stateKey(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:16])
}

// Get implements library.Cache.
func (c *hashCache) Get(key []byte) ([]byte, bool) {
	k := stateKey(key)
	c.mu.Lock()
	value, changed := c.changed[k]
	c.mu.Unlock()
	if changed {
		return value, value != nil
	}
	value, err := c.bucket.Get(k)
	return value, err == nil
}

// Put implements library.Cache.
func (c *hashCache) Put(key, value []byte) { c.change(stateKey(key), append([]byte{}, value...)) }

// Delete implements library.Cache.
func (c *hashCache) Delete(key []byte) { c.change(stateKey(key), nil) }

func (c *hashCache) change(key string, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if more := len(value) - len(c.changed[key]); len(c.changed) < maxUnwritten && c.bytes+more <= maxUnwrittenBytes {
		c.changed[key] = value
		c.bytes += more
	}
	c.wake()
}

// wake has what changed written soon.
func (c *hashCache) wake() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// run writes what changed, together with what changes within hashFlush, until
// ctx ends, and once more then. While nothing changes it sleeps.
func (c *hashCache) run(ctx context.Context) error {
	defer c.flush()
	for {
		select {
		case <-c.kick:
		case <-ctx.Done():
			return nil
		}
		select {
		case <-time.After(hashFlush):
			c.flush()
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *hashCache) flush() {
	c.mu.Lock()
	batch := maps.Clone(c.changed)
	c.mu.Unlock()
	if len(batch) == 0 {
		return
	}
	err := c.db.Update(func(tx *state.Tx) error {
		for key, value := range batch {
			var err error
			if value == nil {
				err = tx.Delete(stateHashes, key)
			} else {
				err = tx.Put(stateHashes, key, value)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.log.Warn().Err(err).Msg("hashes could not be kept; the next start computes them again")
		c.happened.disk("hashes of shared files", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, value := range batch {
		if now, ok := c.changed[key]; ok && string(now) == string(value) && (now == nil) == (value == nil) {
			c.bytes -= len(now)
			delete(c.changed, key)
		}
	}
}
