package store

import (
	"errors"
	"fmt"
)

// Errors of Store and Partial.
var (
	// ErrOpen: the partial file is open already; it has one user at a time.
	ErrOpen = errors.New("partial file is in use")
	// ErrConflict: a partial file with this SHA-1 is there, but with another
	// size, or it is meant for another place.
	ErrConflict = errors.New("partial file differs")
	// ErrCorrupt: a journal was not readable and was set aside.
	ErrCorrupt = errors.New("corrupt journal")
	// ErrNoSpace: the disk is full. The error may also be a *SpaceError.
	ErrNoSpace = errors.New("no space left on the disk")
	// ErrIncomplete: Complete was called while bytes are missing.
	ErrIncomplete = errors.New("bytes are missing")
	// ErrVerification: all bytes are there and their SHA-1 is not the wanted one.
	ErrVerification = errors.New("the file's SHA-1 is not the wanted one")
	// ErrFragmented: the bytes lie in more pieces than a set of ranges holds.
	ErrFragmented = errors.New("too many scattered pieces")
	// ErrClosed: the partial file was closed or completed.
	ErrClosed = errors.New("partial file is closed")
)

// SpaceError says how much room a file needs and how much the disk has. It is
// an ErrNoSpace.
type SpaceError struct {
	Need, Have int64 // bytes
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("%v: %d bytes needed, %d bytes free", ErrNoSpace, e.Need, e.Have)
}

func (e *SpaceError) Unwrap() error { return ErrNoSpace }

// wrap adds what was done to which file, and recognises a full disk.
func wrap(op, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, ErrNoSpace) && isNoSpace(err):
		return fmt.Errorf("store: %s %s: %w: %w", op, name, ErrNoSpace, err)
	}
	return fmt.Errorf("store: %s %s: %w", op, name, err)
}
