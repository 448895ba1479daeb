package index

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"filbert/query/keyword"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// ids returns the sorted IDs of entries.
func ids(entries []*Entry) []uint32 {
	out := make([]uint32, 0, len(entries))
	for _, e := range entries {
		out = append(out, e.ID)
	}
	slices.Sort(out)
	return out
}

func TestMatchRules(t *testing.T) {
	x := New()
	sum := func(b byte) [20]byte { return [20]byte{b} }
	x.Apply([]Entry{
		{ID: 1, Name: "Linux kernel.pdf", Size: 100, SHA1: sum(1)},
		{ID: 2, Name: "linus_LINUX.mp3", Size: 200, SHA1: sum(2)},
		{ID: 3, Name: "The file is the one.txt", Size: 300, SHA1: sum(3)},
		{ID: 4, Name: "Café Été.MP3", Size: 400, SHA1: sum(4)},
		{ID: 5, Name: "linux.iso", Size: 500, SHA1: sum(5), Partial: true},
		{ID: 6, Name: "東京らーめんガイド2024", Size: 600, SHA1: sum(3)},
		{ID: 7, Name: "linux not hashed.iso", Size: 700},
		{ID: 8, Name: "...", Size: 800, SHA1: sum(8)},
	}, nil)

	with := func(text string, change func(*Query)) *Query {
		q := textQuery(text)
		change(q)
		return q
	}
	for _, tt := range []struct {
		name string
		q    *Query
		want []uint32
	}{
		{"whole word", textQuery("kernel"), []uint32{1}},
		{"start of a word", textQuery("ker"), []uint32{1}},
		{"not within a word", textQuery("inu"), nil},
		{"all words", textQuery("linux kernel"), []uint32{1}},
		{"one word missing", textQuery("linux kernel hurd"), nil},
		{"found once by two of its words", textQuery("lin"), []uint32{1, 2, 7}},
		{"one letter", textQuery("l"), []uint32{1, 2, 7}},
		{"two words may begin one", textQuery("lin linux kernel"), []uint32{1}},
		{"wanted twice", textQuery("the the one"), []uint32{3}},
		{"wanted less than once", &Query{Words: []keyword.Word{{Text: "linux"}, {Text: "kernel", Count: -1}}}, []uint32{1}},
		{"wanted twice, as beginnings", textQuery("lin lin"), []uint32{2}},
		{"wanted three times", textQuery("the the the"), nil},
		{"accents", textQuery("CAFÉ ete"), []uint32{4}},
		{"Han", textQuery("東京"), []uint32{6}},
		{"digits behind kana", textQuery("2024 ガイ"), []uint32{6}},
		{"extension", textQuery("mp3"), []uint32{2, 4}},

		{"nothing asked", &Query{}, nil},
		{"only filters", &Query{Media: Audio}, nil},
		{"hash", &Query{SHA1s: [][20]byte{sum(1)}}, []uint32{1}},
		{"hash of two files", &Query{SHA1s: [][20]byte{sum(3)}}, []uint32{3, 6}},
		{"unknown hash", &Query{SHA1s: [][20]byte{sum(99)}}, nil},
		{"hashes are alternatives", &Query{SHA1s: [][20]byte{sum(1), sum(99), sum(2)}}, []uint32{1, 2}},
		{"same hash twice", &Query{SHA1s: [][20]byte{sum(1), sum(1)}}, []uint32{1}},
		{"no hash is not a hash", &Query{SHA1s: [][20]byte{{}}}, nil},
		{"hash or words", with("kernel", func(q *Query) { q.SHA1s = [][20]byte{sum(4)} }), []uint32{1, 4}},
		{"hash and words of one file", with("kernel", func(q *Query) { q.SHA1s = [][20]byte{sum(1)} }), []uint32{1}},
		{"zero hash hides nothing", with("hashed", func(q *Query) { q.SHA1s = [][20]byte{{}} }), []uint32{7}},

		{"media", with("linux", func(q *Query) { q.Media = Audio }), []uint32{2}},
		{"media mask", with("linux", func(q *Query) { q.Media = Audio | Document }), []uint32{1, 2}},
		{"media of no file", with("linux", func(q *Query) { q.Media = Torrent }), nil},
		{"media and hash", &Query{SHA1s: [][20]byte{sum(1)}, Media: Audio}, nil},
		{"sizes", with("linux", func(q *Query) { q.MinSize, q.MaxSize = 101, 699 }), []uint32{2}},
		{"sizes are inclusive", with("linux", func(q *Query) { q.MinSize, q.MaxSize = 100, 700 }), []uint32{1, 2, 7}},
		{"partial", with("linux", func(q *Query) { q.Partials = true }), []uint32{1, 2, 5, 7}},
		{"partial by hash", &Query{SHA1s: [][20]byte{sum(5)}}, nil},
		{"partial by hash, wanted", &Query{SHA1s: [][20]byte{sum(5)}, Partials: true}, []uint32{5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ids(x.Match(nil, tt.q, newRand(1), 50)); !slices.Equal(got, tt.want) {
				t.Errorf("found %d, want %d", got, tt.want)
			}
		})
	}
}

