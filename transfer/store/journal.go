package store

import (
	"errors"
	"io/fs"

	"filbert/transfer/ranges"
)

// journal is the file of records of one partial file, open for appending. It
// is owned by the Partial, which calls it with Partial.flushing held.
type journal struct {
	fs   FS
	name string
	f    Handle // nil before it is first written, and while that has failed

	size    int64 // length of the whole frames, where the next one goes
	compact int64 // length when it was last written anew
	stale   bool  // a sync failed: what the disk holds from now on is unknown
}

// loaded is what was read from a journal.
type loaded struct {
	contents
	good, size int64 // length of its whole frames, and of the file
}

// readJournal reads the journal of that name. The error wraps fs.ErrNotExist
// or ErrCorrupt, or is one of reading.
func readJournal(fsys FS, name string) (l loaded, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return l, wrap("open", name, err)
	}
	defer f.Close()
	if l.size, err = f.Size(); err != nil {
		return l, wrap("read", name, err)
	}
	b := make([]byte, min(l.size, maxJournalBytes))
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return l, wrap("read", name, err)
	}
	l.contents, l.good, err = parseJournal(b)
	return l, wrap("read", name, err)
}

// claim appends the ranges of s to the journal and makes that durable. The
// contents c, which do not have s yet, are for when it is time to write the
// journal anew.
func (j *journal) claim(c contents, s *ranges.Set) error {
	if s.Intervals() > maxRecordRanges || j.due() {
		c.have = c.have.Clone()
		for r := range s.All() {
			c.have.Add(r)
		}
		return j.rewrite(c)
	}
	return j.append(appendHave(nil, s))
}

// announce notes durably that c's file is about to appear as c.target.
func (j *journal) announce(c contents) error {
	if j.due() {
		return j.rewrite(c)
	}
	return j.append(appendTarget(nil, c.target))
}

// keep notes durably what c.note says.
func (j *journal) keep(c contents) error {
	if j.due() {
		return j.rewrite(c)
	}
	return j.append(appendNote(nil, c.note))
}

// due reports whether the journal must or should be written anew.
func (j *journal) due() bool {
	return j.stale || j.size > max(journalReserve, rewriteFactor*j.compact)
}

// append writes one frame behind the others. After a failed write the next
// frame goes over the remains of this one; after a failed sync nobody knows
// what is on disk, so the next record goes to a new file.
func (j *journal) append(frame []byte) error {
	if _, err := j.f.WriteAt(frame, j.size); err != nil {
		return wrap("write", j.name, err)
	}
	if err := j.f.Sync(); err != nil {
		j.stale = true
		return wrap("sync", j.name, err)
	}
	j.size += int64(len(frame))
	return nil
}

// rewrite puts a journal that says c in place of the old one: a new file is
// written, synced, given the name, and the folder synced. If that fails the
// old one, or the new one, is found after a restart, and the next record
// writes it anew again.
func (j *journal) rewrite(c contents) error {
	j.stale = true
	temp := j.name + tempSuffix
	if err := j.fs.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return wrap("remove", temp, err)
	}
	b := c.append(nil)
	if err := writeFile(j.fs, temp, b); err != nil {
		return errors.Join(err, j.fs.Remove(temp))
	}
	if err := j.close(); err != nil {
		return wrap("close", j.name, err)
	}
	if err := j.fs.Rename(temp, j.name); err != nil {
		return wrap("rename", temp, err)
	}
	if err := j.fs.SyncDir(stateDir); err != nil {
		return wrap("sync", stateDir, err)
	}
	f, err := j.fs.Open(j.name)
	if err != nil {
		return wrap("open", j.name, err)
	}
	j.f, j.size, j.compact, j.stale = f, int64(len(b)), int64(len(b)), false
	return nil
}

// close closes the file, if it is open.
func (j *journal) close() error {
	if j.f == nil {
		return nil
	}
	f := j.f
	j.f = nil
	return f.Close()
}

// writeFile writes a new file with some room behind b, and syncs it.
func writeFile(fsys FS, name string, b []byte) (err error) {
	f, err := fsys.Create(name)
	if err != nil {
		return wrap("create", name, err)
	}
	defer func() { err = errors.Join(err, wrap("close", name, f.Close())) }()
	if err := f.Reserve(int64(len(b)) + journalReserve); err != nil {
		return wrap("reserve", name, err)
	}
	if _, err := f.WriteAt(b, 0); err != nil {
		return wrap("write", name, err)
	}
	return wrap("sync", name, f.Sync())
}
