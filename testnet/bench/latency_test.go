package bench

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestBuckets looks at the bounds of every bucket: they follow one another
// without a gap and are as narrow as is said.
func TestBuckets(t *testing.T) {
	next := time.Duration(0)
	for b := range buckets {
		end := endOf(b)
		if bucketOf(next) != b || bucketOf(end) != b {
			t.Fatalf("bucket %d is from %d to %d, but these fall into %d and %d", b, next, end, bucketOf(next), bucketOf(end))
		}
		if width := end - next; width > next/32 {
			t.Fatalf("bucket %d from %d to %d is too wide", b, next, end)
		}
		next = end + 1
	}
	if next != 1<<octaves {
		t.Errorf("the buckets end at %v, want %v", next, time.Duration(1<<octaves))
	}
	if got := bucketOf(1 << 62); got != buckets-1 {
		t.Errorf("a time without end falls into bucket %d, want the last", got)
	}
}

func TestQuantiles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, test := range []struct {
		name string
		n    int
		next func(i int) time.Duration
	}{
		{"one", 1, func(int) time.Duration { return 12345 }},
		{"two", 2, func(i int) time.Duration { return time.Duration(i) * time.Second }},
		{"even", 1000, func(i int) time.Duration { return time.Duration(i) * time.Microsecond }},
		{"long tail", 100_000, func(int) time.Duration { return time.Duration(50_000 * rnd.ExpFloat64()) }},
	} {
		var l, half, other latencies
		var all []time.Duration
		for i := range test.n {
			d := test.next(i)
			all = append(all, d)
			l.add(d)
			if i%2 == 0 {
				half.add(d)
			} else {
				other.add(d)
			}
		}
		if half.merge(&other); half != l {
			t.Errorf("%s: two halves merged are not the whole", test.name)
		}
		slices.Sort(all)
		for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 1} {
			exact := all[max(int(q*float64(test.n)+0.999999), 1)-1]
			if got := l.quantile(q); got < exact || got > exact+exact/32 {
				t.Errorf("%s: quantile %v is %v, want %v and little more", test.name, q, got, exact)
			}
		}
		if l.max != all[test.n-1] {
			t.Errorf("%s: the longest is %v, want %v", test.name, l.max, all[test.n-1])
		}
	}
	var none latencies
	if got := none.quantile(0.5); got != 0 {
		t.Errorf("the median of nothing is %v, want 0", got)
	}
	none.add(-5)
	if got := none.quantile(1); got != 0 {
		t.Errorf("a time before its beginning counts as %v, want 0", got)
	}
}
