package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Options of Open. The zero value works.
type Options struct {
	// LockTimeout is how long to wait for another instance to end; zero is
	// DefaultLockTimeout, a negative one does not wait.
	LockTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.LockTimeout == 0 {
		o.LockTimeout = DefaultLockTimeout
	}
	return o
}

// Open opens the store in the file path and creates it if there is none. It
// locks the file path.lock until Close; the error wraps ErrLocked while another
// process holds it.
//
// A file that is damaged anywhere, in its structure or in one value, is renamed
// to path.corrupt-<UTC time> and a new one is begun: Recovered tells. A file
// that cannot be read or written is left alone and is an error.
func Open(path string, opts Options) (*DB, error) { return open(path, opts.withDefaults(), maxFile) }

// open is Open with a cap on the size of the file in bytes.
func open(path string, opts Options, maxSize int) (_ *DB, err error) {
	lock, err := lockWithin(path+".lock", opts.LockTimeout)
	if err != nil {
		return nil, err
	}
	db := &DB{}
	b, err := openChecked(path, maxSize)
	if errors.Is(err, ErrCorrupt) {
		db.why = err
		if db.aside, err = setAside(path, time.Now()); err == nil {
			b, err = openChecked(path, maxSize)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("state: open %s: %w", path, errors.Join(err, lock.Release()))
	}
	db.b = &locked{b, lock}
	return db, nil
}

// locked is a store on disk with its lock.
type locked struct {
	*bolt
	lock *Held
}

func (l *locked) close() error { return errors.Join(l.bolt.close(), l.lock.Release()) }

// openChecked opens a file if it is whole or not there yet.
func openChecked(path string, maxSize int) (*bolt, error) {
	fresh, err := check(path)
	if err != nil {
		return nil, err
	}
	// The lock is ours: bbolt waits for nobody but a foreign tool.
	b, err := openBolt(path, maxSize, lockRetry)
	if err != nil {
		return nil, err
	}
	if fresh {
		err = SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// check reads the file through, and reports whether there is none yet. One
// without a byte counts as none: a crash left it before anything was kept.
func check(path string) (fresh bool, err error) {
	// Asked before it is opened: opening a FIFO would wait for its writer.
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, errors.New("it is not a file; move it away")
	case info.Size() == 0:
		return true, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	return false, errors.Join(checkFile(f, info.Size()), f.Close())
}

// setAside renames a damaged file and returns its new name.
func setAside(path string, now time.Time) (string, error) {
	base := path + ".corrupt-" + now.UTC().Format("20060102T150405Z")
	aside := base
	for i := 2; ; i++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		if i > maxAside {
			return "", fmt.Errorf("set aside: %s and %d more exist", base, maxAside-1)
		}
		aside = fmt.Sprintf("%s-%d", base, i)
	}
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	return aside, SyncDir(filepath.Dir(path))
}

// SyncDir makes a new name in a folder last through a power cut. Windows cannot, and its file
// systems journal names.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
