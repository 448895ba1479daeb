package node

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"filbert/node/state"
	"filbert/transfer"
	"filbert/transfer/library"
	"filbert/transfer/urn"
)

const (
	// collectionExt is how the names of collections end.
	collectionExt = ".collection"

	// stateLists is the bucket of the folders that collections are of, by their file names.
	stateLists = "collections"
)

// lists is the collections of what is shared, files in a folder that is shared with
// everybody as long as what they name is. Safe for concurrent use.
type lists struct {
	node   *Node
	folder string
	kept   state.Bucket

	mu sync.Mutex // held while files come and go
}

// openLists takes back the collections of folders that are shared no more, and has the
// others shared.
func (n *Node) openLists() error {
	n.lists = &lists{node: n, folder: n.cfg.Collections, kept: n.cfg.State.Bucket(stateLists)}
	if info, err := os.Stat(n.lists.folder); n.lists.folder == "" || err != nil || !info.IsDir() {
		return nil
	}
	var dirs []string
	for _, s := range n.cfg.Shares {
		dirs = append(dirs, s.Dir)
	}
	if _, err := n.lists.takeBack(dirs); err != nil {
		return fmt.Errorf("node: collections: %w", err)
	}
	n.cfg.Shares = append(slices.Clip(n.cfg.Shares), library.Share{Dir: n.lists.folder, Forced: true})
	return nil
}

// keep has a collection of the folder dir on the disk, and shared.
func (l *lists) keep(ctx context.Context, dir, name string, text []byte) (urn.SHA1, error) {
	h := urn.SHA1(sha1.Sum(text))
	if err := l.write(ctx, h, dir, name, text); err != nil {
		return h, err
	}
	for _, s := range l.node.library.Shares() {
		switch {
		case s.Dir != l.folder:
		case errors.Is(s.Err, library.ErrOverlap):
			return h, fmt.Errorf("%s: %w", l.folder, s.Err)
		default:
			return h, nil
		}
	}
	return h, l.node.Share(ctx, l.folder, true) // it lies where programs keep their files, and is refused otherwise
}

func (l *lists) write(ctx context.Context, h urn.SHA1, dir, name string, text []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return err
	}
	// The hash is first: no name that begins so is left out where folders are shared.
	file := transfer.SafeName(h.String()[:8] + "-" + name[:min(len(name), maxCollectionName)] + collectionExt)
	if err := l.kept.Put(file, []byte(dir)); err != nil {
		return err
	}
	if have, err := os.ReadFile(filepath.Join(l.folder, file)); err == nil && bytes.Equal(have, text) {
		return nil
	}
	if err := replace(filepath.Join(l.folder, file), text); err != nil {
		return err
	}
	if err := l.forgetOldest(file); err != nil {
		return err
	}
	return l.node.library.Rescan(ctx)
}

// takeBack removes the collections of folders that are in none of those that are shared,
// and reports whether there were any.
func (l *lists) takeBack(shared []string) (taken bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.kept.ForEach(func(file string, dir []byte) error {
		if slices.ContainsFunc(shared, func(s string) bool { return liesIn(string(dir), s) }) {
			return nil
		}
		taken = true
		return l.remove(file)
	})
	return taken, err
}

// liesIn reports whether a path is a folder or lies in it.
func liesIn(p, dir string) bool {
	rel, err := filepath.Rel(leadsTo(dir), leadsTo(p))
	return err == nil && filepath.IsLocal(rel)
}

// leadsTo is where a path leads, itself if it leads nowhere.
func leadsTo(p string) string {
	if to, err := filepath.EvalSymlinks(p); err == nil {
		return to
	}
	return filepath.Clean(p)
}

// remove removes a collection. Called with mu held.
func (l *lists) remove(file string) error {
	if err := os.Remove(filepath.Join(l.folder, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return l.kept.Delete(file)
}

// forgetOldest removes the collections that are too many, but not keep. Called with mu held.
func (l *lists) forgetOldest(keep string) error {
	entries, err := os.ReadDir(l.folder)
	if err != nil {
		return err
	}
	var all []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && path.Ext(e.Name()) == collectionExt && e.Name() != keep {
			all = append(all, info)
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var errs []error
	for _, old := range all[min(len(all), maxCollections-1):] {
		errs = append(errs, l.remove(old.Name()))
	}
	return errors.Join(errs...)
}

// replace writes a file so that it is there as a whole or not at all.
func replace(file string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".filbert-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	// It is whole when it appears, so nobody needs to wait until it is left alone.
	old := time.Now().Add(-listAge)
	if err = errors.Join(err, f.Close(), os.Chtimes(f.Name(), old, old)); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
