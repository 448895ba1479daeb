package ranges

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Errors of ParseHTTP and ParseContentRange.
var (
	// ErrSyntax: the header is not a range of bytes. A server answers 400.
	ErrSyntax = errors.New("malformed byte range")
	// ErrUnsatisfiable: the header is well formed, but names no byte of the
	// file. A server answers 416 with the Content-Range of an empty Range.
	ErrUnsatisfiable = errors.New("no byte of the range is in the file")
)

const (
	unit    = "bytes"
	unknown = -1 // length of a file that Content-Range gives as "*"
)

// ParseHTTP reads the Range header of a request for a file of size bytes
// (RFC 9110 §14.2) as Gnutella servents agree to:
//
//	bytes=a-b   from a to b inclusive; b behind the end is clamped
//	bytes=a-    from a to the end
//	bytes=-n    the last n bytes, the whole file if it has fewer
//
// Of several ranges the first is taken, the others need only be well formed:
// multipart answers do not exist here. Spaces and tabs around every part are
// tolerated. The range returned is never empty and lies in [0, size); else the
// error wraps ErrSyntax or ErrUnsatisfiable.
func ParseHTTP(header string, size int64) (Range, error) {
	name, list, ok := strings.Cut(header, "=")
	if !ok || !strings.EqualFold(trim(name), unit) {
		return Range{}, fmt.Errorf("range %.64q: %w", header, ErrSyntax)
	}
	var first Range
	seen := false
	for spec := range strings.SplitSeq(list, ",") {
		r, ok := parseSpec(spec, size)
		if !ok {
			return Range{}, fmt.Errorf("range %.64q: %w", header, ErrSyntax)
		}
		if !seen {
			first, seen = r, true
		}
	}
	if first.Empty() {
		return Range{}, fmt.Errorf("range %.64q of %d bytes: %w", header, size, ErrUnsatisfiable)
	}
	return first, nil
}

// parseSpec reads one a-b, a- or -n; the range is empty if it is unsatisfiable.
func parseSpec(spec string, size int64) (Range, bool) {
	from, to, ok := strings.Cut(spec, "-")
	if !ok {
		return Range{}, false
	}
	from, to = trim(from), trim(to)
	if from == "" {
		n, ok := parseOffset(to)
		return Range{size - min(n, size), size}, ok
	}
	start, ok := parseOffset(from)
	if !ok {
		return Range{}, false
	}
	if to == "" {
		return Range{start, size}, true
	}
	last, ok := parseOffset(to)
	if !ok || last < start {
		return Range{}, false
	}
	return Range{start, min(last, size-1) + 1}, true
}

// ContentRange is the Content-Range header (RFC 9110 §14.4) that goes with r of
// a file of size bytes: "bytes 0-1023/4096", or "bytes */4096" for an empty r,
// which is what a 416 answer carries.
func ContentRange(r Range, size int64) string {
	if r.Empty() {
		return fmt.Sprintf("%s */%d", unit, size)
	}
	return fmt.Sprintf("%s %d-%d/%d", unit, r.Start, r.End-1, size)
}

// ParseContentRange reads a Content-Range header. Some servents write "bytes="
// for "bytes ", which is taken too.
//
// The size is -1 where the header has "*" for it. "bytes */n" gives n and an
// error that wraps ErrUnsatisfiable; anything else that names no bytes, or
// bytes behind the size it names, wraps ErrSyntax.
func ParseContentRange(header string) (Range, int64, error) {
	rest := trim(header)
	if len(rest) <= len(unit) || !strings.EqualFold(rest[:len(unit)], unit) || !strings.ContainsRune(" \t=", rune(rest[len(unit)])) {
		return contentRangeSyntax(header)
	}
	span, total, ok := strings.Cut(trim(rest[len(unit)+1:]), "/")
	if !ok {
		return contentRangeSyntax(header)
	}
	span, total = trim(span), trim(total)
	size := int64(unknown)
	if total != "*" {
		if size, ok = parseOffset(total); !ok || size == math.MaxInt64 {
			return contentRangeSyntax(header)
		}
	}
	if span == "*" && size != unknown {
		return Range{}, size, fmt.Errorf("content range %.64q: %w", header, ErrUnsatisfiable)
	}
	from, to, _ := strings.Cut(span, "-")
	start, okStart := parseOffset(trim(from))
	last, okLast := parseOffset(trim(to))
	if !okStart || !okLast || last < start || last == math.MaxInt64 || size != unknown && last >= size {
		return contentRangeSyntax(header)
	}
	return Range{start, last + 1}, size, nil
}

func contentRangeSyntax(header string) (Range, int64, error) {
	return Range{}, unknown, fmt.Errorf("content range %.64q: %w", header, ErrSyntax)
}

// parseOffset reads a run of decimal digits, with no sign. What does not fit is
// math.MaxInt64: a range may well be asked up to a number no file reaches.
func parseOffset(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	n := int64(0)
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		if digit := int64(c - '0'); n > (math.MaxInt64-digit)/10 {
			n = math.MaxInt64
		} else {
			n = n*10 + digit
		}
	}
	return n, true
}

// trim cuts the optional white space of RFC 9110 §5.6.3.
func trim(s string) string { return strings.Trim(s, " \t") }
