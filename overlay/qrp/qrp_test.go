package qrp

import (
	"testing"

	"go.uber.org/goleak"

	"filbert/query/keyword"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hashes are those of normalised words.
func hashes(words ...string) (h []uint32) {
	for _, w := range words {
		h = append(h, keyword.Hash(w))
	}
	return h
}

// tableOf returns a table with the slots of words set.
func tableOf(bits int, words ...string) *Table {
	t := NewTable(bits)
	for _, h := range hashes(words...) {
		t.Add(h)
	}
	return t
}

// slotsOf lists the slots that are set.
func slotsOf(t *Table) (slots []uint32) {
	t.each(func(s uint32) { slots = append(slots, s) })
	return slots
}
