package library

import (
	"io/fs"
	"time"

	"filbert/transfer/urn"
)

// Entry is a shared file whose hash is known. It never changes once it was
// handed out; a file that changes gets a new entry.
type Entry struct {
	// ID is the file's number in query hits and /get requests: unique among the
	// files shared at one time, kept until the file changes or is no longer
	// shared, never 0 nor 0xFFFFFFFF.
	ID      uint32
	Name    string    // what the file is announced as: its base name, made safe
	Rel     string    // slash-separated path below the share, as the system has it
	Share   string    // Dir of the share
	Size    int64     // bytes, at least 1
	ModTime time.Time // when the content last changed
	SHA1    urn.SHA1
	Tiger   urn.Tiger  // root of its Tiger tree
	Blake3  urn.Blake3 // root of its BLAKE3 tree

	source *Share // to open it
	id     ident  // of the file that was hashed
}

// Matches reports whether info, of the opened file, is that of the file that
// was hashed: whoever sends the file for long asks again while sending.
func (e *Entry) Matches(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && identOf(info) == e.id
}
