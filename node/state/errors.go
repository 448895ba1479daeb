package state

import "errors"

// Errors of a store.
var (
	// ErrNotFound: the bucket has no such key.
	ErrNotFound = errors.New("not found")
	// ErrCorrupt: what was read is not what was written. It may concern one
	// value, or the whole file; then every later call returns it, and the next
	// Open sets the file aside.
	ErrCorrupt = errors.New("state is damaged")
	// ErrVersion: the value was written by a newer release.
	ErrVersion = errors.New("written by a newer release")
	// ErrTooLarge: a bucket name, key or value is empty where it may not be or
	// above its cap, or the file is full.
	ErrTooLarge = errors.New("outside the size limits")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("closed")
)

// ErrLocked is returned by Lock and Open while another instance holds the lock.
var ErrLocked = errors.New("another instance is running")
