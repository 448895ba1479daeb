package publications

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filbert/overlay/group"
	"filbert/transfer/publication"
)

// Published is a version of ours.
type Published struct {
	Version uint64
	Files   int
	Bytes   int64
	Left    publication.Left // what of the folder is not in it
}

// Publish reads a folder and announces it as the next version of a publication of ours. The
// files stay where they are, and are given from there: those that are changed later are not
// given any more until they are published again. The error wraps ErrGuest, ErrMany, ErrTaken
// or ErrNothing, or tells what is wrong with the folder.
// With ErrNothing it is the last version that is returned.
func (d *Desk) Publish(ctx context.Context, dir, name string, keep int) (Published, error) {
	d.publishing.Lock()
	defer d.publishing.Unlock()
	p, err := d.publish(ctx, filepath.Clean(dir), name, keep)
	if err != nil {
		err = fmt.Errorf("publications: publish %s: %w", dir, err)
	}
	return p, err
}

func (d *Desk) publish(ctx context.Context, dir, name string, keep int) (p Published, err error) {
	if err := d.ready(); err != nil {
		return p, err
	}
	if m, ok := d.cfg.Group.State().Member(d.cfg.Self); !ok || m.Role == group.Guest {
		return p, ErrGuest
	}
	if keep == 0 {
		keep = publication.DefaultKeep
	}
	id := ID{d.cfg.Self, name}
	d.mu.Lock()
	u := d.units[id]
	number := d.announced[id].Version + 1
	var last *version
	if u != nil && u.newest() != nil {
		last = u.newest()
		number = max(number, last.number+1)
	}
	d.mu.Unlock()
	m := &publication.Manifest{
		Name: name, Version: number, Publisher: d.cfg.Self, Group: d.cfg.Group.ID(), Time: time.Now().Truncate(time.Second), Keep: keep,
	}
	tree, left, err := publication.Build(ctx, dir, m)
	p = Published{number, len(m.Files), m.Size(), left}
	switch {
	case err != nil:
		return p, err
	case last != nil && u.base == dir && last.files.Keep == keep && same(last.files, m):
		last.folder.Look()
		p.Version = last.number
		return p, errors.Join(ErrNothing, d.announce(u))
	}
	b := m.AppendTo(nil)
	m, file, err := parseManifest(b) // as the others read it
	if err != nil {
		return p, err
	}
	if err := os.MkdirAll(d.private(id), 0o700); err != nil {
		return p, err
	}
	if err := d.keepTree(id, m, tree); err != nil {
		return p, err
	}
	if err := write(d.file(id, file.sum, suffixManifest), b); err != nil {
		return p, err
	}
	v := &version{number: number, manifest: file, files: m, folder: publication.NewFolder(dir, m, tree)}
	if u == nil {
		u = &unit{ID: id, own: true, base: dir}
		if err := d.add(u); err != nil {
			return p, err
		}
	}
	return p, d.hold(u, dir, v)
}

// hold adds a version of ours, and ends those that are too old, or were in another folder.
func (d *Desk) hold(u *unit, dir string, v *version) error {
	d.mu.Lock()
	held := slices.Clone(u.held)
	if u.base != dir {
		held, u.base = nil, dir
	}
	old := u.held
	d.mu.Unlock()
	held = append(held, v)
	held = held[max(0, len(held)-v.files.Keep):]
	if err := d.keep(u, held); err != nil {
		return err
	}
	for _, o := range old {
		if !slices.Contains(held, o) {
			d.forget(u.ID, o, held)
		}
	}
	return d.announce(u)
}

// same reports whether two versions have the same files.
func same(a, b *publication.Manifest) bool {
	return a.SHA1 == b.SHA1 && slices.EqualFunc(a.Files, b.Files, func(a, b publication.File) bool {
		return a.Path == b.Path && a.Size == b.Size && a.Hash == b.Hash && a.Executable == b.Executable && a.ModTime.Equal(b.ModTime)
	})
}

// announce tells the group of the newest version.
func (d *Desk) announce(u *unit) error {
	d.mu.Lock()
	v := u.newest()
	d.mu.Unlock()
	if v == nil {
		return nil
	}
	return d.cfg.Board.Put(Announcements, u.Name, announcement{
		Version: v.number, Seconds: v.files.Time.Unix(), Files: len(v.files.Files), Bytes: v.files.Size(),
		Size: v.manifest.size, SHA1: v.manifest.sum, Blake3: v.manifest.root,
	}.encode())
}

// tend has the board say what is published, also if a kill came before that.
func (d *Desk) tend(ctx context.Context, u *unit) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := d.announce(u)
		if err == nil {
			return
		}
		d.log.Warn().Err(err).Str("publication", u.Name).Msg("a publication could not be announced")
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}
