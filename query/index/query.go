package index

import "filbert/query/keyword"

// Query says which files are wanted: those that have all Words or one of SHA1s,
// and pass what follows. A query with neither words nor hashes matches nothing;
// words and hashes beyond their number are ignored.
type Query struct {
	Words    []keyword.Word // normalised, at most keyword.MaxWords; a Count below 1 is 1
	SHA1s    [][20]byte     // at most MaxSHA1s
	Media    Media          // any of these types; 0 for all
	MinSize  int64          // bytes
	MaxSize  int64          // bytes, 0 for no maximum
	Partials bool           // also files that are still being downloaded (GGEP PR)
}

// accepts applies all that does not come from the name's words.
func (q *Query) accepts(e *Entry) bool {
	return (q.Media == 0 || q.Media&e.Media != 0) &&
		e.Size >= q.MinSize && (q.MaxSize == 0 || e.Size <= q.MaxSize) &&
		(q.Partials || !e.Partial)
}
