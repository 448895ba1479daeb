package qrp

// Words is what a query asks of a table: the hashes of its words, as they are
// (a query is never shortened to beginnings of words), and those of the URNs it
// names, each in the spellings that servents enter.
type Words struct {
	Hashes []uint32
	URNs   []uint32
}

// Routes tells whether a query is worth sending to the table's owner, by the
// rule of gtk-gnutella: any URN found is enough; else all words of up to two,
// and two thirds of more, for a word may be one that its owner does not enter.
// An empty table routes nothing, nor does a query without words whose URNs are
// not found. What to do with a neighbor that has sent no table yet is for the
// caller to say: nothing for a leaf, everything for an ultrapeer.
func (t *Table) Routes(w Words) bool {
	if t.Empty() {
		return false
	}
	for _, h := range w.URNs {
		if t.Has(h) {
			return true
		}
	}
	found, words := 0, len(w.Hashes)
	for _, h := range w.Hashes {
		if t.Has(h) {
			found++
		} else if words <= fewWords {
			return false
		}
	}
	return words > 0 && (words <= fewWords || 3*found/words >= mostOfThree)
}
