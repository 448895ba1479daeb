package flood

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"filbert/overlay"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
	"filbert/query"
	"filbert/query/index"
	"filbert/transfer/urn"
)

// library is an index of a few files.
func library(t *testing.T) *index.Index {
	t.Helper()
	ix := index.New()
	refused := ix.Apply([]index.Entry{
		{ID: 1, Name: "Blue Sky.txt", Size: 12, SHA1: [20]byte{1}},
		{ID: 2, Name: "blue_sky-song.ogg", Size: 5 << 30, SHA1: [20]byte{2}},
		{ID: 3, Name: "unhashed blue sky.txt", Size: 13},
	}, nil)
	if refused != 0 {
		t.Fatal("the index refused a file")
	}
	return ix
}

// world is a Network of one servent, reached over the wire's own bytes.
type world struct {
	t        *testing.T
	answerer *Answerer
	saw      wire.Query
	err      error
}

var servent = wire.GUID{0: 7, 8: 0xff}

func (w *world) Search(ctx context.Context, q wire.Query, _ wire.TTL) (<-chan *overlay.Hit, error) {
	if w.err != nil {
		return nil, w.err
	}
	w.saw = q
	payload := q.AppendTo(nil)
	hits := make(chan *overlay.Hit, 1)
	defer close(hits)
	records := w.answerer.Match(payload, 50)
	if len(records) == 0 {
		return hits, nil
	}
	sent := &wire.QueryHit{
		Addr: netip.MustParseAddrPort("9.1.1.1:7000"), Speed: 1000, Records: records, Servent: servent,
		Trailer: wire.NewTrailer(wire.VendorCode{'T', 'E', 'S', 'T'}, wire.HitBusy),
	}
	m, err := wire.Parse(wire.TypeQueryHit, sent.AppendTo(nil))
	got, ok := m.(*wire.QueryHit)
	if err != nil || !ok {
		w.t.Fatal(err)
	}
	hits <- &overlay.Hit{QueryHit: *got, Hops: 2, At: time.Unix(1, 0)}
	return hits, nil
}

// TestOverTheWire asks and is answered in the bytes of the network.
func TestOverTheWire(t *testing.T) {
	for _, test := range []struct {
		name string
		q    query.Query
		want []string
	}{
		{"words in any order and case", query.Query{Text: "SKY blue"}, []string{"Blue Sky.txt", "blue_sky-song.ogg", "unhashed blue sky.txt"}},
		{"beginnings of words", query.Query{Text: "blu son"}, []string{"blue_sky-song.ogg"}},
		{"not their insides", query.Query{Text: "lue"}, nil},
		{"a media type", query.Query{Text: "blue", Media: index.Audio}, []string{"blue_sky-song.ogg"}},
		{"a hash", query.Query{SHA1: urn.SHA1{1}}, []string{"Blue Sky.txt"}},
		{"words, to be told from others by a hash", query.Query{Text: "song", SHA1: urn.SHA1{9}}, []string{"blue_sky-song.ogg"}},
		{"an unknown hash", query.Query{SHA1: urn.SHA1{9}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{t: t, answerer: NewAnswerer(library(t), rand.New(rand.NewPCG(1, 1)))}
			var names []string
			err := (&Locator{Network: w}).Locate(t.Context(), test.q, func(h query.Hit) {
				names = append(names, h.File.Name)
				if h.Source.Servent != servent || h.Source.Vendor != "TEST" || !h.Busy || h.Hops != 3 || h.Source.Push {
					t.Errorf("hit %+v", h)
				}
				switch h.File.Name {
				case "Blue Sky.txt":
					if h.File.SHA1 != (urn.SHA1{1}) || h.File.Size != 12 || h.Source.Index != 1 {
						t.Errorf("hit %+v", h)
					}
				case "blue_sky-song.ogg":
					if h.File.Size != 5<<30 {
						t.Errorf("a file of 5 GiB is said to have %d bytes", h.File.Size)
					}
				default:
					if h.Hashed() {
						t.Errorf("hit %+v has a hash", h)
					}
				}
			})
			slices.Sort(names)
			if err != nil || !slices.Equal(names, test.want) {
				t.Errorf("found %q, %v; want %q", names, err, test.want)
			}
			if w.saw.Flags&wire.FlagMark == 0 || len(w.saw.AppendTo(nil)) > wire.SoftQuery {
				t.Errorf("asked with %+v", w.saw)
			}
		})
	}
}

func TestNetworkDown(t *testing.T) {
	down := errors.New("down")
	if err := (&Locator{Network: &world{err: down}}).Locate(t.Context(), query.Query{Text: "blue"}, nil); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
}

func TestAnswererReadsForeignQueries(t *testing.T) {
	a := NewAnswerer(library(t), rand.New(rand.NewPCG(1, 1)))
	long := wire.AppendGGEP(nil, ggep.Extension{ID: ggep.LongText, Data: []byte("blue sky song")})
	for _, test := range []struct {
		name    string
		payload []byte
		want    int
	}{
		{"an ordinary one", (&wire.Query{Flags: wire.FlagMark, Text: "blue sky"}).AppendTo(nil), 3},
		{"at most two hits", (&wire.Query{Flags: wire.FlagMark | 2, Text: "blue sky"}).AppendTo(nil), 2},
		{"single letters", (&wire.Query{Flags: wire.FlagMark, Text: "b s"}).AppendTo(nil), 0},
		{"long text in an extension", (&wire.Query{Flags: wire.FlagMark, Text: "blue", Ext: long}).AppendTo(nil), 1},
		{"no NUL", []byte("\x80\x00blue"), 0},
		{"nothing", nil, 0},
	} {
		if got := len(a.Match(test.payload, 50)); got != test.want {
			t.Errorf("%s: %d records, want %d", test.name, got, test.want)
		}
	}
	copies := index.New()
	copies.Apply([]index.Entry{{ID: 1, Name: "blue.txt", SHA1: [20]byte{1}}, {ID: 2, Name: "copy of blue.txt", SHA1: [20]byte{1}}}, nil)
	if got := NewAnswerer(copies, rand.New(rand.NewPCG(1, 1))).Match((&wire.Query{Flags: wire.FlagMark, Text: "blue"}).AppendTo(nil), 50); len(got) != 1 {
		t.Errorf("two copies of one file gave %d records", len(got))
	}
	if got := len(a.Match((&wire.Query{Flags: wire.FlagMark, Text: "blue sky"}).AppendTo(nil), 1)); got != 1 {
		t.Errorf("%d records beyond the limit of 1", got)
	}
}

func FuzzAnswerer(f *testing.F) {
	ix := index.New()
	ix.Apply([]index.Entry{{ID: 1, Name: "Blue Sky.txt", Size: 12, SHA1: [20]byte{1}}}, nil)
	f.Add((&wire.Query{Flags: wire.FlagMark, Text: "blue sky"}).AppendTo(nil))
	f.Add((&wire.Query{Flags: wire.FlagMark, Text: `\`, Ext: wire.AppendSHA1(nil, [20]byte{1})}).AppendTo(nil))
	a := NewAnswerer(ix, rand.New(rand.NewPCG(1, 1)))
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, r := range a.Match(payload, 50) {
			if r.Index != 1 || r.Name != "Blue Sky.txt" {
				t.Fatalf("record %+v", r)
			}
		}
	})
}
