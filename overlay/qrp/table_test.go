package qrp

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The words of "Gnutella Protocol.pdf" as gtk-gnutella and LimeWire enter them.
var (
	gtkWords = []string{
		"gnutella", "gnutell", "gnutel", "gnute", "gnut", "protocol", "protoco", "protoc", "proto", "prot", "pdf",
	}
	limeWords = []string{"gnutella", "gnutell", "gnutel", "protocol", "protoco", "protoc", "pdf"}
)

// publishedTables are the slots of those words, and the digests of the table and
// of the patch for it, that two other programs agreed on.
var publishedTables = []struct {
	name         string
	bits         int
	words        []string
	slots        []uint32
	table, patch string
}{
	{"gtk-gnutella, 16 bits", 16, gtkWords,
		[]uint32{3046, 7142, 21293, 33241, 35232, 35306, 45456, 49115, 54845, 63277, 65354},
		"089b7d59f1081ce5b71612a655f6721f00ce8f78", "558ae4948f61395fe22f38077553dd5ade4da16c"},
	{"gtk-gnutella, 14 bits", 14, gtkWords,
		[]uint32{761, 1785, 5323, 8310, 8808, 8826, 11364, 12278, 13711, 15819, 16338},
		"a06e495d5fd0d4f0c8c9388e4eeb15d322ed4daa", "844cd31aaf74e767909fe867f3ccef1da61adc86"},
	{"LimeWire, 16 bits", 16, limeWords,
		[]uint32{3046, 7142, 21293, 45456, 54845, 63277, 65354},
		"afdde78ad6a0ab27565a20c4210f5be203d20a2c", ""},
}

// TestPublishedTables compares whole tables.
func TestPublishedTables(t *testing.T) {
	for _, test := range publishedTables {
		table := tableOf(test.bits, test.words...)
		if got := slotsOf(table); !slices.Equal(got, test.slots) {
			t.Errorf("%s: slots %v", test.name, got)
		}
		var raw []byte
		for _, w := range table.words {
			raw = binary.BigEndian.AppendUint64(raw, w)
		}
		if got := digest(raw); got != test.table {
			t.Errorf("%s: the digest is %s", test.name, got)
		}
	}
}

func digest(b []byte) string {
	sum := sha1.Sum(b)
	return hex.EncodeToString(sum[:])
}

// TestPublishedSlots checks words against tables of several sizes.
func TestPublishedSlots(t *testing.T) {
	for _, test := range []struct {
		word string
		bits int
		slot uint32
	}{
		{"eb", 13, 6791}, {"ebc", 13, 7082}, {"ebck", 13, 6698}, {"ebckl", 13, 3179}, {"ebcklmenq", 13, 3527},
		{"n", 16, 65003}, {"ndflalem", 16, 37658}, {"ndflaleme", 16, 45559}, {"ol2j34lj", 10, 318},
		{"2459345938032343", 10, 146}, {"7777a88a8a8a8", 10, 342}, {"zzzzzzzzzzz", 10, 944},
		{"test", 3, 2}, {"test", 20, 331397}, {"test", 21, 662795}, {"pdf", 3, 5}, {"pdf", 17, 90913},
		{"sky", 16, 25953}, {"sky", 20, 415260}, {"blue", 16, 6359},
		{"urn:sha1:plsthipqgsszts5fjupakuzwugyqypfb", 16, 34059},
		{"urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB", 16, 1291},
		{"urn:sha1:ejmwgy5t3zala34yd64f3arrf2ga5vir", 16, 1939},
	} {
		table := tableOf(test.bits, test.word)
		if got := slotsOf(table); !slices.Equal(got, []uint32{test.slot}) || !table.Has(hashes(test.word)[0]) {
			t.Errorf("%q in 2^%d slots: %v, want %d", test.word, test.bits, got, test.slot)
		}
	}
}

