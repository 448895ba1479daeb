package identity

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Errors of Load and LoadOrCreate, beside those of the file system.
var (
	// ErrExposed: others may read the key. The text says how to end that.
	ErrExposed = errors.New("the key can be read by others")
	// ErrCorrupt: the file is no key, or a damaged one. The text says what to
	// do.
	ErrCorrupt = errors.New("the key file is damaged")
)

// Load reads the identity kept in the file path. The error wraps
// fs.ErrNotExist, ErrExposed, ErrCorrupt or what the file system said.
func Load(path string) (*Identity, error) {
	file, err := readKeyFile(path)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	id, err := decode(file)
	if err != nil {
		return nil, fmt.Errorf("identity: %s: %w: %w; restore it from a copy, or move it away to start as somebody new",
			path, ErrCorrupt, err)
	}
	return id, nil
}

// LoadOrCreate is Load, but makes a new identity from rand when there is no
// file, and says so. The file appears whole or not at all, with mode 0600, and
// never in place of another one: of several processes that create it at once,
// one wins and all return its identity.
func LoadOrCreate(path string, rand io.Reader) (id *Identity, created bool, err error) {
	if id, err = Load(path); !errors.Is(err, fs.ErrNotExist) {
		return id, false, err
	}
	if id, err = New(rand); err != nil {
		return nil, false, err
	}
	switch err = create(path, id); {
	case errors.Is(err, fs.ErrExist):
		id, err = Load(path)
		return id, false, err
	case err != nil:
		return nil, false, fmt.Errorf("identity: create %s: %w", path, err)
	}
	return id, true, nil
}

// readKeyFile returns the bytes of a key file that only its owner can read.
func readKeyFile(path string) ([]byte, error) {
	// Asked before it is opened: opening a FIFO would wait for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file; move it away", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	// Windows has no such bits: there the folder's access list protects it.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w (mode %#o); if it is still yours alone, run: chmod 600 %s",
			path, ErrExposed, info.Mode().Perm(), path)
	}
	file, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, err
	}
	if len(file) > maxKeyFile {
		return nil, fmt.Errorf("%s: %w: it has more than %d bytes", path, ErrCorrupt, maxKeyFile)
	}
	return file, nil
}

// create writes the key file of id: a temporary file in the same folder is
// made durable and then given its name. The error wraps fs.ErrExist if the name
// is taken.
func create(path string, id *Identity) (err error) {
	file, err := id.encode()
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, ".identity-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(file)
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	if err = publish(temp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// publish gives the file temp the name path, unless that is taken. A rename
// would replace what is there; a link does not. File systems without links,
// such as FAT, get the rename after a look.
func publish(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	return os.Rename(temp, path)
}

// syncDir makes a new name in a folder durable. Windows cannot, and its file
// systems journal names.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
