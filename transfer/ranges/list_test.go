package ranges

import (
	"fmt"
	"testing"
)

func TestParseList(t *testing.T) {
	for header, want := range map[string]string{
		"bytes 0-99,200-":                 "[0,100) [200,1000)",
		"bytes=0-99, 150-199":             "[0,100) [150,200)",
		"BYTES 5-5":                       "[5,6)",
		"bytes 0-4,5-9,3-6":               "[0,10)",
		"bytes":                           "",
		"":                                "none",
		"bytes 5":                         "none",
		"bytes 900-1,0-5":                 "none",
		"bytes 2000-3000":                 "none",
		"lines 0-1":                       "none",
		"bytes 18446744073709-x":          "none",
		"bytes 0-0,2-2,4-4,6-6,8-8,":      "none", // a range is missing
		"bytes 0-0,2-2,4-4,6-6,8-8,10-10": "none", // longer than 30 bytes
	} {
		got := "none"
		if set, ok := ParseList(header, 1000, 30); ok {
			got = set.String()
		}
		if got != want {
			t.Errorf("%q is %s, want %s", header, got, want)
		}
	}
}

func TestFormatList(t *testing.T) {
	var s Set
	if got := FormatList(&s, 3); got != "bytes" {
		t.Errorf("nothing is %q", got)
	}
	for i, length := range []int64{5, 30, 20, 10} {
		s.Add(Range{Start: int64(i) * 100, End: int64(i)*100 + length})
	}
	for most, want := range map[int]string{
		4: "bytes 0-4,100-129,200-219,300-309", 3: "bytes 100-129,200-219,300-309", 1: "bytes 100-129",
	} {
		if got := FormatList(&s, most); got != want {
			t.Errorf("at most %d: %q, want %q", most, got, want)
		}
	}
}

func FuzzParseList(f *testing.F) {
	for _, header := range []string{"bytes 0-99,200-", "bytes=-5", "bytes", "bytes 1-1,3-3,5-5", "bytes 9-8"} {
		f.Add(header, int64(1000))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		size &= 1<<62 - 1
		set, ok := ParseList(header, size, 1<<10)
		if !ok {
			return
		}
		if set.Intervals() > 1<<9 { // of 2 bytes each, with their comma
			t.Fatalf("%d ranges of %d bytes", set.Intervals(), len(header))
		}
		for r := range set.All() {
			if r.Empty() || r.Start < 0 || r.End > size {
				t.Fatalf("%q of %d bytes has %v", header, size, r)
			}
		}
		again, ok := ParseList(FormatList(set, set.Intervals()), size, 1<<16)
		if !ok || fmt.Sprint(again) != fmt.Sprint(set) {
			t.Fatalf("%q is %v, and %v again", header, set, again)
		}
	})
}