// TestTable holds a table against a set of numbers, in every size.
func TestTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for bits := EmptyBits; bits <= MaxBits; bits++ {
		table, want := NewTable(bits), map[uint32]bool{}
		if table.Bits() != bits || table.Slots() != 1<<bits || !table.Empty() || table.Fill() != 0 {
			t.Errorf("2^%d slots: %d bits, %d slots, filled %v", bits, table.Bits(), table.Slots(), table.Fill())
		}
		for range 200 {
			h := rng.Uint32()
			table.Add(h)
			want[h>>(32-bits)] = true
		}
		for range 1000 {
			if h := rng.Uint32(); table.Has(h) != want[h>>(32-bits)] {
				t.Errorf("2^%d slots: Has(%08x) is %v", bits, h, table.Has(h))
			}
		}
		if got := len(slotsOf(table)); got != len(want) || table.set != len(want) {
			t.Errorf("2^%d slots: %d are set and %d counted, want %d", bits, got, table.set, len(want))
		}
		if table.Fill() != float64(len(want))/float64(int(1)<<bits) || table.Empty() != (bits == EmptyBits) {
			t.Errorf("2^%d slots: filled %v, empty %v", bits, table.Fill(), table.Empty())
		}
		clone := table.Clone()
		if !clone.Equal(table) {
			t.Errorf("2^%d slots: a clone differs", bits)
		}
		slot := uint32(rng.IntN(1 << bits))
		clone.put(slot, !clone.at(slot))
		if clone.Equal(table) || table.at(slot) != want[slot] {
			t.Errorf("2^%d slots: a clone shares memory", bits)
		}
	}
	for _, bits := range []int{-1, EmptyBits - 1, MaxBits + 1, 32} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a table of 2^%d slots was made", bits)
				}
			}()
			NewTable(bits)
		}()
	}
}

// TestMemory: a table is a bitmap.
func TestMemory(t *testing.T) {
	for bits, want := range map[int]int{EmptyBits: 8, 6: 8, 7: 16, 16: 8 << 10, MaxBits: 256 << 10} {
		if got := 8 * len(NewTable(bits).words); got != want {
			t.Errorf("2^%d slots take %d bytes, want %d", bits, got, want)
		}
	}
}

// TestMerge: what a table of any size has is then found in one of any size.
func TestMerge(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, to := range []int{EmptyBits, 4, 5, 6, 7, 9, 13, 15} {
		for _, from := range []int{EmptyBits, 4, 5, 6, 7, 9, 13, 15} {
			into, other := NewTable(to), NewTable(from)
			for range rng.IntN(40) {
				into.Add(rng.Uint32())
			}
			for range 40 {
				other.Add(rng.Uint32())
			}
			before := into.Clone()
			into.Merge(other)
			if n := len(slotsOf(into)); n != into.set {
				t.Fatalf("2^%d into 2^%d slots: %d are set, %d counted", from, to, n, into.set)
			}
			fine := max(to, from)
			for slot := range uint32(1) << fine {
				h := slot << (32 - fine)
				want := before.Has(h)
				if from > EmptyBits {
					if from <= to {
						want = want || other.Has(h)
					} else {
						want = want || anyOf(other, h>>(32-to), to)
					}
				}
				if into.Has(h) != want {
					t.Fatalf("2^%d into 2^%d slots: Has(%08x) is %v", from, to, h, !want)
				}
			}
		}
	}
}

// anyOf tells whether t has any of the slots that fall on one of 2^bits.
func anyOf(t *Table, slot uint32, bits int) bool {
	per := uint32(1) << (t.bits - bits)
	for s := slot * per; s < (slot+1)*per; s++ {
		if t.at(s) {
			return true
		}
	}
	return false
}

// TestMergeWords: words survive the ways a table travels.
func TestMergeWords(t *testing.T) {
	leaf := tableOf(20, gtkWords...)
	ultrapeer := NewTable(UltrapeerBits)
	ultrapeer.Merge(leaf)
	ultrapeer.Merge(tableOf(14, "sky"))
	for _, h := range hashes(append([]string{"sky"}, gtkWords...)...) {
		if !ultrapeer.Has(h) {
			t.Errorf("%08x is lost", h)
		}
	}
	if want := len(gtkWords) + 8; ultrapeer.set != want { // a slot of 2^14 is 8 of 2^17
		t.Errorf("%d slots are set, want %d", ultrapeer.set, want)
	}
}

