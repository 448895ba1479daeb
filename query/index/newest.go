package index

import "math/bits"

// mediaKinds is how many lists of newest files a segment keeps: one for each
// bit of Media, and one for files of no known type.
const mediaKinds = 8

// newest is the docs of a segment that changed last, newest first, for each
// kind of media: at most MaxNewest of a kind, none of them dead or partial. A
// file of several types is in several lists.
type newest [mediaKinds]struct {
	docs [MaxNewest]uint32
	n    int
}

// Newest appends the files that changed last to dst, newest first, and returns
// the extended slice: those of a media type, any if media is 0, at most
// MaxNewest and none that is still being downloaded. The entries must not be
// changed. It looks at a few dozen files, however many there are.
func (x *Index) Newest(dst []*Entry, media Media) []*Entry {
	from := len(dst)
	parts := x.current.Load().parts
	for i := range parts {
		p := &parts[i]
		for kind := range p.newest {
			if media != 0 && media&kindMedia(kind) == 0 {
				continue
			}
			list := &p.newest[kind]
			for _, doc := range list.docs[:list.n] {
				dst = insertNewest(dst, from, &p.entries[doc])
			}
		}
	}
	return dst
}

// insertNewest puts e into dst[from:], which is sorted and has at most
// MaxNewest items, unless it is too old or there already.
func insertNewest(dst []*Entry, from int, e *Entry) []*Entry {
	at := len(dst)
	for at > from && newer(e, dst[at-1]) {
		at--
	}
	if at > from && dst[at-1] == e || at-from == MaxNewest {
		return dst
	}
	if len(dst)-from < MaxNewest {
		dst = append(dst, nil)
	}
	copy(dst[at+1:], dst[at:])
	dst[at] = e
	return dst
}

// newer orders files by time, and by ID where that is the same: a file added
// later has the higher one.
func newer(a, b *Entry) bool {
	if a.ModTime != b.ModTime {
		return a.ModTime > b.ModTime
	}
	return a.ID > b.ID
}

// kinds is the lists a file is in, as bits.
func kinds(m Media) uint8 {
	if set := uint8(m >> 2); set != 0 { // Audio is the lowest bit of Media
		return set
	}
	return 1 << (mediaKinds - 1)
}

// kindMedia is the media type of a list; none for the last.
func kindMedia(kind int) Media {
	if kind == mediaKinds-1 {
		return 0
	}
	return Audio << kind
}

// findNewest fills the lists anew.
func (p *part) findNewest() {
	p.newest = newest{}
	for doc := range uint32(len(p.entries)) {
		if e := &p.entries[doc]; !e.Partial && !p.isDead(doc) {
			for set := kinds(e.Media); set != 0; set &= set - 1 {
				p.noteNewest(bits.TrailingZeros8(set), doc)
			}
		}
	}
}

// noteNewest puts a doc into a list if it is new enough.
func (p *part) noteNewest(kind int, doc uint32) {
	list := &p.newest[kind]
	at := list.n
	for at > 0 && newer(&p.entries[doc], &p.entries[list.docs[at-1]]) {
		at--
	}
	if at == MaxNewest {
		return
	}
	list.n = min(list.n+1, MaxNewest)
	copy(list.docs[at+1:], list.docs[at:])
	list.docs[at] = doc
}

// isNewest reports whether a doc is in one of the lists.
func (p *part) isNewest(doc uint32) bool {
	for kind := range p.newest {
		for _, d := range p.newest[kind].docs[:p.newest[kind].n] {
			if d == doc {
				return true
			}
		}
	}
	return false
}
