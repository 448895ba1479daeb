package keyword

import (
	"slices"
	"testing"
)

// TestHash holds the vectors of LimeWire's HashFunction, computed by two
// independent programs.
func TestHash(t *testing.T) {
	bits := []int{3, 10, 14, 16, 17, 20}
	for _, tt := range []struct {
		word  string
		hash  uint32
		slots []uint32 // by bits
	}{
		{"test", 0x50e85fb0, []uint32{2, 323, 5178, 20712, 41424, 331397}},
		{"qrp", 0xe598551c, []uint32{7, 918, 14694, 58776, 117552, 940421}},
		{"gnutella", 0x532d31b8, []uint32{2, 332, 5323, 21293, 42586, 340691}},
		{"protocol", 0x0be67aa4, []uint32{0, 47, 761, 3046, 6092, 48743}},
		{"pdf", 0xb1909040, []uint32{5, 710, 11364, 45456, 90913, 727305}},
		{"ubuntu", 0xa59f80dc, []uint32{5, 662, 10599, 42399, 84799, 678392}},
		{"日本", 0x8845c0cc, []uint32{4, 545, 8721, 34885, 69771, 558172}},
		{"😀", 0xd99c006c, []uint32{6, 870, 13927, 55708, 111416, 891328}},
		{"urn:sha1:plsthipqgsszts5fjupakuzwugyqypfb", 0x850bab80, []uint32{4, 532, 8514, 34059, 68119, 544954}},
		{"urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB", 0x050bab80, []uint32{0, 20, 322, 1291, 2583, 20666}},
	} {
		if got := Hash(tt.word); got != tt.hash {
			t.Errorf("Hash(%q) = %08x, want %08x", tt.word, got, tt.hash)
		}
		for i, b := range bits {
			if got := Slot(tt.hash, b); got != tt.slots[i] {
				t.Errorf("Slot(%08x, %d) = %d, want %d", tt.hash, b, got, tt.slots[i])
			}
		}
	}
}

func TestSlot(t *testing.T) {
	for _, tt := range []struct {
		word string
		bits int
		want uint32
	}{
		{"eb", 13, 6791}, {"ebc", 13, 7082}, {"ebck", 13, 6698}, {"ebckl", 13, 3179}, {"ebcklmenq", 13, 3527},
		{"n", 16, 65003}, {"ndflalem", 16, 37658}, {"ndflaleme", 16, 45559},
		{"ol2j34lj", 10, 318}, {"2459345938032343", 10, 146}, {"7777a88a8a8a8", 10, 342}, {"zzzzzzzzzzz", 10, 944},
		{"café", 16, 38385}, // raw: é is E9
		{"n", 0, 0}, {"", 16, 0},
	} {
		if got := Slot(Hash(tt.word), tt.bits); got != tt.want {
			t.Errorf("slot of %q in 2^%d = %d, want %d", tt.word, tt.bits, got, tt.want)
		}
	}
	if got := Hash("café"); got != 0x95f16514 {
		t.Errorf("Hash(café) = %08x, want 95f16514", got)
	}
}

func TestRouteWords(t *testing.T) {
	for _, tt := range []struct {
		word string
		want []string
	}{
		{"", []string{""}},
		{"pdf", []string{"pdf"}},
		{"mpeg", []string{"mpeg"}},
		{"linux", []string{"linux", "linu"}},
		{"gnutella", []string{"gnutella", "gnutell", "gnutel", "gnute", "gnut"}},
		{"abcdefghijkl", []string{"abcdefghijkl", "abcdefghijk", "abcdefghij", "abcdefghi", "abcdefgh", "abcdefg"}},
		{"日本", []string{"日本"}},
		{"日本語", []string{"日本語", "日本"}},
	} {
		if got := slices.Collect(RouteWords(tt.word)); !slices.Equal(got, tt.want) {
			t.Errorf("RouteWords(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
	for word := range RouteWords("protocol") {
		if word != "protocol" {
			t.Errorf("first is %q, want the word itself", word)
		}
		break
	}
}

// TestRouteTable sets the slots that gtk-gnutella sets for one shared file.
func TestRouteTable(t *testing.T) {
	for _, tt := range []struct {
		bits int
		want []uint32
	}{
		{16, []uint32{3046, 7142, 21293, 33241, 35232, 35306, 45456, 49115, 54845, 63277, 65354}},
		{14, []uint32{761, 1785, 5323, 8310, 8808, 8826, 11364, 12278, 13711, 15819, 16338}},
	} {
		var got []uint32
		for word := range Words(Normalize("Gnutella Protocol.pdf")) {
			for entry := range RouteWords(word) {
				got = append(got, Slot(Hash(entry), tt.bits))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%d bits: slots %d, want %d", tt.bits, got, tt.want)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		Hash("gnutella")
	}
}