// TestBuild: a table doubles while it is too full.
func TestBuild(t *testing.T) {
	apart := func(n int) (h []uint32) { // as far apart as can be
		for i := range n {
			h = append(h, uint32(i)*uint32((1<<32)/int64(n)))
		}
		return h
	}
	close := func(n, bits int) (h []uint32) { // pairs on one slot of 2^bits
		for i := range n {
			h = append(h, uint32(i/2)<<(32-bits)|uint32(i%2)<<(31-bits))
		}
		return h
	}
	for _, test := range []struct {
		name   string
		hashes []uint32
		max    int
		bits   int
		set    int
	}{
		{"nothing", nil, MaxBits, EmptyBits, 0},
		{"one word", apart(1), MaxBits, 14, 1},
		{"repeated", slices.Repeat(apart(3), 9), MaxBits, 14, 3},
		{"1 % of 2^14", apart(163), MaxBits, 14, 163},
		{"more than 1 % of 2^14", apart(164), MaxBits, 15, 164},
		{"1 % of 2^20", apart(10485), MaxBits, 20, 10485},
		{"more than 1 % of 2^20", apart(10486), MaxBits, 21, 10486},
		{"too many for any", apart(100_000), MaxBits, 21, 100_000},
		{"too many for the cap", apart(100_000), 16, 16, 65535},
		{"a cap below the least", apart(10), 8, 8, 10},
		{"words on one slot", close(100, 14), MaxBits, 15, 100},
		{"words on one slot of 2^17", close(100, 17), MaxBits, 18, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := Build(test.hashes, test.max)
			if table.bits != test.bits || table.set != test.set {
				t.Errorf("2^%d slots, %d set; want 2^%d, %d", table.bits, table.set, test.bits, test.set)
			}
			for _, h := range test.hashes {
				if !table.Has(h) {
					t.Fatalf("%08x is missing", h)
				}
			}
		})
	}
	// One word in five falls on the slot of another: 8 alone, then 2 on one.
	few := append(apart(8), close(2, 14)...)
	few[8], few[9] = few[8]|1<<30|1<<20, few[9]|1<<30|1<<20
	if got := Build(few, MaxBits); got.bits != 14 {
		t.Errorf("one word in ten on a taken slot: 2^%d slots", got.bits)
	}
	if got := Build(few[5:], MaxBits); got.bits != 15 {
		t.Errorf("one word in five on a taken slot: 2^%d slots", got.bits)
	}
}

// TestPass: gtk-gnutella's figures, in percent.
func TestPass(t *testing.T) {
	for fill, want := range map[int]float64{0: 100, 4: 100, 5: 100, 6: 84, 7: 79, 8: 75, 10: 69, 20: 53, 50: 27, 90: 6, 99: 2, 100: 2} {
		table := NewTable(16)
		table.set = fill * table.Slots() / 100
		if got := 100 * table.Pass(); math.Abs(got-want) > 1 {
			t.Errorf("%d %% full: %.1f %% pass, want %v", fill, got, want)
		}
	}
}

// TestRoutes plays queries against a table.
func TestRoutes(t *testing.T) {
	table := tableOf(16, "alpha", "beta", "gamma", "delta", "urn:sha1:X")
	in := hashes("alpha", "beta", "gamma", "delta", "alpha", "beta")
	out := hashes("one", "two", "three", "four", "five", "six")
	words := func(hits, misses int) []uint32 { return slices.Concat(out[:misses], in[:hits]) }
	urn, other := hashes("urn:sha1:X"), hashes("urn:sha1:Y", "urn:sha1:Z")
	for _, test := range []struct {
		name string
		w    Words
		want bool
	}{
		{"nothing asked", Words{}, false},
		{"1 of 1", Words{Hashes: words(1, 0)}, true},
		{"0 of 1", Words{Hashes: words(0, 1)}, false},
		{"2 of 2", Words{Hashes: words(2, 0)}, true},
		{"1 of 2", Words{Hashes: words(1, 1)}, false},
		{"3 of 3", Words{Hashes: words(3, 0)}, true},
		{"2 of 3", Words{Hashes: words(2, 1)}, true},
		{"1 of 3", Words{Hashes: words(1, 2)}, false},
		{"3 of 4", Words{Hashes: words(3, 1)}, true},
		{"2 of 4", Words{Hashes: words(2, 2)}, false},
		{"4 of 5", Words{Hashes: words(4, 1)}, true},
		{"3 of 5", Words{Hashes: words(3, 2)}, false},
		{"4 of 6", Words{Hashes: words(4, 2)}, true},
		{"3 of 6", Words{Hashes: words(3, 3)}, false},
		{"a URN", Words{URNs: urn}, true},
		{"another URN", Words{URNs: other}, false},
		{"one URN of three", Words{URNs: slices.Concat(other, urn)}, true},
		{"a URN, words missing", Words{Hashes: words(0, 2), URNs: urn}, true},
		{"another URN, words there", Words{Hashes: words(2, 0), URNs: other}, true},
		{"another URN, words missing", Words{Hashes: words(1, 1), URNs: other}, false},
	} {
		if got := table.Routes(test.w); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	everything := Words{Hashes: in[:1], URNs: urn}
	if NewTable(16).Routes(everything) {
		t.Error("an empty table routes")
	}
	full := NewTable(EmptyBits)
	full.fill(0, 8)
	if full.Routes(everything) {
		t.Error("a table of 8 slots routes")
	}
	if n := testing.AllocsPerRun(100, func() { table.Routes(everything) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
