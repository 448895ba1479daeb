package store

import "io"

// FS is a folder as the store writes it. Names are slash-separated and lie
// below the folder. Nothing survives a power cut before the Sync of a file (its
// bytes and length) or SyncDir of a folder (its names) returned nil; after an
// error of one of them what survives is unknown. Errors wrap those of io/fs,
// and ENOSPC where the disk is full; a Handle is nil with an error. Safe for
// concurrent use.
type FS interface {
	// Open opens a regular file that exists, for reading and writing.
	Open(name string) (Handle, error)
	// Create makes a file; fs.ErrExist if the name is taken.
	Create(name string) (Handle, error)
	// Rename gives a file another name, taking it from whatever had it.
	Rename(from, to string) error
	// Link gives a file a second name, to in the folder dir, which may be this
	// one: fs.ErrExist if it is taken. Where folders or file systems cannot do
	// that the error wraps errors.ErrUnsupported.
	Link(from string, dir FS, to string) error
	// Remove takes away one name.
	Remove(name string) error
	// Mkdir makes a folder only its owner reads; nil if it is there.
	Mkdir(name string) error
	// List gives the names of the regular files in a folder, in order.
	List(dir string) ([]string, error)
	// SyncDir makes the names in a folder durable.
	SyncDir(dir string) error
	// Free is the space left for files (bytes).
	Free() (int64, error)
	// Close ends the use of the folder.
	Close() error
}

// Handle is an open file. Safe for concurrent use, as *os.File is.
type Handle interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Size is the length of the file (bytes).
	Size() (int64, error)
	// Truncate cuts the file or fills it up with zeros.
	Truncate(size int64) error
	// Reserve sets space aside for a file of size bytes and leaves its length
	// alone; nil if the file system does not know how.
	Reserve(size int64) error
	// Sync makes the bytes and the length durable.
	Sync() error
}
