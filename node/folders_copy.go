package node

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// copyName is the name of a copy that is being written. It begins with a dot, as
// no name of a file that was announced does.
const copyName = ".filbert-copy"

// pair finds the files of a folder that have the content of one before them: they
// are fetched once.
func (u *unit) pair() {
	first := map[urn.SHA1]int{}
	for i, file := range u.files {
		u.files[i].twin = -1
		twin, ok := first[file.file.SHA1]
		switch {
		case !ok:
			first[file.file.SHA1] = i
		case !file.roots.Denies(u.files[twin].roots): // else two files have one SHA-1
			u.files[i].twin = twin
		}
	}
}

// copyTwin makes a file of the one with the same content, which has ended. It
// returns why that cannot be, "" if it is there.
func (f *folders) copyTwin(u *unit, file unitFile) string {
	f.mu.Lock()
	twin := u.files[file.twin]
	f.mu.Unlock()
	if twin.reason != "" {
		return fmt.Sprintf("it is the same file as %s: %s", twin.path, twin.reason)
	}
	err := copyFile(f.node.cfg.Downloads, path.Join(u.name, twin.path), path.Join(u.name, file.path))
	if errors.Is(err, fs.ErrExist) && sameContent(f.output(u, file), file.file) {
		return "" // a kill came before our note of it
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// copyFile copies a file within dir. It appears whole, and never over another.
func copyFile(dir, from, to string) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	from, to = filepath.FromSlash(from), filepath.FromSlash(to)
	beside := filepath.Join(filepath.Dir(to), copyName)
	source, err := root.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := root.OpenFile(beside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer root.Remove(beside) // it has another name by then, or none
	_, err = io.Copy(target, source)
	if err := errors.Join(err, target.Sync(), target.Close()); err != nil {
		return err
	}
	err = root.Link(beside, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, taken := root.Lstat(to); taken == nil { // a disk where files have one name
		return fs.ErrExist
	}
	return root.Rename(beside, to)
}

// sameContent reports whether the file at a path of ours is the one that was
// wanted.
func sameContent(at string, want transfer.File) bool {
	f, err := os.Open(at)
	if err != nil {
		return false
	}
	defer f.Close()
	sum := sha1.New()
	n, err := io.Copy(sum, f)
	return err == nil && n == want.Size && urn.SHA1(sum.Sum(nil)) == want.SHA1
}
