package state

import (
	"errors"
	"fmt"
)

// Bucket is one named part of a store. It needs not to exist: it appears with
// its first key. Each method is a transaction of its own.
type Bucket struct {
	db   *DB
	name string
}

// Bucket returns the bucket of that name.
func (db *DB) Bucket(name string) Bucket { return Bucket{db, name} }

// Get returns a copy of the value, or ErrNotFound.
func (b Bucket) Get(key string) (value []byte, err error) {
	err = b.db.b.view(func(t txn) error {
		value, err = (&Tx{t}).Get(b.name, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("state: get: %w", err)
	}
	return value, nil
}

// Put stores a copy of value durably.
func (b Bucket) Put(key string, value []byte) error {
	return b.db.Update(func(tx *Tx) error { return tx.Put(b.name, key, value) })
}

// Delete removes a key durably; it is no error if there is none.
func (b Bucket) Delete(key string) error {
	return b.db.Update(func(tx *Tx) error { return tx.Delete(b.name, key) })
}

// ForEach calls fn for the keys the bucket has now, in the order of their
// bytes, until fn fails. No transaction is open meanwhile: fn may use the store
// and take its time, each value is as of its call, and keys that go are left
// out.
func (b Bucket) ForEach(fn func(key string, value []byte) error) error {
	var keys []string
	err := b.db.b.view(func(t txn) (err error) {
		keys, err = t.keys(b.name)
		return err
	})
	if err != nil {
		return fmt.Errorf("state: for each: %w", err)
	}
	return each(keys, b.Get, fn)
}

// each calls fn for those keys that get still finds.
func each(keys []string, get func(key string) ([]byte, error), fn func(key string, value []byte) error) error {
	for _, key := range keys {
		value, err := get(key)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err == nil {
			err = fn(key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
