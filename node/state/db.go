package state

import "fmt"

// DB is a store of named buckets. It may be used by several goroutines; a call
// waits for the transactions before it, a write also for the disk.
type DB struct {
	b     backend
	aside string
	why   error
}

// backend runs transactions one at a time. update leaves no trace of fn when fn
// fails; the txn ends with fn.
type backend interface {
	view(fn func(txn) error) error
	update(fn func(txn) error) error
	close() error
}

// txn is one transaction over framed values. get returns a copy, put keeps what
// it is given.
type txn interface {
	get(bucket, key string) ([]byte, error) // nil if there is none
	put(bucket, key string, framed []byte) error
	delete(bucket, key string) error
	keys(bucket string) ([]string, error) // in order
}

// Recovered reports whether Open found a damaged file: under which name it was
// set aside, and what was wrong. Otherwise both are zero.
func (db *DB) Recovered() (aside string, why error) { return db.aside, db.why }

// Close waits for the running transaction and ends the store. A second Close
// does nothing.
func (db *DB) Close() error {
	if err := db.b.close(); err != nil {
		return fmt.Errorf("state: close: %w", err)
	}
	return nil
}

// Update runs fn as one transaction: when it returns nil, all that fn wrote is
// durable; when it or fn fails, nothing was written. An error after which the
// disk is in doubt (a failed sync) may still show the new state later, whole.
// fn must use tx only, never the store.
func (db *DB) Update(fn func(tx *Tx) error) error {
	err := db.b.update(func(t txn) error {
		tx := &Tx{t}
		defer func() { tx.t = nil }()
		return fn(tx)
	})
	if err != nil {
		return fmt.Errorf("state: update: %w", err)
	}
	return nil
}

// Tx is a transaction of Update; it ends when the function it was given to
// returns. The errors of its methods wrap those of this package.
type Tx struct {
	t txn
}

// Get returns a copy of the value, or ErrNotFound.
func (tx *Tx) Get(bucket, key string) ([]byte, error) {
	if tx.t == nil {
		return nil, ErrClosed
	}
	framed, err := tx.t.get(bucket, key)
	if err != nil {
		return nil, err
	}
	if framed == nil {
		return nil, fmt.Errorf("%s/%q: %w", bucket, key, ErrNotFound)
	}
	return unframe(bucket, key, framed)
}

// Put stores a copy of value. It returns ErrTooLarge when bucket, key or value
// exceeds its cap.
func (tx *Tx) Put(bucket, key string, value []byte) error {
	if tx.t == nil {
		return ErrClosed
	}
	if err := checkSizes(bucket, key, value); err != nil {
		return err
	}
	return tx.t.put(bucket, key, frame(bucket, key, value))
}

// Delete removes a key; it is no error if there is none.
func (tx *Tx) Delete(bucket, key string) error {
	if tx.t == nil {
		return ErrClosed
	}
	return tx.t.delete(bucket, key)
}

// ForEach calls fn for each key of the bucket in the order of their bytes,
// until fn fails. fn may change the bucket: keys that appear meanwhile are not
// visited, those that go are left out.
func (tx *Tx) ForEach(bucket string, fn func(key string, value []byte) error) error {
	if tx.t == nil {
		return ErrClosed
	}
	keys, err := tx.t.keys(bucket)
	if err != nil {
		return err
	}
	return each(keys, func(key string) ([]byte, error) { return tx.Get(bucket, key) }, fn)
}
