package state

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// pidAt is where a lock file holds the process number of its last holder.
// Windows lets nobody else read the byte that is locked, which is the first.
const pidAt = 1

// Held is a lock that this process holds.
type Held struct {
	file *flock.Flock
}

// Lock takes the lock file path, which is created if need be, without waiting.
// It is held until Release or the end of the process, however that ends: a lock
// file that was left behind locks nothing. The error wraps ErrLocked if another
// process, or another Lock of this one, holds it, and names the process.
//
// The file stays after Release. To remove it would let two processes lock two
// files of one name.
func Lock(path string) (*Held, error) { return lockWithin(path, 0) }

// lockWithin is Lock that tries again until the timeout is over.
func lockWithin(path string, timeout time.Duration) (*Held, error) {
	file := flock.New(path, flock.SetPermissions(0o600))
	for deadline := time.Now().Add(timeout); ; time.Sleep(lockRetry) {
		ok, err := file.TryLock()
		if err != nil {
			return nil, fmt.Errorf("state: lock %s: %w", path, err)
		}
		if ok {
			break
		}
		if !time.Now().Before(deadline) {
			return nil, fmt.Errorf("state: lock %s: %w%s", path, ErrLocked, holder(path))
		}
	}
	if err := writePID(path); err != nil {
		return nil, fmt.Errorf("state: lock %s: %w", path, errors.Join(err, file.Close()))
	}
	return &Held{file}, nil
}

// Release gives the lock up. A second Release does nothing.
func (h *Held) Release() error {
	if err := h.file.Close(); err != nil {
		return fmt.Errorf("state: unlock: %w", err)
	}
	return nil
}

func writePID(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	// Padded, so that nothing of a longer number is left. The file is not cut
	// first: others would find it empty in between.
	_, err = f.WriteAt(fmt.Appendf(nil, "%-*d\n", maxPID, os.Getpid()), pidAt)
	return errors.Join(err, f.Close())
}

// holder describes who wrote a lock file, as far as that is known.
func holder(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, maxPID)
	n, _ := f.ReadAt(b, pidAt) // a short file is a short number
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}
