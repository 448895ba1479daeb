package flood

import (
	"encoding/base32"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"filbert/overlay/qrp"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
	"filbert/query"
	"filbert/query/index"
)

// TestEveryWayToName asks for one file in every way in which queries name hashes.
func TestEveryWayToName(t *testing.T) {
	sum := [20]byte{0: 1, 4: 0, 19: 7}
	ix := index.New()
	ix.Apply([]index.Entry{
		{ID: 1, Name: "wanted.txt", Size: 5, SHA1: sum},
		{ID: 2, Name: "other.txt", Size: 5, SHA1: [20]byte{9}},
	}, nil)
	a := NewAnswerer(ix, rand.New(rand.NewPCG(1, 1)))
	digits := base32.StdEncoding.EncodeToString(sum[:])
	const tiger = "ASD4UJSEH5M47PDYB46KBTSQTSGDKLBHYXOMUIA"
	block := func(id string, data ...byte) []byte {
		return wire.AppendGGEP(nil, ggep.Extension{ID: id, Data: data})
	}
	bitprint := append(append([]byte{2}, sum[:]...), make([]byte, 24)...)
	for _, test := range []struct {
		name, text string
		ext        []byte
		want       []string
	}{
		{"urn:sha1", `\`, []byte("urn:sha1:" + digits), []string{"wanted.txt"}},
		{"no text", "", []byte("urn:sha1:" + digits), []string{"wanted.txt"}},
		{"urn:bitprint", `\`, []byte("urn:bitprint:" + digits + "." + tiger), []string{"wanted.txt"}},
		{"GGEP u", `\`, block(ggep.URN, []byte("sha1:"+digits)...), []string{"wanted.txt"}},
		{"GGEP u of a bitprint", `\`, block(ggep.URN, []byte("bitprint:"+digits+"."+tiger)...), []string{"wanted.txt"}},
		{"GGEP H", `\`, block(ggep.Hash, append([]byte{1}, sum[:]...)...), []string{"wanted.txt"}},
		{"GGEP H of a bitprint", `\`, block(ggep.Hash, bitprint...), []string{"wanted.txt"}},
		{"GGEP H of MD5", `\`, block(ggep.Hash, append([]byte{3}, sum[:16]...)...), nil},
		{"a tree alone", `\`, []byte("urn:ttroot:" + tiger), nil},
		{"words or a hash", "other", []byte("urn:sha1:" + digits), []string{"other.txt", "wanted.txt"}},
		{"urn alone", `\`, []byte("urn:sha1:"), nil},
	} {
		got := names(a.Match((&wire.Query{Flags: wire.FlagMark, Text: test.text, Ext: test.ext}).AppendTo(nil), 50))
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestHashIsRoutedByItsWord asks for a file by its hash through an ultrapeer that
// looks up nothing but the words of a query's text, as gtk-gnutella does.
func TestHashIsRoutedByItsWord(t *testing.T) {
	sum := [20]byte{0: 1, 4: 0, 19: 7}
	ix := index.New()
	ix.Apply([]index.Entry{{ID: 1, Name: "wanted.txt", Size: 5, SHA1: sum}}, nil)
	table := Table(ix, nil)
	for _, test := range []struct {
		sum  [20]byte
		want bool
	}{{sum, true}, {[20]byte{9}, false}} {
		m := message(query.Query{SHA1: test.sum})
		var h Hasher
		words := h.Hash(m.AppendTo(nil))
		if len(words.Hashes) != 1 || len(words.URNs) == 0 {
			t.Fatalf("a query for a hash has the words %+v", words)
		}
		if got := table.Routes(qrp.Words{Hashes: words.Hashes}); got != test.want {
			t.Errorf("%x routed by its word: %v", test.sum, got)
		}
		if got := len(NewAnswerer(ix, rand.New(rand.NewPCG(1, 1))).Match(m.AppendTo(nil), 50)); (got == 1) != test.want {
			t.Errorf("%x has %d answers", test.sum, got)
		}
	}
}

// TestQueryExtensions holds what queries add to their words.
func TestQueryExtensions(t *testing.T) {
	ix := index.New()
	ix.Apply([]index.Entry{
		{ID: 1, Name: "blue song.ogg", Size: 1000, SHA1: [20]byte{1}},
		{ID: 2, Name: "blue text.txt", Size: 10, SHA1: [20]byte{2}},
		{ID: 3, Name: "blue page.ps", Size: 10, SHA1: [20]byte{3}},
		{ID: 4, Name: "blue arriving.ogg", Size: 1000, SHA1: [20]byte{4}, Partial: true},
		{ID: 5, Name: "la la la la la la la la la la.txt", SHA1: [20]byte{5}},
	}, nil)
	deflated := ggep.NewDeflated(ggep.LongText, []byte("la la la la la la la la la la"))
	if !deflated.Deflated {
		t.Fatal("the text is not worth deflating")
	}
	a := NewAnswerer(ix, rand.New(rand.NewPCG(1, 1)))
	media := func(data ...byte) ggep.Extension { return ggep.Extension{ID: ggep.Media, Data: data} }
	long := func(text string) ggep.Extension { return ggep.Extension{ID: ggep.LongText, Data: []byte(text)} }
	all := []string{"blue page.ps", "blue song.ogg", "blue text.txt"}
	for _, test := range []struct {
		name, text string
		exts       []ggep.Extension
		want       []string
	}{
		{"nothing", "blue", nil, all},
		{"M audio", "blue", []ggep.Extension{media(0x04)}, []string{"blue song.ogg"}},
		{"M image", "blue", []ggep.Extension{media(0x20)}, []string{"blue page.ps"}},
		{"M of two", "blue", []ggep.Extension{media(0x14)}, all},
		{"M zero", "blue", []ggep.Extension{media(0)}, all},
		{"M empty", "blue", []ggep.Extension{media()}, all},
		{"M of four bytes", "blue", []ggep.Extension{media(0x04, 0, 0, 0x80)}, []string{"blue song.ogg"}},
		{"M with no type we know", "blue", []ggep.Extension{media(0, 2)}, nil},
		{"PR: there are no partial files to tell of", "blue", []ggep.Extension{{ID: ggep.Partials}}, all},
		{"XQ", "blu", []ggep.Extension{long("blue song")}, []string{"blue song.ogg"}},
		{"XQ without text", "", []ggep.Extension{long("blue text")}, []string{"blue text.txt"}},
		{"XQ deflated", "blue", []ggep.Extension{deflated}, []string{"la la la la la la la la la la.txt"}},
		{"XQ empty", "blue", []ggep.Extension{long("")}, all},
		{"XQ that is not UTF-8", "blue", []ggep.Extension{long("\xff\xfe")}, all},
		{"I6, NP, SO, Z and what is unknown", "blue", []ggep.Extension{{ID: ggep.WantIPv6}, {ID: ggep.NoProxy}, {ID: ggep.SecureOOB}, {ID: ggep.Deflate}, {ID: "XX"}}, all},
	} {
		q := wire.Query{Flags: wire.FlagMark, Text: test.text, Ext: wire.AppendGGEP(nil, test.exts...)}
		got := names(a.Match(q.AppendTo(nil), 50))
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	partial := wire.AppendSHA1(nil, [20]byte{4})
	for _, exts := range [][]ggep.Extension{nil, {{ID: ggep.Partials}}} {
		q := wire.Query{Flags: wire.FlagMark, Text: `\`, Ext: wire.AppendGGEP(partial, exts...)}
		if got := a.Match(q.AppendTo(nil), 50); len(got) > 0 {
			t.Errorf("a partial file is told of: %+v", got)
		}
	}
}

// TestFetchedIsFoundByItsHash: a file that is not shared is found by its hash alone, and
// not by words, nor twice.
func TestFetchedIsFoundByItsHash(t *testing.T) {
	shared, given := [20]byte{1}, [20]byte{2}
	ix := index.New()
	ix.Apply([]index.Entry{{ID: 1, Name: "blue.txt", Size: 5, SHA1: shared}}, nil)
	a := NewAnswerer(ix, rand.New(rand.NewPCG(1, 1)))
	a.Fetched = func(sum [20]byte) (string, int64, bool) { return "sky.txt", 7, sum == given || sum == shared }
	for _, test := range []struct {
		name string
		q    query.Query
		want []string
	}{
		{"by its hash", query.Query{SHA1: given}, []string{"sky.txt"}},
		{"by its name", query.Query{Text: "sky"}, nil},
		{"a shared one", query.Query{SHA1: shared}, []string{"blue.txt"}},
		{"another", query.Query{SHA1: [20]byte{9}}, nil},
	} {
		m := message(test.q)
		records := a.Match(m.AppendTo(nil), 50)
		var got []string
		for _, r := range records {
			got = append(got, r.Name)
			if r.Index == 0 || r.Index == math.MaxUint32 {
				t.Errorf("%s: %s has the number %d", test.name, r.Name, r.Index)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	m := message(query.Query{SHA1: given})
	var h Hasher
	if words := h.Hash(m.AppendTo(nil)); !Table(index.New(), [][20]byte{given}).Routes(words) || Table(ix, nil).Routes(words) {
		t.Error("a query for a file that is given is not routed by its hash")
	}
	if Table(index.New(), nil) != nil {
		t.Error("who has nothing has a table")
	}
}
