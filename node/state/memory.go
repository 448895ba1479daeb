package state

import (
	"bytes"
	"maps"
	"slices"
	"sync"
)

// Memory returns an empty store that is kept in memory only, for simulated
// nodes. It behaves as one on disk does.
func Memory() *DB {
	return &DB{b: &memory{buckets: make(map[string]map[string][]byte)}}
}

// memory keeps framed values in maps. Writers change them in place and note how
// to undo it.
type memory struct {
	mu      sync.Mutex
	buckets map[string]map[string][]byte
	closed  bool
}

func (m *memory) view(fn func(txn) error) error { return m.update(fn) }

func (m *memory) update(fn func(txn) error) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	t := &memoryTxn{m: m}
	done := false
	defer func() {
		if !done { // fn failed or panicked
			t.rollback()
		}
	}()
	err = fn(t)
	done = err == nil
	return err
}

func (m *memory) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.buckets = true, nil
	return nil
}

type memoryTxn struct {
	m    *memory
	undo []memoryChange
}

// memoryChange is what a key held before; nil if nothing.
type memoryChange struct {
	bucket, key string
	before      []byte
}

func (t *memoryTxn) get(bucket, key string) ([]byte, error) {
	return bytes.Clone(t.m.buckets[bucket][key]), nil
}

func (t *memoryTxn) put(bucket, key string, framed []byte) error {
	t.change(bucket, key, framed)
	return nil
}

func (t *memoryTxn) delete(bucket, key string) error {
	t.change(bucket, key, nil)
	return nil
}

func (t *memoryTxn) keys(bucket string) ([]string, error) {
	return slices.Sorted(maps.Keys(t.m.buckets[bucket])), nil
}

func (t *memoryTxn) change(bucket, key string, framed []byte) {
	t.undo = append(t.undo, memoryChange{bucket, key, t.m.buckets[bucket][key]})
	t.m.set(bucket, key, framed)
}

func (t *memoryTxn) rollback() {
	for _, c := range slices.Backward(t.undo) {
		t.m.set(c.bucket, c.key, c.before)
	}
}

// set stores framed, or removes the key if it is nil.
func (m *memory) set(bucket, key string, framed []byte) {
	if framed == nil {
		delete(m.buckets[bucket], key)
		return
	}
	if m.buckets[bucket] == nil {
		m.buckets[bucket] = make(map[string][]byte)
	}
	m.buckets[bucket][key] = framed
}
