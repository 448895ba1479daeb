package flood

import (
	"strings"

	"filbert/overlay/qrp"
	"filbert/overlay/wire"
	"filbert/query/index"
	"filbert/query/keyword"
	"filbert/transfer/urn"
)

// Hasher tells the overlay what route tables are asked for a query. It
// implements overlay.Hasher and is used by one goroutine.
type Hasher struct{ words qrp.Words }

// Hash implements overlay.Hasher. Words of fewer than minRouted bytes are left
// out where there are longer ones: not every servent enters them.
func (h *Hasher) Hash(payload []byte) qrp.Words {
	h.words.Hashes, h.words.URNs = h.words.Hashes[:0], h.words.URNs[:0]
	_, text, ext, err := wire.QueryText(payload)
	if err != nil {
		return h.words
	}
	q, ok := request(text, ext)
	if !ok {
		return h.words
	}
	for _, w := range q.Words {
		if len(w.Text) >= minRouted {
			h.words.Hashes = append(h.words.Hashes, keyword.Hash(w.Text))
		}
	}
	if len(h.words.Hashes) == 0 {
		for _, w := range q.Words {
			h.words.Hashes = append(h.words.Hashes, keyword.Hash(w.Text))
		}
	}
	for _, sum := range q.SHA1s {
		h.words.URNs = appendURN(h.words.URNs, sum)
	}
	return h.words
}

// Table returns the route table of what an index holds: the words of names with
// their beginnings, and hashes of files while there are at most maxRoutedURNs.
// So are the hashes of files beside the index that are given, see Answerer.Fetched. It is
// nil if there is nothing.
func Table(ix *index.Index, fetched [][20]byte) *qrp.Table {
	if ix.Len()+len(fetched) == 0 {
		return nil
	}
	var hashes []uint32
	for word := range ix.Words() {
		for entered := range keyword.RouteWords(word) {
			hashes = append(hashes, keyword.Hash(entered))
		}
	}
	if ix.Len() <= maxRoutedURNs {
		for e := range ix.Entries() {
			if e.SHA1 != [20]byte{} {
				hashes = appendSum(hashes, e.SHA1)
			}
		}
	}
	for _, sum := range fetched[:min(len(fetched), maxRoutedURNs)] {
		hashes = appendSum(hashes, sum)
	}
	return qrp.Build(hashes, qrp.MaxBits)
}

// appendSum appends all that a query for a file by its hash may be routed by.
func appendSum(hashes []uint32, sum [20]byte) []uint32 {
	return append(appendURN(hashes, sum), keyword.Hash(hashWord(sum)))
}

// hashWord is a file's hash as a word, which is the text of a query for it and
// stands in the route table of who has it. Others put a backslash there, which
// has no word in it: gtk-gnutella asks its own files for the hash then, but
// relays nothing that it finds no word in.
func hashWord(sum [20]byte) string { return strings.ToLower(urn.SHA1(sum).String()) }

// appendURN appends the hashes of a URN in the two spellings that servents
// enter: gtk-gnutella's with an upper-case hash, LimeWire's all lower-case.
func appendURN(hashes []uint32, sum [20]byte) []uint32 {
	name := urn.SHA1(sum).URN()
	return append(hashes, keyword.Hash(name), keyword.Hash(strings.ToLower(name)))
}
