package bench

import (
	"math"
	"math/bits"
	"time"
)

// latencies counts times in buckets that are 1/32 of their octave wide, so that
// it never allocates and is right to about 3 %.
type latencies struct {
	counts [buckets]uint64
	total  uint64
	max    time.Duration
}

const (
	finer   = 5  // bits of a bucket within its octave
	octaves = 40 // times of 2^40 ns, 18 minutes, and more share one
	buckets = (octaves - finer + 1) << finer
)

func (l *latencies) add(d time.Duration) {
	d = max(d, 0)
	l.counts[bucketOf(d)]++
	l.total++
	l.max = max(l.max, d)
}

func (l *latencies) merge(other *latencies) {
	for i, n := range other.counts {
		l.counts[i] += n
	}
	l.total += other.total
	l.max = max(l.max, other.max)
}

// quantile is the time that a share q of all stays within, rounded up to the
// end of its bucket; 0 when there is none.
func (l *latencies) quantile(q float64) time.Duration {
	want := uint64(math.Ceil(q * float64(l.total)))
	var seen uint64
	for i, n := range l.counts {
		if seen += n; n > 0 && seen >= want {
			return min(endOf(i), l.max)
		}
	}
	return l.max
}

// bucketOf numbers the buckets: the first 32 hold one nanosecond each, then come
// 32 for each octave.
func bucketOf(d time.Duration) int {
	v := uint64(d)
	octave := max(bits.Len64(v)-finer-1, 0)
	return min(octave<<finer+int(v>>octave), buckets-1)
}

// endOf is the longest time of a bucket.
func endOf(bucket int) time.Duration {
	octave := max(bucket>>finer-1, 0)
	return time.Duration(uint64(bucket-octave<<finer+1)<<octave - 1)
}
