package publications

import (
	"os"
	"slices"

	"filbert/overlay/identity"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/upload"
	"filbert/transfer/urn"
)

// Part is what is here of a manifest or bundle, for members. It is called from many
// goroutines at once.
func (d *Desk) Part(sum urn.SHA1) (upload.Partial, bool) {
	u, v := d.find(sum)
	switch {
	case v == nil:
		return upload.Partial{}, false
	case v.manifest.sum == sum:
		f, err := os.Open(d.file(u.ID, sum, suffixManifest))
		if err != nil {
			return upload.Partial{}, false
		}
		return upload.Whole(transfer.File{Name: u.Name, Size: v.manifest.size, SHA1: sum}, v.manifest.tree, f), true
	}
	p := upload.Partial{File: transfer.File{Name: u.Name, Size: v.files.Size(), SHA1: sum}, ReaderAt: empty{}}
	if v.folder != nil { // else there is nothing of it yet, but soon
		p.Tree, p.Have, p.ReaderAt = v.folder.Tree(), v.folder.Have(), v.folder.Reader()
	}
	return p, true
}

// find is the version whose manifest or bundle has a SHA-1: a copy.
func (d *Desk) find(sum urn.SHA1) (*unit, *version) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range d.units {
		for _, v := range append(slices.Clone(u.held), u.next) {
			if v != nil && v.files != nil && (v.manifest.sum == sum || v.files.SHA1 == sum) {
				found := *v
				return u, &found
			}
		}
	}
	return nil, nil
}

// Holders is the members that have something of a manifest or bundle, or soon will: the
// publisher and those who say that they have the version. Known is false if it is neither.
func (d *Desk) Holders(sum urn.SHA1) (peers []identity.PeerID, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range d.units {
		v := u.next
		if v == nil || v.manifest.sum != sum && (v.files == nil || v.files.SHA1 != sum) {
			continue
		}
		return d.holdersLocked(u, v), true
	}
	return nil, false
}

func (d *Desk) holdersLocked(u *unit, v *version) (peers []identity.PeerID) {
	peers = append(peers, u.Publisher)
	for p, h := range d.haves[u.ID] {
		if h.Version == v.number && p != d.cfg.Self && p != u.Publisher {
			peers = append(peers, p)
		}
	}
	slices.SortFunc(peers[1:], func(a, b identity.PeerID) int { return slices.Compare(a[:], b[:]) })
	return peers[:min(len(peers), download.MaxSources)]
}

// recruit names members that came to have something of what is being fetched.
func (d *Desk) recruit() {
	if d.ready() != nil {
		return
	}
	there := map[identity.PeerID]bool{}
	for _, p := range d.cfg.Space.Present() {
		there[p] = true
	}
	type offer struct {
		sum     urn.SHA1
		sources []transfer.Source
	}
	var offers []offer
	d.mu.Lock()
	for _, u := range d.units {
		v := u.next
		if v == nil {
			continue
		}
		o := offer{sum: v.manifest.sum}
		if v.files != nil {
			o.sum = v.files.SHA1
		}
		for _, p := range d.holdersLocked(u, v) {
			if there[p] {
				o.sources = append(o.sources, d.cfg.Source(p))
			}
		}
		offers = append(offers, o)
	}
	d.mu.Unlock()
	for _, o := range offers {
		d.cfg.Space.Downloads().AddSources(o.sum, o.sources) // it may not have begun, or have ended
	}
}

// say tells the group how much of a version is here, if that is news.
func (d *Desk) say(u *unit, h have) {
	if h.Percent < 100 {
		h.Percent -= h.Percent % haveStep
	}
	d.mu.Lock()
	known := u.told == h
	u.told = h
	d.mu.Unlock()
	if known {
		return
	}
	if err := d.cfg.Board.Put(Haves, u.key(), h.encode()); err != nil {
		d.log.Warn().Err(err).Msg("the group is not told how much is here")
	}
}
