package ranges

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParseHTTP(t *testing.T) {
	const size = 1000
	for _, c := range []struct {
		header string
		want   Range
		err    error
	}{
		{"bytes=0-", Range{0, 1000}, nil},
		{"bytes=-1", Range{999, 1000}, nil},
		{"bytes=-5000", Range{0, 1000}, nil},
		{"bytes=990-2000", Range{990, 1000}, nil},
		{"bytes=1000-", Range{}, ErrUnsatisfiable},
		{"bytes=0-0", Range{0, 1}, nil},
		{"bytes=0-1023", Range{0, 1000}, nil},
		{"bytes=5-9", Range{5, 10}, nil},
		{"bytes=-0", Range{}, ErrUnsatisfiable},
		{"bytes=1000-2000", Range{}, ErrUnsatisfiable},
		{"bytes=99999999999999999999-", Range{}, ErrUnsatisfiable},
		{"bytes=9-99999999999999999999", Range{9, 1000}, nil},
		{"bytes=-99999999999999999999", Range{0, 1000}, nil},

		{" BYTES = 5 - 9 ", Range{5, 10}, nil},
		{"bytes=5-9, 20-30", Range{5, 10}, nil},
		{"bytes=2000-,0-1", Range{}, ErrUnsatisfiable},
		{"bytes=5-9,x", Range{}, ErrSyntax},
		{"bytes=5-9,", Range{}, ErrSyntax},

		{"", Range{}, ErrSyntax},
		{"bytes", Range{}, ErrSyntax},
		{"bytes=", Range{}, ErrSyntax},
		{"bytes=-", Range{}, ErrSyntax},
		{"bytes=5", Range{}, ErrSyntax},
		{"bytes=9-5", Range{}, ErrSyntax},
		{"bytes=+5-9", Range{}, ErrSyntax},
		{"bytes=0x5-9", Range{}, ErrSyntax},
		{"bytes=--5", Range{}, ErrSyntax},
		{"bytes=5-9-11", Range{}, ErrSyntax},
		{"bytes 5-9", Range{}, ErrSyntax},
		{"octets=5-9", Range{}, ErrSyntax},
	} {
		got, err := ParseHTTP(c.header, size)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("ParseHTTP(%q) = %v, %v; want %v, %v", c.header, got, err, c.want, c.err)
		}
	}
	for _, header := range []string{"bytes=0-", "bytes=-1", "bytes=0-0"} {
		if got, err := ParseHTTP(header, 0); !errors.Is(err, ErrUnsatisfiable) {
			t.Errorf("ParseHTTP(%q) of an empty file = %v, %v", header, got, err)
		}
	}
}

func TestContentRange(t *testing.T) {
	if got := ContentRange(Range{0, 1}, 1000); got != "bytes 0-0/1000" {
		t.Error(got)
	}
	if got := ContentRange(Range{}, 1000); got != "bytes */1000" {
		t.Error(got)
	}
}

func TestParseContentRange(t *testing.T) {
	for _, c := range []struct {
		header string
		want   Range
		size   int64
		err    error
	}{
		{"bytes 0-0/1000", Range{0, 1}, 1000, nil},
		{"bytes 524288-786431/4194304", Range{524288, 786432}, 4194304, nil},
		{"bytes=0-999/1000", Range{0, 1000}, 1000, nil},
		{" Bytes  0 - 9 / 10 ", Range{0, 10}, 10, nil},
		{"bytes 0-9/*", Range{0, 10}, -1, nil},
		{"bytes 0-9223372036854775805/9223372036854775806", Range{0, math.MaxInt64 - 1}, math.MaxInt64 - 1, nil},
		{"bytes */1000", Range{}, 1000, ErrUnsatisfiable},

		{"", Range{}, -1, ErrSyntax},
		{"bytes", Range{}, -1, ErrSyntax},
		{"bytes ", Range{}, -1, ErrSyntax},
		{"bytes0-9/10", Range{}, -1, ErrSyntax},
		{"bytes */*", Range{}, -1, ErrSyntax},
		{"bytes 0-9", Range{}, -1, ErrSyntax},
		{"bytes 0-10/10", Range{}, -1, ErrSyntax},
		{"bytes 9-5/10", Range{}, -1, ErrSyntax},
		{"bytes -5/10", Range{}, -1, ErrSyntax},
		{"bytes 5-/10", Range{}, -1, ErrSyntax},
		{"bytes 0-1/2/3", Range{}, -1, ErrSyntax},
		{"bytes 0-99999999999999999999/*", Range{}, -1, ErrSyntax},
		{"bytes 0-1/99999999999999999999", Range{}, -1, ErrSyntax},
	} {
		got, size, err := ParseContentRange(c.header)
		if got != c.want || size != c.size || !errors.Is(err, c.err) {
			t.Errorf("ParseContentRange(%q) = %v, %d, %v; want %v, %d, %v", c.header, got, size, err, c.want, c.size, c.err)
		}
	}
}

// FuzzParseHTTP asserts that a range is inside the file, and that the header
// this package would write for it asks for the same bytes again.
func FuzzParseHTTP(f *testing.F) {
	for _, seed := range []string{"bytes=0-65535", "bytes=65536-131071", "bytes=131072-299999", "bytes=-500", "bytes=5-,-3", "bytes=9-99999999999999999999"} {
		f.Add(seed, int64(300000))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		size = max(0, size)
		r, err := ParseHTTP(header, size)
		if err != nil {
			if errors.Is(err, ErrSyntax) == errors.Is(err, ErrUnsatisfiable) {
				t.Fatalf("%v is not one of the two errors", err)
			}
			return
		}
		if r.Empty() || !(Range{0, size}).Contains(r) {
			t.Fatalf("ParseHTTP(%q, %d) = %v", header, size, r)
		}
		span := strings.TrimPrefix(ContentRange(r, size), "bytes ")
		span, _, _ = strings.Cut(span, "/")
		if again, err := ParseHTTP("bytes="+span, size); err != nil || again != r {
			t.Fatalf("%v written and read is %v, %v", r, again, err)
		}
	})
}

// FuzzParseContentRange asserts that what is read is written the same way.
func FuzzParseContentRange(f *testing.F) {
	for _, seed := range []string{"bytes 0-65535/300000", "bytes 131072-299999/300000", "bytes */300000", "bytes 0-9/*", "bytes=0-9/10"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r, size, err := ParseContentRange(header)
		switch {
		case errors.Is(err, ErrSyntax):
			if !r.Empty() || size != -1 {
				t.Fatalf("%q: %v, %d with %v", header, r, size, err)
			}
			return
		case errors.Is(err, ErrUnsatisfiable):
			if !r.Empty() || size < 0 {
				t.Fatalf("%q: %v, %d with %v", header, r, size, err)
			}
		case r.Empty() || r.Start < 0 || size != -1 && r.End > size:
			t.Fatalf("%q: %v of %d", header, r, size)
		}
		if size < 0 {
			return
		}
		again, sizeAgain, errAgain := ParseContentRange(ContentRange(r, size))
		if again != r || sizeAgain != size || (err == nil) != (errAgain == nil) {
			t.Fatalf("%v of %d written and read is %v of %d, %v", r, size, again, sizeAgain, errAgain)
		}
	})
}
