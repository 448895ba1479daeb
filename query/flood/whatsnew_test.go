package flood

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"filbert/overlay"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
	"filbert/query"
	"filbert/query/index"
)

// archive is an index of files of different ages.
func archive() *index.Index {
	ix := index.New()
	ix.Apply([]index.Entry{
		{ID: 1, Name: "eldest.ogg", SHA1: [20]byte{1}, ModTime: 100},
		{ID: 2, Name: "older.ogg", SHA1: [20]byte{2}, ModTime: 200},
		{ID: 3, Name: "newer.txt", SHA1: [20]byte{3}, ModTime: 300},
		{ID: 4, Name: "newest.avi", SHA1: [20]byte{4}, ModTime: 400},
		{ID: 5, Name: "arriving.avi", SHA1: [20]byte{5}, ModTime: 500, Partial: true},
	}, nil)
	return ix
}

func names(records []wire.Record) (names []string) {
	for _, r := range records {
		names = append(names, r.Name)
	}
	return names
}

// TestWhatsNew answers what other servents send to ask for the newest files.
func TestWhatsNew(t *testing.T) {
	a := NewAnswerer(archive(), rand.New(rand.NewPCG(1, 1)))
	ask := func(flags wire.QueryFlags, text string, exts ...ggep.Extension) []string {
		return names(a.Match((&wire.Query{Flags: wire.FlagMark | flags, Text: text, Ext: wire.AppendGGEP(nil, exts...)}).AppendTo(nil), 50))
	}
	feature := ggep.Extension{ID: ggep.WhatsNew, Data: []byte{1}}
	mask := func(m index.Media) ggep.Extension {
		return ggep.Extension{ID: ggep.Media, Data: wire.AppendVL(nil, uint64(m))}
	}
	for _, test := range []struct {
		name string
		got  []string
		want []string
	}{
		{"by extension", ask(0, "", feature), []string{"newest.avi", "newer.txt", "older.ogg"}},
		{"by extension and text, as gtk-gnutella", ask(0, "WhatIsNewXOXO", feature), []string{"newest.avi", "newer.txt", "older.ogg"}},
		{"by text, as of old", ask(0, "whatisnewxoxo"), []string{"newest.avi", "newer.txt", "older.ogg"}},
		{"of a type", ask(0, "", feature, mask(index.Audio)), []string{"older.ogg", "eldest.ogg"}},
		{"of types", ask(0, "", mask(index.Audio|index.Document), feature), []string{"newer.txt", "older.ogg", "eldest.ogg"}},
		{"of a type there is not", ask(0, "", feature, mask(index.Image)), nil},
		{"one at most", ask(1, "", feature), []string{"newest.avi"}},
		{"never by name", ask(0, "eldest", feature), []string{"newest.avi", "newer.txt", "older.ogg"}},
		{"another feature", ask(0, "eldest", ggep.Extension{ID: ggep.WhatsNew, Data: []byte{2}}), []string{"eldest.ogg"}},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, test.got, test.want)
		}
	}
}

// asked is a Network that notes how it was asked, and finds nothing.
type asked struct {
	query wire.Query
	ttl   wire.TTL
}

func (n *asked) Search(_ context.Context, q wire.Query, ttl wire.TTL) (<-chan *overlay.Hit, error) {
	n.query, n.ttl = q, ttl
	hits := make(chan *overlay.Hit)
	close(hits)
	return hits, nil
}

// TestAskWhatsNew asks for the newest files: near by, with nothing but WH and M.
func TestAskWhatsNew(t *testing.T) {
	for _, test := range []struct {
		name string
		q    query.Query
		leaf func(context.Context) bool
		ttl  wire.TTL
	}{
		{"an ultrapeer", query.Query{New: true}, nil, 2},
		{"a leaf", query.Query{New: true, Media: index.Audio}, func(context.Context) bool { return true }, 3},
		{"no leaf any more", query.Query{New: true}, func(context.Context) bool { return false }, 2},
		{"no farther than that", query.Query{New: true, Hops: 4}, nil, 2},
		{"nearer", query.Query{New: true, Hops: 1}, nil, 1},
	} {
		n := &asked{}
		if err := (&Locator{Network: n, Leaf: test.leaf}).Locate(t.Context(), test.q, nil); err != nil {
			t.Fatal(err)
		}
		text, ext := []byte(n.query.Text), n.query.Ext
		if n.ttl != test.ttl || !wire.WhatsNew(nil, ext) || mediaMask(ext) != test.q.Media || string(text) != wire.WhatsNewText {
			t.Errorf("%s: TTL %d, %+v", test.name, n.ttl, n.query)
		}
		for x := range wire.Extensions(ext) {
			if x.Kind != wire.ExtGGEP {
				t.Errorf("%s: %q goes along", test.name, x.Raw)
			}
		}
		if l := len(n.query.AppendTo(nil)); l > wire.SoftQuery {
			t.Errorf("%s: %d bytes", test.name, l)
		}
	}
}
