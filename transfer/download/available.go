package download

import (
	"net/http"
	"strings"

	"filbert/transfer/ranges"
)

// readAvailable reads which bytes of a file of size bytes a source has that is
// still fetching it itself: "bytes a-b,c-d", or "bytes" for nothing (PFSP). It
// returns nil if the answer does not say, or not in a form that is understood.
func readAvailable(h http.Header, size int64) *ranges.Set {
	value := h.Get(headerAvailable)
	if value == "" || len(value) > maxAvailable {
		return nil
	}
	unit, list, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(value), "=", " "), " ")
	if !strings.EqualFold(unit, "bytes") {
		return nil
	}
	have := new(ranges.Set)
	if list == "" {
		return have
	}
	for spec := range strings.SplitSeq(list, ",") {
		r, err := ranges.ParseHTTP("bytes="+strings.TrimSpace(spec), size)
		if err != nil || !have.Add(r) {
			return nil
		}
	}
	return have
}
