package publications

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/picker"
	"filbert/transfer/publication"
	"filbert/transfer/urn"
)

// follow takes every version that is announced, until ctx ends.
func (d *Desk) follow(ctx context.Context, u *unit) {
	d.sweep(u)
	d.mu.Lock()
	v := u.newest()
	d.mu.Unlock()
	if v != nil { // a kill may have come before it was said
		d.say(u, have{v.number, 100})
	}
	pause := firstPause
	for ctx.Err() == nil {
		work, v := d.begin(ctx, u)
		if v == nil {
			select {
			case <-u.wake:
			case <-ctx.Done():
			}
			continue
		}
		err := d.take(work, u, v)
		abandoned := work.Err() != nil
		d.finish(u, err, abandoned)
		if err == nil || abandoned {
			pause = firstPause
			continue
		}
		d.log.Warn().Err(err).Str("publication", transfer.Display(u.Name)).Uint64("version", v.number).Msg("a version could not be taken")
		d.rest(ctx, u, v, pause)
		pause = min(2*pause, lastPause)
	}
}

// begin is the work on the version that is announced, nil if that is here.
func (d *Desk) begin(ctx context.Context, u *unit) (context.Context, *version) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.announced[u.ID]
	if last := u.newest(); !ok || last != nil && a.Version <= last.number {
		return nil, nil
	}
	work, abandon := context.WithCancel(ctx)
	u.abandon = abandon
	u.next = &version{number: a.Version, manifest: stored{sum: a.SHA1, size: a.Size, root: a.Blake3}}
	u.now = progress{stage: Asking}
	d.tellLocked()
	return work, u.next
}

// finish notes what came of it.
func (d *Desk) finish(u *unit, err error, abandoned bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u.abandon()
	u.next, u.now = nil, progress{}
	if err != nil && !abandoned {
		u.now = progress{stage: Waiting, reason: err.Error()}
	}
	d.tellLocked()
}

// rest waits, unless another version is announced meanwhile.
func (d *Desk) rest(ctx context.Context, u *unit, v *version, pause time.Duration) {
	due := time.After(pause)
	for {
		select {
		case <-due:
			return
		case <-ctx.Done():
			return
		case <-u.wake:
		}
		if d.announcedNow(u) != v.manifest.sum {
			return
		}
	}
}

// announcedNow is the manifest that is announced.
func (d *Desk) announcedNow(u *unit) urn.SHA1 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.announced[u.ID].SHA1
}

// drop ends a download, with what arrived of it.
func (d *Desk) drop(sum urn.SHA1) {
	err := d.cfg.Space.Downloads().Cancel(d.ctx, sum, true)
	if err != nil && !errors.Is(err, download.ErrUnknown) {
		d.log.Warn().Err(err).Msg("the download of a version that is not wanted did not end")
	}
}

// at changes how far a follower is.
func (d *Desk) at(u *unit, change func(p *progress)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&u.now)
	d.tellLocked()
}

// take has one version fetched and laid out.
func (d *Desk) take(ctx context.Context, u *unit, v *version) error {
	if err := d.takeManifest(ctx, u, v); err != nil {
		return err
	}
	d.say(u, have{v.number, 0})
	if err := d.takeBundle(ctx, u, v); err != nil {
		return err
	}
	if err := d.layOut(ctx, u, v); err != nil {
		return err
	}
	d.say(u, have{v.number, 100})
	return d.prune(u)
}

// takeManifest fetches the manifest, unless it is here.
func (d *Desk) takeManifest(ctx context.Context, u *unit, v *version) error {
	path := d.file(u.ID, v.manifest.sum, suffixManifest)
	m, file, err := readManifest(path, v.manifest.sum)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
		err = d.fetch(ctx, download.Request{
			File:   transfer.File{Name: u.Name, Size: v.manifest.size, SHA1: v.manifest.sum},
			Output: path, Terms: download.Terms{Blake3: v.manifest.root},
		}, func(s download.Status) { d.at(u, func(p *progress) { p.reason = s.Reason }) })
		if err != nil {
			if d.announcedNow(u) != v.manifest.sum { // else it goes on
				d.drop(v.manifest.sum)
			}
			return fmt.Errorf("manifest: %w", err)
		}
		if m, file, err = readManifest(path, v.manifest.sum); err != nil {
			return err
		}
	}
	if m.Publisher != u.Publisher || m.Group != d.cfg.Group.ID() || m.Name != u.Name || m.Version != v.number {
		return fmt.Errorf("%w: it is of another publication or version", publication.ErrManifest)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	v.files, v.manifest = m, file
	return nil
}

// takeBundle fetches the bundle, unless it is here, of which it takes what it can from older
// versions. Downloads of versions that were abandoned end when that is done.
func (d *Desk) takeBundle(ctx context.Context, u *unit, v *version) error {
	m := v.files
	path := d.file(u.ID, m.SHA1, suffixBundle)
	stale := d.stale(u, v)
	release := func() {}
	if _, err := os.Lstat(path); err != nil && m.Size() > 0 {
		reuse := publication.NewReuse(m, d.older(u, stale)...)
		release = func() { reuse.Close() } // it was only read
		err := d.fetch(ctx, download.Request{
			File:   transfer.File{Name: u.Name, Size: m.Size(), SHA1: m.SHA1},
			Output: path, Terms: download.Terms{Blake3: m.Root, Strategy: picker.Rarest, From: reuse},
		}, func(s download.Status) {
			d.at(u, func(p *progress) {
				*p = progress{stage: Fetching, here: s.Have, rate: s.Rate, reused: s.Adopted.Used, reason: s.Reason}
			})
			d.say(u, have{v.number, int(s.Have * 99 / m.Size())}) // 100 once it is laid out
			if s.Adopted.Done {
				release()
				release = func() {}
				d.dismiss(u, v, stale)
				stale = nil
			}
		})
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err // the download may still read what is to be reused
		}
	}
	release()
	d.dismiss(u, v, stale)
	return nil
}

