package download

import (
	"net/netip"
	"time"

	"filbert/transfer/merkle"
)

// A source can name any tree, so the first that is named is believed only until
// others speak against it: those that name another, or whose bytes do not fit and who
// name another. A network has one voice, since addresses in it cost nothing.
//
// Once two networks gave bytes that fit it, it is given up only if nobody is left to
// ask: else a few that name anything would undo what is here.
type voices struct {
	pro, contra int // networks
	gave        int // of the pro: that gave bytes that fit
}

// voiceOf is whose voice that of a host is; of hosts that are not known it is one.
func voiceOf(host netip.Addr) netip.Prefix {
	bits := 24
	if host.Is6() {
		bits = 48
	}
	p, _ := host.Prefix(bits)
	return p
}

// voices is who speaks for and against a tree. Rival reports whether the trees that
// somebody names may be those of the file.
func (s *sources) voices(t *merkle.Tree, rival func(names) bool) voices {
	pro, contra, gave := map[netip.Prefix]bool{}, map[netip.Prefix]bool{}, map[netip.Prefix]bool{}
	for _, src := range s.list {
		of := voiceOf(src.host)
		root, ok := src.names.root(t.Kind())
		names := ok && root == t.Root()
		switch {
		case src.byTree:
			if !names && rival(src.names) { // else it says the one and does the other, or nothing
				contra[of] = true
			}
		case src.bytes > 0:
			pro[of], gave[of] = true, true
		case names:
			pro[of] = true
		}
	}
	return voices{len(pro), len(contra), len(gave)}
}

// outvoted reports whether a tree is to be given up: little is here yet, none is left
// to ask, or none that did not fail.
func (v voices) outvoted(little, noneLeft, noneWell bool) bool {
	switch {
	case v.contra > 2*v.pro || little && v.contra > v.pro:
		return v.gave < 2 || noneLeft
	case v.contra == v.pro:
		return v.contra > 0 && little && noneWell
	}
	return false
}

// well reports whether there is a source that may be asked and has not failed.
func (s *sources) well() bool {
	for _, src := range s.list {
		if !src.dropped && src.failures == 0 {
			return true
		}
	}
	return false
}

// doubt draws the conclusion when a tree is outvoted: those it spoke against get
// another try, and those that named it only if the next one turns out to be wrong.
func (s *sources) doubt(t *merkle.Tree) {
	for _, src := range s.list {
		switch root, ok := src.names.root(t.Kind()); {
		case src.dropped && !src.byTree:
		case ok && root == t.Root():
			src.dropped, src.byTree = true, true
			src.reason = src.name() + ": names a hash tree that more speak against"
		case src.byTree:
			src.acquit()
		}
	}
}

// welcome gives those another try that named a tree that is believed after all.
func (s *sources) welcome(t *merkle.Tree) {
	for _, src := range s.list {
		if root, ok := src.names.root(t.Kind()); ok && root == t.Root() && src.byTree {
			src.acquit()
		}
	}
}

// acquit gives a source another try that was dropped for what a tree said.
func (src *source) acquit() {
	src.dropped, src.lied, src.byTree, src.proven, src.charged = false, false, false, false, false
}

// kin is how many networks name a tree that somebody names too, and none that
// contradicts it.
func (s *sources) kin(n names) int {
	of := map[netip.Prefix]bool{}
	for _, src := range s.list {
		o := src.names
		if !n.denies(o) && (n.tiger.Known() && n.tiger == o.tiger || n.blake3.Known() && n.blake3 == o.blake3) {
			of[voiceOf(src.host)] = true
		}
	}
	return len(of)
}

// rival reports whether one of the trees may be that of the file.
func (d *download) rival(n names) bool {
	_, _, ok := n.choose(d.file.Size, d.wrong, d.bound)
	return ok
}

// reconsider gives the tree up if it is outvoted by now. What is here is held against
// the next one.
func (c *crew) reconsider() {
	d := c.d
	if !c.spoken || d.tree == nil || d.boundTo(d.tree) {
		return
	}
	c.spoken = false
	v := d.sources.voices(d.tree, d.rival)
	have := c.partial.Present()
	if !v.outvoted(have.Len() < d.file.Size/littleShare, d.sources.usable() == 0, !d.sources.well()) {
		return
	}
	d.log.Warn().Stringer("kind", d.tree.Kind()).Int("for", v.pro).Int("against", v.contra).Msg("hash tree is given up")
	c.dismiss()
	d.share(nil, nil)
	d.sources.doubt(d.tree)
	d.manager.quarantine.withdraw(d.file.SHA1)
	d.chargeLiars(time.Now())
	d.setVerified(false)
	d.tree, c.wanted = nil, true
}

// contradicted reports whether a tree that a single network names is not that by which
// what is here was verified in an earlier life: less than half of it fits.
func (d *download) contradicted(n names, fits, have int64) bool {
	d.mu.Lock()
	verified := d.terms.verified
	d.mu.Unlock()
	return verified && fits < have/2 && d.sources.kin(n) < 2
}

// setVerified notes whether all that is here was verified by a tree, which outlives
// the process: a tree that says otherwise then is not believed at once.
func (d *download) setVerified(is bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.terms.verified != is {
		d.terms.verified, d.unkept = is, true
	}
}
