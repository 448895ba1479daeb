package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// bolt keeps framed values in a bbolt file.
//
// bbolt reads the file through a memory map and trusts it: on a damaged page it
// panics, and where the file has become shorter or cannot be read it faults.
// Both become ErrCorrupt here. bbolt's own locks may stay held after that, so
// none of its methods is ever called again.
type bolt struct {
	mu      sync.Mutex // one transaction at a time, so that nobody waits inside bbolt
	db      *bbolt.DB
	file    *os.File // that of db
	maxSize int      // of the file, in bytes
	broken  error    // set for good by the first panic inside bbolt
	closed  bool
	foreign bool // the function of a caller runs
}

// openBolt opens or creates a bbolt file of at most maxSize bytes. It has been
// checked, and nobody else has it open. The error wraps ErrCorrupt if the file
// is to blame.
func openBolt(path string, maxSize int, timeout time.Duration) (*bolt, error) {
	b := &bolt{maxSize: maxSize}
	err := b.guard(func() (err error) {
		b.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			PageSize:     pageSize,
			Timeout:      timeout,
			NoStatistics: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				b.file, err = os.OpenFile(name, flag, mode)
				return b.file, err
			},
		})
		return err
	})
	switch {
	case err == nil:
		return b, nil
	case b.broken != nil:
		return nil, errors.Join(err, b.file.Close())
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum),
		errors.Is(err, bbolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, ErrLocked
	}
	return nil, err
}

func (b *bolt) view(fn func(txn) error) error {
	return b.run(func() error {
		return b.db.View(func(tx *bbolt.Tx) error { return b.call(fn, tx) })
	})
}

func (b *bolt) update(fn func(txn) error) error {
	err := b.run(func() error {
		return b.db.Update(func(tx *bbolt.Tx) error { return b.call(fn, tx) })
	})
	if errors.Is(err, bbolterrors.ErrMaxSizeReached) {
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return err
}

func (b *bolt) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	if b.broken != nil {
		// bbolt could wait for its own locks. Its map of the file stays, and with
		// it the lock bbolt has on this one file, until the process ends.
		return b.file.Close()
	}
	return b.guard(b.db.Close)
}

// run guards one call into bbolt.
func (b *bolt) run(op func() error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return ErrClosed
	case b.broken != nil:
		return b.broken
	}
	return b.guard(op)
}

// call runs fn, whose panics are its own. What it wrote is dropped if a page
// turned out to be damaged, even if fn does not care.
func (b *bolt) call(fn func(txn) error, tx *bbolt.Tx) error {
	t := &boltTxn{b: b, tx: tx}
	b.foreign = true
	err := fn(t)
	b.foreign = false
	if b.broken != nil {
		return b.broken
	}
	// Pages are taken when the transaction is committed.
	b.db.MaxSize = b.maxSize
	if !t.puts {
		b.db.MaxSize += overdraft
	}
	return err
}

// guard turns a panic or a fault of op into ErrCorrupt.
func (b *bolt) guard(op func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if b.foreign {
			b.foreign = false
			return // it goes on to whoever gave us fn
		}
		if r := recover(); r != nil {
			b.broken = fmt.Errorf("%w: %v", ErrCorrupt, r)
			err = b.broken
		}
	}()
	return op()
}

// boltTxn is a transaction; each of its methods is a call back into bbolt.
type boltTxn struct {
	b    *bolt
	tx   *bbolt.Tx
	puts bool
}

// within runs op, which is bbolt's work inside the function of a caller.
func (t *boltTxn) within(op func() error) error {
	if t.b.broken != nil {
		return t.b.broken
	}
	t.b.foreign = false
	err := t.b.guard(op)
	t.b.foreign = true
	return err
}

func (t *boltTxn) get(bucket, key string) (framed []byte, err error) {
	err = t.within(func() error {
		in := t.tx.Bucket([]byte(bucket))
		if in == nil {
			return nil
		}
		mapped := in.Get([]byte(key))
		if len(mapped) > frameHeader+MaxValue {
			return fmt.Errorf("%w: %s/%q has %d bytes", ErrCorrupt, bucket, key, len(mapped))
		}
		framed = bytes.Clone(mapped) // here, where a fault is caught
		return nil
	})
	return framed, err
}

func (t *boltTxn) put(bucket, key string, framed []byte) error {
	t.puts = true
	return t.within(func() error {
		in, err := t.tx.CreateBucketIfNotExists([]byte(bucket))
		if err != nil {
			return err
		}
		return in.Put([]byte(key), framed)
	})
}

func (t *boltTxn) delete(bucket, key string) error {
	return t.within(func() error {
		if in := t.tx.Bucket([]byte(bucket)); in != nil {
			return in.Delete([]byte(key))
		}
		return nil
	})
}

func (t *boltTxn) keys(bucket string) (keys []string, err error) {
	err = t.within(func() error {
		in := t.tx.Bucket([]byte(bucket))
		if in == nil {
			return nil
		}
		return in.ForEach(func(key, _ []byte) error {
			keys = append(keys, string(key))
			return nil
		})
	})
	return keys, err
}
