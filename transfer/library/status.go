package library

import "time"

// Status is how one share is doing.
type Status struct {
	Dir    string
	Forced bool
	Err    error // why nothing of it is shared: a *RefusedError, ErrOverlap, or that of the disk

	Files   int   // shared, that is found and hashed
	Bytes   int64 // their sizes added up
	Waiting int   // found, but not hashed yet

	Skipped  map[Skip]int // files and folders left out, by reason
	Problems []Problem    // the first paths that could not be read
	Unread   int          // how many could not be read

	Watched   int       // folders whose changes are noticed at once
	Unwatched int       // folders whose changes the next rescan notices
	Scanned   time.Time // when the last scan ended, zero before the first
}
