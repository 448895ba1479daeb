package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// place is a file in a folder.
type place struct {
	folder FS
	name   string
}

// publish makes the verified file appear in folder under a name nothing has.
// The name is announced before it is tried, so that after a kill what is there
// under it is recognised: the file, or the empty file that took its place.
func (p *Partial) publish(ctx context.Context, folder FS, name string) error {
	taken, err := folder.List(".")
	if err != nil {
		return wrap("list folder of", name, err)
	}
	from := place{p.store.cfg.FS, partialName(p.file.SHA1)}
	for try := range maxTargetTries {
		next := p.said
		next.target = transfer.Numbered(name, try+1)
		if slices.Contains(taken, next.target) {
			continue
		}
		if err := p.journal.announce(next); err != nil {
			return err
		}
		p.mu.Lock()
		p.said = next
		p.mu.Unlock()
		err := p.appear(ctx, &from, place{folder, next.target})
		if !errors.Is(err, fs.ErrExist) {
			return wrap("complete as", next.target, err)
		}
	}
	return fmt.Errorf("store: complete %s: %d names like it are taken: %w", name, maxTargetTries, fs.ErrExist)
}

// appear gives the file from a second name. Where the target is on another disk
// a copy beside it becomes the file, from here on. Where a file cannot have two
// names an empty one takes the target, and the file then moves over that.
func (p *Partial) appear(ctx context.Context, from *place, target place) error {
	err := from.folder.Link(from.name, target.folder, target.name)
	if errors.Is(err, errors.ErrUnsupported) && from.folder != target.folder {
		beside := place{target.folder, copyName(p.file.SHA1)}
		if err := p.copyTo(ctx, beside); err != nil {
			return errors.Join(err, dropIfThere(beside))
		}
		*from = beside
		err = from.folder.Link(from.name, target.folder, target.name)
	}
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	empty, err := target.folder.Create(target.name)
	if err != nil {
		return err
	}
	if err := empty.Close(); err != nil {
		return err
	}
	return target.folder.Rename(from.name, target.name)
}

// copyTo copies the verified bytes into a new file and syncs it.
func (p *Partial) copyTo(ctx context.Context, to place) (err error) {
	free, err := to.folder.Free()
	if err != nil {
		return err
	}
	if need := p.file.Size + minFree; need > free {
		return &SpaceError{Need: need, Have: free}
	}
	if err := dropIfThere(to); err != nil { // what a kill left
		return err
	}
	f, err := to.folder.Create(to.name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	at := int64(0)
	err = read(ctx, p.data, p.file.Size, func(b []byte) error {
		n, err := f.WriteAt(b, at)
		at += int64(n)
		return err
	})
	if err != nil {
		return err
	}
	return f.Sync()
}

// finish makes the target durable and takes away what led there. Without the
// journal it is complete, and nothing that fails after that may have it fetched
// again: names that come back with the power lead the next Complete to the target.
func (p *Partial) finish(folder FS, dir string) (string, error) {
	if err := folder.SyncDir("."); err != nil {
		return "", wrap("sync", dir, err)
	}
	own, sha1 := p.store.cfg.FS, p.file.SHA1
	rest := []place{{own, partialName(sha1)}}
	if p.output != "" {
		rest = append(rest, place{folder, copyName(sha1)})
	}
	for _, file := range append(rest, place{own, journalName(sha1)}) {
		if err := dropIfThere(file); err != nil {
			return "", wrap("remove", file.name, err)
		}
	}
	own.SyncDir(stateDir)
	p.shut()
	p.end()
	return filepath.Join(dir, p.said.target), nil
}

func dropIfThere(file place) error {
	if err := file.folder.Remove(file.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyName is the name of the copy in a folder on another disk, until it is whole.
func copyName(sha1 urn.SHA1) string { return stateDir + "-" + sha1.String() + tempSuffix }
