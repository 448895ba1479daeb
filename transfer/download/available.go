package download

import (
	"net/http"

	"filbert/transfer/ranges"
)

// readAvailable reads which bytes of a file of size bytes a source has that is
// still fetching it itself (PFSP). It returns nil if the answer does not say, or not
// in a form that is understood.
func readAvailable(h http.Header, size int64) *ranges.Set {
	have, _ := ranges.ParseList(h.Get(headerAvailable), size, maxAvailable)
	return have
}
