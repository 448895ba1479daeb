package publications

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filbert/overlay/identity"
	"filbert/transfer"
	"filbert/transfer/publication"
)

// Stage is what a follower does.
type Stage string

// The stages.
const (
	Idle      Stage = ""
	Asking    Stage = "asking" // for the manifest
	Fetching  Stage = "fetching"
	LayingOut Stage = "laying out"
	Waiting   Stage = "waiting" // after something failed
)

// Status is one publication of the group.
type Status struct {
	ID
	Version uint64 // the newest that is announced; 0 if none is
	Time    time.Time
	Files   int
	Bytes   int64

	Own, Followed bool
	Dir           string   // of our own the folder, else where the versions are
	Held          []uint64 // the versions that are here, oldest first
	Changed       int      // files of the newest of them that are not what they were

	Stage  Stage
	Here   int64 // bytes of the version that is on its way
	Reused int64 // of them from older versions
	Rate   int64 // bytes per second
	Reason string

	Members []Member // those who follow it, by ID
}

// Member is how much a member has.
type Member struct {
	Peer    identity.PeerID
	Version uint64
	Percent int // of that version
}

// List is all publications of the group, by name and publisher.
func (d *Desk) List() []Status {
	d.look()
	d.mu.Lock()
	defer d.mu.Unlock()
	all := map[ID]Status{}
	for id, a := range d.announced {
		all[id] = Status{ID: id, Version: a.Version, Time: a.time(), Files: a.Files, Bytes: a.Bytes}
	}
	for id, u := range d.units {
		s := all[id]
		s.ID, s.Own, s.Followed, s.Dir = id, u.own, !u.own, u.base
		for _, v := range u.held {
			s.Held = append(s.Held, v.number)
		}
		if v := u.newest(); v != nil {
			s.Changed = v.folder.Changed()
		}
		s.Stage, s.Here, s.Reused, s.Rate, s.Reason = u.now.stage, u.now.here, u.now.reused, u.now.rate, u.now.reason
		all[id] = s
	}
	list := make([]Status, 0, len(all))
	for id, s := range all {
		for p, h := range d.haves[id] {
			s.Members = append(s.Members, Member{p, h.Version, h.Percent})
		}
		slices.SortFunc(s.Members, func(a, b Member) int { return slices.Compare(a.Peer[:], b.Peer[:]) })
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Status) int { return strings.Compare(a.Name+"/"+a.key(), b.Name+"/"+b.key()) })
	return list
}

// look looks at the files of the newest versions, not too often.
func (d *Desk) look() {
	due := map[*unit]*publication.Folder{}
	now := time.Now()
	d.mu.Lock()
	for _, u := range d.units {
		if v := u.newest(); v != nil && !now.Before(u.look) {
			u.look = now.Add(lookEvery)
			due[u] = v.folder
		}
	}
	d.mu.Unlock()
	for u, folder := range due {
		began := time.Now()
		folder.Look()
		d.mu.Lock()
		u.look = u.look.Add(lookShare * time.Since(began))
		d.mu.Unlock()
	}
}

// Follow takes all versions of a publication from now on, the one that is announced first.
// They go into base, an absolute path; "" is a folder with the name of the publication in
// that of the group. The error wraps ErrUnknown, ErrOwn, ErrFollowed, ErrMany or ErrTaken.
func (d *Desk) Follow(id ID, base string) error {
	if err := d.ready(); err != nil {
		return err
	}
	d.mu.Lock()
	_, announced := d.announced[id]
	u := d.units[id]
	d.mu.Unlock()
	switch {
	case u != nil && u.own:
		return fmt.Errorf("publications: follow %s: %w", transfer.Display(id.Name), ErrOwn)
	case u != nil && (base == "" || base == u.base):
		return nil
	case u != nil:
		return fmt.Errorf("publications: follow %s: %w: in %s", transfer.Display(id.Name), ErrFollowed, u.base)
	case !announced:
		return fmt.Errorf("publications: follow %s: %w", transfer.Display(id.Name), ErrUnknown)
	}
	u = &unit{ID: id, base: base}
	if base == "" {
		u.base = d.ownFolder(id.Name)
	}
	if err := d.keep(u, nil); err != nil {
		return err
	}
	if err := d.add(u); err != nil {
		return errors.Join(err, d.cfg.State.Bucket(stateBucket).Delete(d.stateKey(id)))
	}
	return nil
}

// ownFolder is a folder for a publication in that of the group.
func (d *Desk) ownFolder(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n := 1; ; n++ {
		base := filepath.Join(d.cfg.Space.Folder(), transfer.Numbered(name, n))
		info, err := os.Lstat(base)
		taken := err == nil && !info.IsDir()
		for _, u := range d.units {
			taken = taken || u.base == base
		}
		if !taken {
			return base
		}
	}
}

// Unfollow ends a publication here: to follow it, or to publish it. Files that are laid out
// stay, as the user's; what was on its way is removed.
func (d *Desk) Unfollow(ctx context.Context, id ID) error {
	d.publishing.Lock()
	defer d.publishing.Unlock()
	d.mu.Lock()
	u := d.units[id]
	var next *version
	if u != nil {
		next = u.next
	}
	d.mu.Unlock()
	if u == nil {
		return fmt.Errorf("publications: unfollow %s: %w", transfer.Display(id.Name), ErrUnknown)
	}
	u.stop()
	select {
	case <-u.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	var errs []error
	if u.own {
		errs = append(errs, d.cfg.Board.Delete(Announcements, u.Name))
	} else {
		errs = append(errs, d.cfg.Board.Delete(Haves, u.key()))
		if next != nil {
			d.drop(next.manifest.sum)
		}
		d.dismiss(u, nil, d.stale(u, nil))
	}
	errs = append(errs, d.cfg.State.Bucket(stateBucket).Delete(d.stateKey(id)))
	d.mu.Lock()
	delete(d.units, id)
	d.tellLocked()
	d.mu.Unlock()
	return errors.Join(append(errs, os.RemoveAll(d.private(id)))...)
}

// Forget ends all publications here, when the group is left.
func (d *Desk) Forget() error {
	var errs []error
	prefix := d.cfg.Group.ID().String() + "/"
	bucket := d.cfg.State.Bucket(stateBucket)
	errs = append(errs, bucket.ForEach(func(key string, _ []byte) error {
		if strings.HasPrefix(key, prefix) {
			return bucket.Delete(key)
		}
		return nil
	}))
	if folder := d.cfg.Space.Folder(); folder != "" {
		errs = append(errs, os.RemoveAll(filepath.Join(folder, privateFolder)))
	}
	return errors.Join(errs...)
}

// Folders is where versions of what is followed are laid out.
func (d *Desk) Folders() (dirs []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range d.units {
		if !u.own {
			dirs = append(dirs, u.base)
		}
	}
	return dirs
}
