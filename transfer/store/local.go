package store

import (
	"errors"
	"io/fs"
	"os"
)

// OpenLocal opens a file of the user's for reading, wherever it is, and tells its
// size (bytes). Links are followed, since it is the user who names it; what is no
// regular file is an error, and is not waited for.
func OpenLocal(path string) (*os.File, int64, error) {
	// Looked at before it is opened, as opening some devices does something, and
	// after, as it may have been exchanged in between.
	if _, err := regular(os.Stat(path)); err != nil {
		return nil, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|localFlags, 0)
	if err != nil {
		return nil, 0, err
	}
	size, err := regular(f.Stat())
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, size, nil
}

func regular(info fs.FileInfo, err error) (size int64, _ error) {
	switch {
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, &fs.PathError{Op: "open", Path: info.Name(), Err: errors.New("not a regular file")}
	}
	return info.Size(), nil
}
