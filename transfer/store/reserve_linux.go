package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve allocates blocks without touching the length. A signal may interrupt
// the call on a large file. In memory there are no blocks to keep together, and
// the call would touch every page before the first byte can be asked for.
func reserve(f *os.File, size int64) error {
	var where unix.Statfs_t
	if unix.Fstatfs(int(f.Fd()), &where) == nil && where.Type == unix.TMPFS_MAGIC {
		return nil
	}
	for {
		err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, size)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, errors.ErrUnsupported):
			return nil
		default:
			return os.NewSyscallError("fallocate", err)
		}
	}
}