// fetch fetches a file into the private folder, and tells how it goes.
func (d *Desk) fetch(ctx context.Context, r download.Request, tell func(download.Status)) error {
	if _, err := d.cfg.Space.Fetch(r); err != nil {
		return err
	}
	d.recruit()
	err := ctx.Err()
	for s := range d.cfg.Space.Downloads().Watch(ctx, r.File.SHA1) {
		tell(s)
		switch {
		case s.State == download.Complete && s.Path != r.Output:
			return os.Rename(s.Path, r.Output) // something was in its place for a moment
		case s.State == download.Complete:
			return nil
		case s.Err != nil:
			return s.Err
		case s.State.Final():
			return fmt.Errorf("its download is %v", s.State)
		}
		err = ctx.Err()
	}
	if err == nil {
		err = download.ErrStopped
	}
	return err
}

// older is what versions that are here, whole or in part, may have of others.
func (d *Desk) older(u *unit, stale []*version) (all []publication.Old) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, v := range slices.Backward(u.held) {
		all = append(all, publication.Old{Manifest: v.files, ReaderAt: v.folder.Reader()})
	}
	for _, v := range stale {
		all = append(all, publication.Old{Manifest: v.files, ReaderAt: arriving{d, u.ID, v.files.SHA1}})
	}
	return all
}

// arriving reads the bundle of a version that was abandoned, as far as it came.
type arriving struct {
	desk *Desk
	id   ID
	sum  urn.SHA1
}

// ReadAt implements io.ReaderAt.
func (a arriving) ReadAt(b []byte, off int64) (int, error) {
	if s, ok := a.desk.cfg.Space.Downloads().Shared(a.sum); ok {
		return s.ReadAt(b, off)
	}
	f, err := os.Open(a.desk.file(a.id, a.sum, suffixBundle))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.ReadAt(b, off)
}

// stale is the versions that are neither held nor v: what is left of work that was abandoned.
func (d *Desk) stale(u *unit, v *version) (stale []*version) {
	d.mu.Lock()
	held := u.held
	d.mu.Unlock()
	entries, err := os.ReadDir(d.private(u.ID))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		stem, ok := strings.CutSuffix(e.Name(), suffixManifest)
		sum, err := urn.ParseSHA1(stem)
		if !ok || err != nil || v != nil && sum == v.manifest.sum || slices.ContainsFunc(held, func(h *version) bool { return h.manifest.sum == sum }) {
			continue
		}
		m, file, err := readManifest(filepath.Join(d.private(u.ID), e.Name()), sum)
		if err != nil {
			os.Remove(filepath.Join(d.private(u.ID), e.Name())) // it is of no use
			continue
		}
		stale = append(stale, &version{number: m.Version, manifest: file, files: m})
	}
	return stale
}

// dismiss ends what goes on for versions that were abandoned, when v, which took of them what
// it could, does not need it.
func (d *Desk) dismiss(u *unit, v *version, stale []*version) {
	d.mu.Lock()
	rest := slices.Clone(u.held)
	d.mu.Unlock()
	if v != nil {
		rest = append(rest, v)
	}
	for _, o := range stale {
		if v == nil || o.files.SHA1 != v.files.SHA1 {
			d.drop(o.files.SHA1)
		}
		d.forget(u.ID, o, rest)
	}
}

// sweep removes what a kill left in the private folder: of versions that are neither held nor
// on their way.
func (d *Desk) sweep(u *unit) {
	d.mu.Lock()
	known, held := map[string]bool{}, u.held
	for _, v := range held {
		known[v.manifest.sum.String()], known[v.files.SHA1.String()] = true, true
	}
	d.mu.Unlock()
	for _, v := range d.stale(u, nil) {
		if u.own {
			d.forget(u.ID, v, held)
			continue
		}
		known[v.manifest.sum.String()], known[v.files.SHA1.String()] = true, true
	}
	entries, err := os.ReadDir(d.private(u.ID))
	if err != nil {
		return
	}
	for _, e := range entries {
		if stem, _, ok := strings.Cut(e.Name(), "."); ok && (!known[stem] || strings.HasSuffix(e.Name(), suffixTemp)) {
			os.Remove(filepath.Join(d.private(u.ID), e.Name())) // it is found again
		}
	}
}

// bundle opens what is to be laid out.
func (d *Desk) bundle(u *unit, m *publication.Manifest) (interface {
	io.ReaderAt
	io.Closer
}, error) {
	if m.Size() == 0 {
		return empty{}, nil
	}
	return os.Open(d.file(u.ID, m.SHA1, suffixBundle))
}

// empty is a bundle of empty files.
type empty struct{}

// ReadAt implements io.ReaderAt.
func (empty) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

// Close implements io.Closer.
func (empty) Close() error { return nil }
