package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Modes of what is made: files are for others as far as the user's umask lets
// them be, since they keep their mode when complete.
const (
	fileMode = 0o666
	dirMode  = 0o700
)

// Disk is the FS of a real folder. Names cannot leave it, whatever symbolic
// links lie in it: it stands on os.Root.
type Disk struct{ root *os.Root }

// OpenDisk opens the folder dir, which must exist.
func OpenDisk(dir string) (*Disk, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Disk{root}, nil
}

// Close closes the folder; files opened through it stay open.
func (d *Disk) Close() error { return d.root.Close() }

// Open opens a regular file for reading and writing.
func (d *Disk) Open(name string) (Handle, error) {
	f, err := d.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return diskFile{f}, nil
}

// Create makes a file; fs.ErrExist if the name is taken.
func (d *Disk) Create(name string) (Handle, error) {
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// Rename gives a file another name in place of whatever had it.
func (d *Disk) Rename(from, to string) error { return d.root.Rename(from, to) }

// Link gives a file a second name, also in another Disk of the same file system.
func (d *Disk) Link(from string, dir FS, to string) error {
	other, ok := dir.(*Disk)
	if !ok {
		return fmt.Errorf("link %s into a %T: %w", from, dir, errors.ErrUnsupported)
	}
	var err error
	if other == d {
		err = d.root.Link(from, to)
	} else {
		err = os.Link(filepath.Join(d.root.Name(), filepath.FromSlash(from)), filepath.Join(other.root.Name(), filepath.FromSlash(to)))
	}
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// EXDEV, EPERM of FAT, EMLINK, ENOTSUP, ...: what comes instead of a link
	// meets the same error again if it was a real one.
	return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
}

// Remove takes away one name.
func (d *Disk) Remove(name string) error { return d.root.Remove(name) }

// Mkdir makes a folder only its owner reads.
func (d *Disk) Mkdir(name string) error {
	err := d.root.Mkdir(name, dirMode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// List gives the names of the regular files in a folder, in order.
func (d *Disk) List(dir string) ([]string, error) {
	entries, err := fs.ReadDir(d.root.FS(), dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// SyncDir makes the names in a folder durable. Windows has no call for that;
// NTFS writes them through its log in order.
func (d *Disk) SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Free is the space left for a user without privileges (bytes).
func (d *Disk) Free() (int64, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return freeSpace(f)
}

// diskFile is a Handle on an *os.File.
type diskFile struct{ *os.File }

func (f diskFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f diskFile) Reserve(size int64) error {
	if size == 0 {
		return nil
	}
	return reserve(f.File, size)
}
