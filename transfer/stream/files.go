package stream

import (
	"context"
	"io"

	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// Files is where files arrive. Its methods are called from many goroutines.
type Files interface {
	// Await has parts of a file fetched, in their order, before all that is asked
	// for later, and blocks until all of them are verified and can be read. The
	// error is that of ctx, or of a download that ended without the file.
	Await(ctx context.Context, sha1 urn.SHA1, parts ...ranges.Range) error
	// Open opens what is here of a file. A file that was opened while it arrived
	// may fail once the file is whole: it is then opened again.
	Open(sha1 urn.SHA1) (File, error)
}

// File reads verified bytes, and nothing else.
type File interface {
	io.ReaderAt
	io.Closer
}
