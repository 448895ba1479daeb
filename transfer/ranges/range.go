// Package ranges holds intervals and sets of intervals of the bytes of one
// file, and reads and writes them as HTTP does (RFC 9110 §14: Range and
// Content-Range, with the narrower reading the servents of Gnutella share).
//
// It does not know files, sources or which range comes next.
package ranges

import "fmt"

// Range is the half-open interval of bytes [Start, End). It is empty when End
// is not after Start.
type Range struct{ Start, End int64 }

// Len is the number of bytes in r, 0 if r is empty.
func (r Range) Len() int64 { return max(0, r.End-r.Start) }

// Empty reports whether r holds no byte.
func (r Range) Empty() bool { return r.End <= r.Start }

// Contains reports whether every byte of o is in r. An empty o is in any range.
func (r Range) Contains(o Range) bool {
	return o.Empty() || r.Start <= o.Start && o.End <= r.End
}

// String is r in the notation of intervals, for logs and tests.
func (r Range) String() string { return fmt.Sprintf("[%d,%d)", r.Start, r.End) }
