package query

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"filbert/query/index"
	"filbert/transfer"
	"filbert/transfer/urn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		q    Query
		want error
	}{
		{Query{Text: "blue sky"}, nil},
		{Query{Text: "a b sky"}, nil},
		{Query{Text: "日本語"}, nil},
		{Query{Text: ""}, ErrNoWords},
		{Query{Text: "a bc"}, ErrNoWords},
		{Query{Text: "--- !!!"}, ErrNoWords},
		{Query{Text: strings.Repeat("word ", 39) + "words"}, nil},
		{Query{Text: strings.Repeat("word ", 40) + "words"}, ErrTooLong},
		{Query{SHA1: urn.SHA1{1}}, nil},
		{Query{Text: "blue sky", MinSize: 2, MaxSize: 1}, ErrSizes},
		{Query{New: true, Media: index.Audio, MaxSize: 1}, nil},
		{Query{New: true, Text: "blue"}, ErrNotNew},
		{Query{New: true, SHA1: urn.SHA1{1}}, ErrNotNew},
	} {
		if err := test.q.Check(); !errors.Is(err, test.want) {
			t.Errorf("%.40q: %v, want %v", test.q.Text, err, test.want)
		}
	}
}

// hit makes the hit of one servent for one file.
func hit(servent byte, sha1 byte, name string, size int64) Hit {
	return Hit{
		File:   transfer.File{Name: name, Size: size, SHA1: urn.SHA1{sha1}},
		Source: transfer.Source{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 1, 1, servent}), 7000), Servent: [16]byte{servent}},
		Hops:   int(servent),
		Speed:  uint32(servent) * 100,
	}
}

