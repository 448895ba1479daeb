package ranges

import (
	"slices"
	"strconv"
	"strings"
)

// ParseList reads a header that tells which bytes of a file of size bytes somebody
// has or wants: "bytes a-b,c-d", "bytes=a-b,c-d", or "bytes" for none. It reports
// false if the header is longer than most bytes, or not in a form that is
// understood.
func ParseList(header string, size int64, most int) (*Set, bool) {
	if header == "" || len(header) > most {
		return nil, false
	}
	name, list, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(header), "=", " "), " ")
	if !strings.EqualFold(name, unit) {
		return nil, false
	}
	set := new(Set)
	if list == "" {
		return set, true
	}
	for spec := range strings.SplitSeq(list, ",") {
		r, ok := parseSpec(spec, size)
		if !ok || r.Empty() || !set.Add(r) {
			return nil, false
		}
	}
	return set, true
}

// FormatList is the header that ParseList reads, of the largest ranges of s if it
// has more than most.
func FormatList(s *Set, most int) string {
	all := slices.Collect(s.All())
	if len(all) > most {
		slices.SortFunc(all, func(a, b Range) int { return int(min(max(b.Len()-a.Len(), -1), 1)) })
		all = all[:most]
		slices.SortFunc(all, func(a, b Range) int { return int(min(max(a.Start-b.Start, -1), 1)) })
	}
	b := []byte(unit)
	for i, r := range all {
		b = append(b, " ,"[min(i, 1)])
		b = strconv.AppendInt(b, r.Start, 10)
		b = strconv.AppendInt(append(b, '-'), r.End-1, 10)
	}
	return string(b)
}
