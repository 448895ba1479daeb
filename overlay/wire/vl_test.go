package wire

import (
	"encoding/hex"
	"math"
	"testing"
)

func TestVL(t *testing.T) {
	for v, want := range map[uint64]string{
		0: "00", 1: "01", 255: "ff", 256: "0001", 65536: "000001", 86400: "805101", 5 << 30: "0000004001",
		math.MaxUint64: "ffffffffffffffff",
	} {
		if got := hex.EncodeToString(AppendVL(nil, v)); got != want {
			t.Errorf("%d is %s, want %s", v, got, want)
		}
		if got, ok := ParseVL(unhex(want)); got != v || !ok {
			t.Errorf("%s is %d %v, want %d", want, got, ok, v)
		}
	}
	if v, ok := ParseVL(nil); v != 0 || !ok {
		t.Errorf("nothing is %d %v", v, ok)
	}
	if v, ok := ParseVL([]byte{7, 0, 0}); v != 7 || !ok {
		t.Errorf("7 with its zero bytes is %d %v", v, ok)
	}
	if _, ok := ParseVL(make([]byte, 9)); ok {
		t.Error("nine bytes are taken")
	}
}
