package flood

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"unicode/utf8"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
	"filbert/query/index"
	"filbert/query/keyword"
)

// Answerer finds what is shared for the network's queries. It implements
// overlay.Matcher and is used by one goroutine.
type Answerer struct {
	// Mesh tells who else has what is shared; nil: nobody is known.
	Mesh Mesh
	// Roots tells the roots of the hash trees of a shared file; nil: none is known. It
	// must not block.
	Roots func(sha1 [20]byte) wire.Roots
	// Fetched finds a file that is given to who asks for its hash, though it is not
	// shared: no words find it. Nil: there is none. It must not block.
	Fetched func(sha1 [20]byte) (name string, size int64, ok bool)

	index   *index.Index
	rnd     *rand.Rand
	entries []*index.Entry // used again by every query
}

// Mesh knows other sources of shared files.
type Mesh interface {
	// Alternates is who else has a file, as anybody may be told. It must not block.
	Alternates(sha1 [20]byte) []netip.AddrPort
}

// NewAnswerer returns an Answerer over ix. rnd varies which files answer when
// there are more than a query wants.
func NewAnswerer(ix *index.Index, rnd *rand.Rand) *Answerer {
	return &Answerer{index: ix, rnd: rnd}
}

// Match implements overlay.Matcher.
func (a *Answerer) Match(payload []byte, limit int) []wire.Record {
	flags, text, ext, err := wire.QueryText(payload)
	if err != nil {
		return nil
	}
	if wanted := int(flags.Normal() & wire.MaskMaxHits); wanted > 0 {
		limit = min(limit, wanted)
	}
	if wire.WhatsNew(text, ext) {
		return a.newest(mediaMask(ext), limit)
	}
	q, ok := request(text, ext)
	if !ok {
		return nil
	}
	a.entries = a.index.Match(a.entries[:0], &q, a.rnd, limit)
	if q.Media == 0 && a.Fetched != nil {
		a.fetched(q.SHA1s, limit)
	}
	return a.records(a.entries)
}

// fetched appends the files of these hashes that are not shared and yet given, as long as
// there are fewer than limit.
func (a *Answerer) fetched(sums [][20]byte, limit int) {
	for i, sum := range sums {
		if len(a.entries) >= limit || slices.ContainsFunc(a.entries, func(e *index.Entry) bool { return e.SHA1 == sum }) {
			continue
		}
		if name, size, ok := a.Fetched(sum); ok {
			// Who is asked for a file by its number has to look in a list; this one is in none.
			a.entries = append(a.entries, &index.Entry{ID: math.MaxUint32 - 1 - uint32(i), Name: name, Size: size, SHA1: sum})
		}
	}
}

// records names files as hits do. It keeps nothing of entries.
func (a *Answerer) records(entries []*index.Entry) []wire.Record {
	if len(entries) == 0 {
		return nil
	}
	records := make([]wire.Record, 0, len(entries))
	for i, e := range entries {
		if !copied(entries[:i], e) {
			records = append(records, a.record(e))
		}
	}
	clear(a.entries)
	return records
}

// copied reports whether a file with the content of e is among those before it:
// gtk-gnutella takes a hit with one hash twice for spam.
func copied(before []*index.Entry, e *index.Entry) bool {
	return e.SHA1 != [20]byte{} && slices.ContainsFunc(before, func(b *index.Entry) bool { return b.SHA1 == e.SHA1 })
}

// request reads what a query's text and extensions ask for, and reports whether
// they ask for anything: a hash, or words of which one has two characters.
func request(text, ext []byte) (index.Query, bool) {
	var q index.Query
	if len(ext) > 0 {
		for sum := range wire.SHA1s(ext) {
			if len(q.SHA1s) < index.MaxSHA1s {
				q.SHA1s = append(q.SHA1s, sum)
			}
		}
		q.Media = mediaMask(ext)
		if e, ok := wire.FindGGEP(ext, ggep.LongText); ok {
			if data, err := e.Payload(); err == nil && len(data) > 0 && utf8.Valid(data) {
				text = data
			}
		}
	}
	words, err := keyword.ParseQuery(string(text))
	if err != nil {
		return q, false
	}
	meaningful := false
	for _, w := range words {
		meaningful = meaningful || len(w.Text) >= 2
	}
	if meaningful {
		q.Words = words
	}
	return q, meaningful || len(q.SHA1s) > 0
}

// mediaMask is the media types a query wants, 0 for all.
func mediaMask(ext []byte) index.Media {
	e, ok := wire.FindGGEP(ext, ggep.Media)
	if !ok {
		return 0
	}
	data, err := e.Payload()
	if err != nil {
		return 0
	}
	mask, _ := wire.ParseVL(data)
	return index.Media(min(mask, math.MaxUint32))
}

// record is a shared file as a hit names it, with the roots of its hash trees and
// with others that have it.
func (a *Answerer) record(e *index.Entry) wire.Record {
	var more []ggep.Extension
	if e.SHA1 != [20]byte{} && a.Roots != nil {
		more = a.Roots(e.SHA1).Append(nil)
	}
	if e.SHA1 != [20]byte{} && a.Mesh != nil {
		more = append(more, wire.Alternates(a.Mesh.Alternates(e.SHA1))...)
	}
	return record(e, more...)
}

// record is a shared file as a hit names it.
func record(e *index.Entry, more ...ggep.Extension) wire.Record {
	r := wire.Record{Index: e.ID, Size: e.Size, Name: e.Name}
	if e.SHA1 != [20]byte{} {
		r.Ext = wire.AppendSHA1(nil, e.SHA1)
	}
	var block []ggep.Extension
	if e.Size > math.MaxInt32 {
		block = append(block, wire.LargeFile(e.Size))
	}
	r.Ext = wire.AppendGGEP(r.Ext, append(block, more...)...)
	return r
}
