package merkle

import (
	"encoding/hex"
	"testing"
)

// TestTigerBoxes: the tables are those that the designers' procedure gives.
func TestTigerBoxes(t *testing.T) {
	if generateBoxes() != tigerBoxes {
		t.Error("the tables are not those of Tiger")
	}
}

// TestTiger: the vectors of the designers' page, bytes as they lie.
func TestTiger(t *testing.T) {
	for text, want := range map[string]string{
		"":      "3293ac630c13f0245f92bbb1766e16167a4e58492dde73f3",
		"abc":   "2aab1484e8c158f2bfb8c5ff41b57a525129131c957b5f93",
		"Tiger": "dd00230799f5009fec6debc838bb6a27df2b9d6f110c7937",
		"Tiger - A Fast New Hash Function, by Ross Anderson and Eli Biham, proceedings of Fast Software Encryption 3, Cambridge.": "ce55a6afd591f5ebac547ff84f89227f9331dab0b611c889",
	} {
		h := tigerSum([]byte(text))
		if got := hex.EncodeToString(h[:24]); got != want {
			t.Errorf("Tiger(%q) = %s, want %s", text, got, want)
		}
	}
}
