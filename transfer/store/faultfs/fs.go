package faultfs

import (
	"errors"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"syscall"
	"time"

	"filbert/transfer/store"
)

// Config describes a disk. The zero value is one without limits or faults.
type Config struct {
	Seed     uint64 // of what a power cut loses
	Capacity int64  // room for files (bytes), 0: no limit
	NoLinks  bool   // a file has one name, as on FAT
}

// FS is a folder in memory. It is a store.FS.
type FS struct {
	mu       sync.Mutex
	rng      *rand.Rand
	capacity int64
	noLinks  bool

	names   map[string]*file // as calls see them
	durable map[string]*file // as they are found after a power cut, but for
	pending []change         // these, in order

	calls   int // answered so far
	callsOf [Close + 1]int
	life    int // kills and power cuts so far: handles of an earlier life are dead
	off     bool
	cutAt   time.Time // last
	faults  []*Fault
}

// file is a file, or a folder.
type file struct {
	folder  bool
	data    []byte  // as calls see it
	durable []byte  // as found after a power cut, but for
	pending []write // these, in any order and part
	used    int64   // room taken (bytes)
}

// change is one change of names: each now stands for a file, or for none.
type change map[string]*file

var _ store.FS = (*FS)(nil)

// New makes an empty folder.
func New(cfg Config) *FS {
	f := &FS{
		rng:      rand.New(rand.NewPCG(cfg.Seed, 0)),
		capacity: math.MaxInt64,
		noLinks:  cfg.NoLinks,
		names:    map[string]*file{},
		durable:  map[string]*file{},
	}
	if cfg.Capacity > 0 {
		f.capacity = cfg.Capacity
	}
	return f
}

// SetCapacity changes the room for files (bytes). Files that are there stay.
func (f *FS) SetCapacity(n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.capacity = n
}

// Open opens a file.
func (f *FS) Open(name string) (h store.Handle, err error) {
	err = f.call(Open, name, func() error {
		there, ok := f.names[name]
		if !ok || there.folder {
			return fs.ErrNotExist
		}
		h = &handle{fs: f, file: there, name: name, life: f.life}
		return nil
	})
	return h, err
}

// Create makes a file.
func (f *FS) Create(name string) (h store.Handle, err error) {
	err = f.call(Create, name, func() error {
		if err := f.vacant(name); err != nil {
			return err
		}
		made := &file{}
		f.change(change{name: made})
		h = &handle{fs: f, file: made, name: name, life: f.life}
		return nil
	})
	return h, err
}

// Rename gives a file another name in place of whatever had it.
func (f *FS) Rename(from, to string) error {
	return f.call(Rename, from, func() error {
		there, ok := f.names[from]
		if !ok {
			return fs.ErrNotExist
		}
		f.change(change{to: there, from: nil})
		return nil
	})
}

// Link gives a file a second name in this folder; other folders are other disks.
func (f *FS) Link(from string, dir store.FS, to string) error {
	return f.call(Link, to, func() error {
		if f.noLinks || dir != store.FS(f) {
			return errors.ErrUnsupported
		}
		there, ok := f.names[from]
		if !ok {
			return fs.ErrNotExist
		}
		if err := f.vacant(to); err != nil {
			return err
		}
		f.change(change{to: there})
		return nil
	})
}

// Remove takes away one name.
func (f *FS) Remove(name string) error {
	return f.call(Remove, name, func() error {
		if _, ok := f.names[name]; !ok {
			return fs.ErrNotExist
		}
		f.change(change{name: nil})
		return nil
	})
}

// Mkdir makes a folder.
func (f *FS) Mkdir(name string) error {
	return f.call(Mkdir, name, func() error {
		switch there, ok := f.names[name]; {
		case !ok:
			f.change(change{name: &file{folder: true}})
			return nil
		case there.folder:
			return nil
		default:
			return fs.ErrExist
		}
	})
}

// List gives the names of the files in a folder, in order.
func (f *FS) List(dir string) (names []string, err error) {
	err = f.call(List, dir, func() error {
		if !f.isFolder(dir) {
			return fs.ErrNotExist
		}
		for _, name := range slices.Sorted(maps.Keys(f.names)) {
			if path.Dir(name) == dir && !f.names[name].folder {
				names = append(names, path.Base(name))
			}
		}
		return nil
	})
	return names, err
}

// SyncDir makes the names in a folder durable.
func (f *FS) SyncDir(dir string) error {
	return f.call(SyncDir, dir, func() error {
		f.pending = slices.DeleteFunc(f.pending, func(c change) bool {
			for name := range c {
				if path.Dir(name) == dir {
					c.apply(f.durable)
					return true
				}
			}
			return false
		})
		return nil
	})
}

// Free is the room left for files (bytes).
func (f *FS) Free() (free int64, err error) {
	err = f.call(Free, ".", func() error {
		free = f.room()
		return nil
	})
	return free, err
}

// Close does nothing: the files stay.
func (f *FS) Close() error { return nil }

// vacant refuses a name that is taken, or in a folder that is not there.
func (f *FS) vacant(name string) error {
	if _, ok := f.names[name]; ok {
		return fs.ErrExist
	}
	if !f.isFolder(path.Dir(name)) {
		return fs.ErrNotExist
	}
	return nil
}

func (f *FS) isFolder(name string) bool {
	there, ok := f.names[name]
	return name == "." || ok && there.folder
}

// room is what is left of the capacity.
func (f *FS) room() int64 {
	left := f.capacity
	seen := map[*file]bool{}
	for _, there := range f.names {
		if !seen[there] {
			seen[there] = true
			left -= there.used
		}
	}
	return max(0, left)
}

// change changes names now, and durably some time later.
func (f *FS) change(c change) {
	c.apply(f.names)
	f.pending = append(f.pending, c)
}

func (c change) apply(names map[string]*file) {
	for name, to := range c {
		if to == nil {
			delete(names, name)
		} else {
			names[name] = to
		}
	}
}

// call answers one call, unless a fault is due. Nothing of f is locked while a
// slow disk is slow.
func (f *FS) call(op Op, name string, do func() error) error {
	return f.callWith(op, name, func(fault *Fault) error {
		if fault != nil && fault.Err != nil {
			return fault.Err
		}
		return do()
	})
}

// errFull is what a full disk says.
var errFull = error(syscall.ENOSPC)