// TestMatchAgainstRule compares with the plain rule over generated libraries
// that change all the while.
func TestMatchAgainstRule(t *testing.T) {
	for seed := range uint64(4) {
		c := newCorpus(seed, 300)
		x := New()
		files := map[uint32]Entry{}
		for range 25 {
			add := c.entries(c.rnd.Uint32N(3000), c.rnd.IntN(200))
			var remove []uint32
			for range c.rnd.IntN(100) {
				remove = append(remove, c.rnd.Uint32N(3000))
			}
			x.Apply(add, remove)
			for _, id := range remove {
				delete(files, id)
			}
			for _, e := range add {
				files[e.ID] = e
			}
			for i := range 20 {
				q := c.query(c.rnd.IntN(4))
				q.Partials = i%2 == 0
				if i%3 == 0 {
					q.Media, q.MinSize, q.MaxSize = Audio|Image, 1<<20, 1<<29
				}
				for _, e := range add[:min(len(add), i%4)] {
					q.SHA1s = append(q.SHA1s, e.SHA1)
				}
				var want []uint32
				for id, e := range files {
					if matches(q, &e) {
						want = append(want, id)
					}
				}
				slices.Sort(want)
				found := x.Match(nil, q, c.rnd, MaxFiles)
				if got := ids(found); !slices.Equal(got, want) {
					t.Fatalf("seed %d: %+v found %d, want %d", seed, q, got, want)
				}
				if limit := len(want) / 2; limit > 0 {
					if got := ids(x.Match(nil, q, c.rnd, limit)); len(slices.Compact(got)) != limit {
						t.Fatalf("seed %d: %+v found %d at limit %d", seed, q, got, limit)
					}
				}
			}
		}
		if x.Cutoffs() != 0 {
			t.Errorf("seed %d: %d queries cut off in a small library", seed, x.Cutoffs())
		}
	}
}

// TestQueryLimits wants words and hashes behind the limits to be as if they
// were not there.
func TestQueryLimits(t *testing.T) {
	x := New()
	x.Apply([]Entry{{ID: 1, Name: "a b", SHA1: [20]byte{1}}, {ID: 2, Name: "a", SHA1: [20]byte{2}}}, nil)
	for _, tt := range []struct {
		fill int
		want []uint32
	}{
		{MaxSHA1s - 2, []uint32{1, 2}}, {MaxSHA1s - 1, []uint32{1, 2}}, {MaxSHA1s, []uint32{1}}, {MaxSHA1s + 1, []uint32{1}},
	} {
		sums := append(make([][20]byte, tt.fill), [20]byte{2})
		q := &Query{SHA1s: sums, Words: textQuery("b").Words}
		if got := ids(x.Match(nil, q, newRand(1), 50)); !slices.Equal(got, tt.want) {
			t.Errorf("%d hashes: found %d, want %d", len(sums), got, tt.want)
		}
		// A file whose hash is ignored is still found by its words.
		q.Words = textQuery("a").Words
		if got := ids(x.Match(nil, q, newRand(1), 50)); !slices.Equal(got, []uint32{1, 2}) {
			t.Errorf("%d hashes beside words: found %d, want both", len(sums), got)
		}
	}
	for n, want := range map[int]int{keyword.MaxWords - 1: 1, keyword.MaxWords: 1, keyword.MaxWords + 1: 2} {
		words := slices.Repeat([]keyword.Word{{Text: "a"}}, n)
		words[n-1].Text = "b"
		if got := len(x.Match(nil, &Query{Words: words}, newRand(1), 50)); got != want {
			t.Errorf("%d words: found %d files, want %d", n, got, want)
		}
	}
}

