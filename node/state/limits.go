package state

import "time"

const (
	// MaxName is the longest bucket name in bytes. Names are constants of the
	// program.
	MaxName = 64

	// MaxKey is the longest key in bytes; bbolt takes 32768, but several keys
	// should fit a page.
	MaxKey = 1024

	// MaxValue is the largest value in bytes. The largest thing kept as one
	// value is the snapshot of the host cache, some 500 kB.
	MaxValue = 1 << 20

	// maxFile bounds the file in bytes, so that an error elsewhere cannot fill
	// the disk and the check at the start stays short.
	maxFile = 256 << 20

	// overdraft is how far a transaction that only deletes may exceed that, in
	// bytes: bbolt needs new pages even to free old ones, and grows a file by
	// 16 MiB at a time.
	overdraft = 32 << 20

	// maxDepth bounds the height of a B+ tree that is believed: with two keys
	// in a page, fewer than maxFile/pageSize pages cannot be higher.
	maxDepth = 32

	// maxAside bounds how many damaged files are kept under names of one
	// second.
	maxAside = 100

	// DefaultLockTimeout is how long Open waits for another instance to end: a
	// node that is restarted may still be writing.
	DefaultLockTimeout = time.Second

	// lockRetry is the pause between two attempts to lock.
	lockRetry = 20 * time.Millisecond

	// maxPID is how many digits of a process number are read from a lock file.
	maxPID = 20
)
