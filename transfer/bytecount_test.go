package transfer

import (
	"math"
	"testing"
)

func TestByteCount(t *testing.T) {
	for n, want := range map[ByteCount]string{
		0:             "0 B",
		1023:          "1023 B",
		1024:          "1.0 KiB",
		1<<20 - 1:     "1023.9 KiB",
		1<<20 + 1<<19: "1.5 MiB",
		1468006:       "1.3 MiB",
		1468007:       "1.4 MiB",
		5 << 40:       "5.0 TiB",
		math.MaxInt64: "7.9 EiB",
		-2048:         "-2.0 KiB",
		math.MinInt64: "-8.0 EiB",
	} {
		if got := n.String(); got != want {
			t.Errorf("ByteCount(%d) prints %q, want %q", int64(n), got, want)
		}
	}
}