func TestMatchAppendsAndStops(t *testing.T) {
	c := newCorpus(1, 50)
	x := New()
	for range 5 {
		x.Apply(c.entries(c.rnd.Uint32N(1<<20), 500), nil)
	}
	q := &Query{Words: []keyword.Word{{Text: "m", Count: 1}}, Partials: true}
	all := len(x.Match(nil, q, c.rnd, MaxFiles))
	for _, limit := range []int{-1, 0, 1, 50, all - 1, all, all + 1} {
		head := []*Entry{{ID: 7}}
		got := x.Match(head, q, c.rnd, limit)
		if want := 1 + max(0, min(limit, all)); len(got) != want || got[0] != head[0] {
			t.Errorf("limit %d: %d entries, want %d behind the first", limit, len(got), want)
		}
	}
}

// TestMatchVaries wants repeated queries to reach every file, in few rounds and
// in every segment, whether words or a hash are asked.
func TestMatchVaries(t *testing.T) {
	sum := [20]byte{1}
	for _, files := range []int{12, 300, 3000} {
		x := New()
		c := newCorpus(1, 100)
		for first := 0; first < files; {
			n := min(files-first, max(1, (files-first)*9/10))
			add := c.entries(uint32(first), n)
			for i := range add {
				add[i].Name, add[i].SHA1 = "wanted "+add[i].Name, sum
			}
			x.Apply(add, nil)
			first += n
		}
		for name, q := range map[string]*Query{
			"words": {Words: textQuery("wanted").Words, Partials: true},
			"hash":  {SHA1s: [][20]byte{sum}, Partials: true},
		} {
			seen := map[uint32]int{}
			const rounds = 40
			limit := max(1, files/4)
			for range rounds {
				for _, e := range x.Match(nil, q, c.rnd, limit) {
					seen[e.ID]++
				}
			}
			if len(seen) < files*9/10 {
				t.Errorf("%s: %d rounds for %d of %d files reached %d", name, rounds, limit, files, len(seen))
			}
		}
	}
}

func TestMatchIsReproducible(t *testing.T) {
	c := newCorpus(3, 100)
	x := New()
	x.Apply(c.entries(0, 2000), nil)
	q := c.query(1)
	a, b := x.Match(nil, q, newRand(9), 20), x.Match(nil, q, newRand(9), 20)
	if !slices.Equal(a, b) {
		t.Error("two queries with one seed found different files")
	}
}

// hostileNames make every word as common, every name as long and every list of
// terms as full as the limits allow.
func hostileNames(files int) []Entry {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	var words []string
	for i := range keyword.MaxWords {
		words = append(words, string([]byte{letters[i%36], letters[i/36]}))
	}
	name := strings.Join(words, " ")
	entries := make([]Entry, files)
	for i := range entries {
		entries[i] = Entry{ID: uint32(i), Name: name, Size: 1}
	}
	return entries
}

// hostileQueries want everything of every candidate, and none at the end.
func hostileQueries() map[string]*Query {
	const noSize = 1 << 40 // larger than any file
	all := textQuery(hostileNames(1)[0].Name)
	last := *all
	last.Words = slices.Clone(all.Words)
	last.Words[len(last.Words)-1].Count = 2 // in no name
	letters := &Query{MinSize: noSize}
	for _, r := range "abcdefghijklmnopqrstuvwxyz0123456789" {
		letters.Words = append(letters.Words, keyword.Word{Text: string(r), Count: 1})
	}
	return map[string]*Query{
		"64 words, filtered out":  {Words: all.Words, Media: Torrent},
		"64 words, last too rare": &last,
		"one letter, filtered":    {Words: []keyword.Word{{Text: "a", Count: 1}}, MinSize: noSize},
		"all letters, filtered":   letters,
		"empty word, filtered":    {Words: []keyword.Word{{}}, MinSize: noSize},
	}
}