func TestAccepts(t *testing.T) {
	song := hit(1, 1, "song.ogg", 1000)
	for _, test := range []struct {
		name string
		q    Query
		want bool
	}{
		{"words", Query{Text: "song"}, true},
		{"the hash", Query{SHA1: urn.SHA1{1}}, true},
		{"another hash", Query{SHA1: urn.SHA1{2}}, false},
		{"words, of another hash", Query{Text: "song", SHA1: urn.SHA1{2}}, false},
		{"audio", Query{Media: index.Audio}, true},
		{"video", Query{Media: index.Video}, false},
		{"at least its size", Query{MinSize: 1000}, true},
		{"more than its size", Query{MinSize: 1001}, false},
		{"at most its size", Query{MaxSize: 1000}, true},
		{"less than its size", Query{MaxSize: 999}, false},
	} {
		if got := test.q.Accepts(song); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// found is a Locator that finds what it is told.
type found struct {
	name string
	hits []Hit
	err  error
}

func (f found) Name() string { return f.name }

func (f found) Locate(_ context.Context, _ Query, found func(Hit)) error {
	for _, h := range f.hits {
		found(h)
	}
	return f.err
}

func TestSearcher(t *testing.T) {
	broken := errors.New("network is down")
	s := Searcher{Locators: []Locator{
		found{name: "flood", hits: []Hit{hit(1, 1, "song.ogg", 5), hit(2, 2, "talk.txt", 5)}},
		found{name: "static", hits: []Hit{hit(3, 1, "song.ogg", 5)}},
		found{name: "directory", err: broken},
	}}
	var got []string
	err := s.Search(t.Context(), Query{Text: "song", Media: index.Audio}, func(h Hit) {
		got = append(got, fmt.Sprint(h.File.Name, h.Hops))
	})
	slices.Sort(got)
	if want := []string{"song.ogg1", "song.ogg3"}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "directory") {
		t.Errorf("error %v does not name the locator that failed", err)
	}
	if err := s.Search(t.Context(), Query{Text: "a"}, nil); !errors.Is(err, ErrNoWords) {
		t.Errorf("a query of no words: %v", err)
	}
}

func TestResults(t *testing.T) {
	rs := NewResults()
	for i, test := range []struct {
		hit     Hit
		number  int
		sources int
	}{
		{hit(5, 1, "song.ogg", 5), 1, 1},
		{hit(6, 2, "talk.txt", 6), 2, 1},
		{hit(4, 1, "other name.ogg", 5), 1, 2},
		{hit(5, 1, "song.ogg", 5), 1, 2},
		{hit(5, 0, "unhashed.txt", 5), 3, 1},
		{hit(6, 0, "unhashed.txt", 5), 3, 2},
		{hit(6, 0, "unhashed.txt", 6), 4, 1},
	} {
		if r := rs.Add(test.hit); r.Number != test.number || len(r.Sources) != test.sources {
			t.Errorf("hit %d: number %d with %d sources, want %d with %d", i, r.Number, len(r.Sources), test.number, test.sources)
		}
	}
	r, ok := rs.Get(1)
	if !ok || r.File.Name != "song.ogg" || r.Hops != 4 || r.Speed != 500 || r.Media != index.Audio || !r.Hashed() {
		t.Errorf("result 1 is %+v", r)
	}
	if latest := rs.Latest(2); len(latest) != 2 || latest[0].Number != 4 || latest[1].Number != 3 || len(rs.Latest(99)) != 4 {
		t.Errorf("the latest results are %+v", latest)
	}
	if r, ok := rs.ByHash(urn.SHA1{2}, Roots{}); !ok || r.Number != 2 {
		t.Errorf("the result of a hash is %+v, %v", r, ok)
	}
	for _, n := range []int{0, 5, -1} {
		if _, ok := rs.Get(n); ok {
			t.Errorf("there is a result %d", n)
		}
	}
	r.Sources[0].Vendor = "EVIL"
	if again, _ := rs.Get(1); again.Sources[0].Vendor != "" {
		t.Error("a result that was handed out can change the list")
	}
}

func TestResultsAreBounded(t *testing.T) {
	rs := NewResults()
	for i := range maxResults + 10 {
		h := hit(1, 0, fmt.Sprint("file ", i), 1)
		if r := rs.Add(h); r.Number != i+1 {
			t.Fatalf("number %d, want %d", r.Number, i+1)
		}
	}
	if _, old := rs.Get(10); rs.Len() != maxResults || old {
		t.Errorf("%d results are kept, the tenth among them: %v", rs.Len(), old)
	}
	if _, ok := rs.Get(11); !ok {
		t.Error("the oldest result that fits is gone")
	}
	var r Result
	for i := range maxSources + 10 {
		h := hit(1, 7, "song.ogg", 1)
		h.Source.Servent = [16]byte{byte(i), byte(i >> 8), 1}
		r = rs.Add(h)
	}
	if len(r.Sources) != maxSources {
		t.Errorf("%d sources are kept, want %d", len(r.Sources), maxSources)
	}
}

// TestResultsOfOneSHA1: what has one SHA-1 and different hash trees are different
// results (THREATS T11); who tells no tree belongs to the first.
func TestResultsOfOneSHA1(t *testing.T) {
	rs := NewResults()
	tell := func(from byte, tiger, blake3 byte) Hit {
		h := hit(from, 1, "song.ogg", 5)
		h.Tiger, h.Blake3 = urn.Tiger{tiger}, urn.Blake3{blake3}
		return h
	}
	for i, test := range []struct {
		hit             Hit
		number, sources int
	}{
		{tell(1, 0, 0), 1, 1},
		{tell(2, 7, 0), 1, 2},
		{tell(3, 7, 9), 1, 3},
		{tell(4, 8, 9), 2, 1}, // another Tiger tree
		{tell(5, 0, 6), 3, 1}, // another BLAKE3 tree
		{tell(6, 8, 9), 2, 2},
		{tell(7, 0, 0), 1, 4},
	} {
		if r := rs.Add(test.hit); r.Number != test.number || len(r.Sources) != test.sources {
			t.Errorf("hit %d: number %d with %d sources, want %d with %d", i, r.Number, len(r.Sources), test.number, test.sources)
		}
	}
	if r, _ := rs.ByHash(urn.SHA1{1}, Roots{}); r.Number != 1 || r.Tiger != (urn.Tiger{7}) || r.Blake3 != (urn.Blake3{9}) {
		t.Errorf("the result of the hash is %+v", r)
	}
	for number := 1; number <= 3; number++ {
		if r, _ := rs.Get(number); !r.Contested || r.Distinct() != r.Roots {
			t.Errorf("result %d has rivals, and is %+v", number, r)
		}
	}
	alone := hit(9, 2, "other.ogg", 5)
	alone.Tiger = urn.Tiger{9}
	if r := rs.Add(alone); r.Contested || r.Distinct() != (Roots{}) {
		t.Errorf("a result with no rival is bound to what its source said: %+v", r)
	}
	if r, _ := rs.ByHash(urn.SHA1{1}, Roots{Tiger: urn.Tiger{8}}); r.Number != 2 {
		t.Errorf("the result of the hash with another tree is %+v", r)
	}
	if r, ok := rs.ByHash(urn.SHA1{1}, Roots{Tiger: urn.Tiger{1}}); ok && r.Tiger.Known() {
		t.Errorf("the result of a tree that nobody named is %+v", r)
	}
}
