package library

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"sync/atomic"

	"filbert/transfer/urn"
)

// Errors of the methods of Library.
var (
	// ErrClosed: Run has ended.
	ErrClosed = errors.New("library: closed")
	// ErrOverlap: the folder is shared already, or lies in one that is, or has
	// one in it.
	ErrOverlap = errors.New("library: folder overlaps a shared one")
	// ErrNotShare: the folder is not shared.
	ErrNotShare = errors.New("library: not a shared folder")
	// ErrNotShared: no file of that name was ever shared, as far as is known.
	ErrNotShared = errors.New("library: not shared")
	// ErrGone: the file was shared, and is not any more.
	ErrGone = errors.New("library: no longer shared")
)

// Library is the files a servent shares. Lookups never wait for a lock or for
// the disk; they see what was found by the last publication, 250 ms ago at
// most.
type Library struct {
	cfg      Config
	inbox    chan event
	done     chan struct{} // closed when Run has ended
	started  atomic.Bool
	current  atomic.Pointer[snapshot]
	statuses atomic.Pointer[[]Status]
	progress progress
}

// New makes a library that shares what cfg says once Run runs.
func New(cfg Config) *Library {
	l := &Library{
		cfg:   cfg.withDefaults(),
		inbox: make(chan event, inboxLen),
		done:  make(chan struct{}),
	}
	l.current.Store(newSnapshot())
	l.statuses.Store(new([]Status))
	return l
}

// Change is what happened to the shared files between two looks. A file that
// changed is in both, as two entries.
type Change struct {
	Added, Removed []*Entry // each sorted by ID
}

// Changes yields what changed since it last yielded, at first all that is
// shared. What happens while the consumer is busy is told in one Change, so a
// slow one costs nothing but its own delay. It ends with ctx.
func (l *Library) Changes(ctx context.Context) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		seen := newSnapshot()
		for ctx.Err() == nil {
			now := l.current.Load()
			if c := now.since(seen); len(c.Added)+len(c.Removed) > 0 && !yield(c) {
				return
			}
			seen = now
			select {
			case <-now.next:
			case <-ctx.Done():
			}
		}
	}
}

// Entries is all that is shared, sorted by ID. The slice must not be changed.
func (l *Library) Entries() []*Entry { return l.current.Load().byID }

// Len is how many files are shared.
func (l *Library) Len() int { return len(l.current.Load().byID) }

// ByID finds a shared file by its number. The error is ErrNotShared.
func (l *Library) ByID(id uint32) (*Entry, error) {
	if e, ok := l.current.Load().findID(id); ok {
		return e, nil
	}
	return nil, ErrNotShared
}

// BySHA1 finds a shared file by its hash, of several the one with the lowest
// ID. The error is ErrGone for a file that was shared lately, else ErrNotShared.
func (l *Library) BySHA1(sum urn.SHA1) (*Entry, error) {
	now := l.current.Load()
	if e, ok := now.findSHA1(sum); ok {
		return e, nil
	}
	if slices.Contains(now.gone, sum) {
		return nil, ErrGone
	}
	return nil, ErrNotShared
}

// Open opens a shared file if it still is what was hashed, else the error wraps
// ErrChanged. Other errors are those of the disk. After either, its share is
// scanned again soon. The file is an *os.File unless its share is an fs.FS.
func (l *Library) Open(e *Entry) (File, error) {
	f, err := openAs(e.source, e.Rel, e.id)
	if err != nil {
		l.hint(touched{share: e.Share})
		return nil, fmt.Errorf("library: open %s: %w", e.Rel, err)
	}
	return f, nil
}

// Add shares a folder. It waits until Run has taken it, not until it is
// scanned. A folder that is refused unless forced gives a *RefusedError; one
// that overlaps a share gives ErrOverlap.
func (l *Library) Add(ctx context.Context, dir string, forced bool) error {
	dir = filepath.Clean(dir)
	share := Share{Dir: dir, Forced: forced}
	if err := share.allowed(l.cfg.Homes); err != nil {
		return err
	}
	reply := make(chan error, 1)
	return l.ask(ctx, addShare{share, reply}, reply)
}

// Remove ends sharing a folder. Its files are gone from the library when it
// returns. The error is ErrNotShare if it was not shared.
func (l *Library) Remove(ctx context.Context, dir string) error {
	reply := make(chan error, 1)
	return l.ask(ctx, removeShare{filepath.Clean(dir), reply}, reply)
}

// Rescan looks through all shares soon instead of when they are due. It does
// not wait for that.
func (l *Library) Rescan(ctx context.Context) error {
	reply := make(chan error, 1)
	return l.ask(ctx, rescan{reply}, reply)
}

// Shares tells how each share is doing. The slice must not be changed.
func (l *Library) Shares() []Status { return *l.statuses.Load() }

// Progress tells how far hashing is.
func (l *Library) Progress() Progress { return l.progress.load() }

// ask posts an event and waits for its answer.
func (l *Library) ask(ctx context.Context, ev event, reply <-chan error) error {
	if err := l.post(ctx, ev); err != nil {
		return err
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return ErrClosed
	}
}

// post gives the loop an event, when it has room.
func (l *Library) post(ctx context.Context, ev event) error {
	select {
	case l.inbox <- ev:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return ErrClosed
	}
}

// hint gives the loop an event if it has room; one that is lost is made up for
// by the next rescan.
func (l *Library) hint(ev event) {
	select {
	case l.inbox <- ev:
	default:
	}
}