// TestHostileWork bounds the steps of a query by their number, as a wall clock
// cannot in a test.
func TestHostileWork(t *testing.T) {
	x := New()
	x.Apply(hostileNames(40_000), nil)
	// A candidate is only begun with steps left, and takes no more than this.
	const last = candidateSteps + repeatSteps + termSteps*keyword.MaxWords*keyword.MaxWords
	for name, q := range hostileQueries() {
		before := x.Cutoffs()
		if got := x.Match(nil, q, newRand(1), 50); len(got) != 0 {
			t.Errorf("%s: found %d files", name, len(got))
		}
		if x.Cutoffs() != before+1 {
			t.Errorf("%s: not cut off", name)
		}
		m := matcher{query: q, words: q.Words, parts: x.current.Load().parts, rnd: newRand(1), full: 50, steps: maxSteps}
		if m.matchWords(); m.steps < -last {
			t.Errorf("%s: %d steps, want at most %d", name, maxSteps-m.steps, maxSteps+last)
		}
	}

	// What the words have in plenty is found at once.
	if got := x.Match(nil, textQuery(hostileNames(1)[0].Name), newRand(1), 50); len(got) != 50 {
		t.Errorf("64 words: found %d files, want 50", len(got))
	}
}

func TestMatchAllocs(t *testing.T) {
	c := newCorpus(1, 1000)
	x := New()
	x.Apply(c.entries(0, 5000), nil)
	x.Apply(c.entries(9000, 300), nil)
	dst := make([]*Entry, 0, 50)
	for name, q := range map[string]*Query{
		"hit":  {Words: []keyword.Word{{Text: "m", Count: 1}}},
		"miss": textQuery("xylophone quux"),
		"hash": {SHA1s: [][20]byte{{1}}},
	} {
		if n := testing.AllocsPerRun(100, func() { x.Match(dst, q, c.rnd, 50) }); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

// FuzzMatch asks a small library anything and compares with the plain rule.
func FuzzMatch(f *testing.F) {
	c := newCorpus(5, 60)
	x := New()
	entries := c.entries(0, 400)
	for i, name := range []string{"Café_Été-01.MP3", "東京らーめん", "", "the the the.the"} {
		entries[i].Name = name
	}
	entries[5].SHA1 = [20]byte{}
	x.Apply(entries[:350], nil)
	x.Apply(entries[350:], nil)

	f.Add("the the", "", 1, uint32(0), int64(0), int64(0), true)
	f.Add("cafe ete 01", "e", 3, uint32(Audio), int64(1), int64(1<<29), false)
	f.Add("東京", "\xff", -1, uint32(0xFFFF), int64(-1), int64(-1), false)
	f.Add("0", "1", -54, uint32(Audio), int64(0), int64(0), false)
	f.Add("", "", 0, uint32(0), int64(0), int64(0), false)
	f.Fuzz(func(t *testing.T, text, raw string, count int, media uint32, minSize, maxSize int64, partials bool) {
		q := &Query{Media: Media(media), MinSize: minSize, MaxSize: max(maxSize, 0), Partials: partials}
		q.Words, _ = keyword.ParseQuery(text)
		if raw != "" && len(q.Words) < keyword.MaxWords {
			q.Words = append(q.Words, keyword.Word{Text: raw, Count: count})
		}
		if count%2 == 0 {
			q.SHA1s = [][20]byte{entries[uint(count)%400].SHA1, {}, {1}}
		}
		var want []uint32
		for i := range entries {
			if matches(q, &entries[i]) {
				want = append(want, entries[i].ID)
			}
		}
		found := ids(x.Match(nil, q, newRand(uint64(count)), MaxFiles))
		if !slices.Equal(found, want) {
			t.Errorf("%+v found %d, want %d", q, found, want)
		}
	})
}

// TestWords wants the words of all names, and none that only removed files have.
func TestWords(t *testing.T) {
	x := New()
	c := newCorpus(2, 100)
	entries := c.entries(0, 800)
	x.Apply(entries[:700], nil)
	x.Apply(entries[700:], nil)
	x.Apply([]Entry{{ID: 5000, Name: "only here"}}, nil)
	x.Apply(nil, []uint32{5000, 1, 2, 3})
	want := map[string]bool{}
	for _, e := range entries {
		if e.ID < 1 || e.ID > 3 {
			for word := range keyword.Words(keyword.Normalize(e.Name)) {
				want[word] = true
			}
		}
	}
	got := map[string]bool{}
	for word := range x.Words() {
		got[word] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d words, want %d", len(got), len(want))
	}
	for range x.Words() {
		break
	}
}
