package bench

import (
	"math/rand/v2"

	"filbert/overlay/qrp"
	"filbert/overlay/wire"
	"filbert/query/keyword"
)

// wordsOfGroup is how many words a query has beside its name: with the name they
// are six, of which a table must have four (package qrp).
const wordsOfGroup = 5

// groupWords are the words that the leaves of a group have and others have not,
// as many letters as fill room bytes with a blank before each.
func groupWords(group, room int) []string {
	rnd := rand.New(rand.NewPCG(uint64(group), wordSeed))
	words := make([]string, wordsOfGroup)
	for i := range words {
		letters := make([]byte, room/wordsOfGroup-1)
		if i == 0 {
			letters = make([]byte, room-(wordsOfGroup-1)*(room/wordsOfGroup)-1)
		}
		for j := range letters {
			letters[j] = 'a' + byte(rnd.IntN(26))
		}
		words[i] = string(letters)
	}
	return words
}

// shelf is what the leaves of one load have: leaf i is of group i modulo groups.
type shelf struct {
	groups int
	room   int // of the words in a message
	bits   int // of a leaf's table
	leaves int
}

// of is the group of a leaf.
func (s shelf) of(leaf int) int { return leaf % s.groups }

// size is how many leaves a group has.
func (s shelf) size(group int) int64 { return int64((s.leaves + s.groups - 1 - group) / s.groups) }

// table is a leaf's route table: the words of its group, and other slots until
// one in a hundred is set, none of them one that another group's words fall on.
// So it is exact which queries reach which leaf: those of its own group.
func (s shelf) table(leaf int) *qrp.Table {
	t, all := qrp.NewTable(s.bits), s.all(s.bits)
	for _, w := range groupWords(s.of(leaf), s.room) {
		t.Add(keyword.Hash(w))
	}
	rnd := rand.New(rand.NewPCG(uint64(leaf), wordSeed+1))
	for range t.Slots() / fillShare {
		if h := rnd.Uint32(); !all.Has(h) {
			t.Add(h)
		}
	}
	return t
}

// all is a table with the words of every group, as an ultrapeer has one that
// serves all those leaves.
func (s shelf) all(bits int) *qrp.Table {
	t := qrp.NewTable(bits)
	for g := range s.groups {
		for _, w := range groupWords(g, s.room) {
			t.Add(keyword.Hash(w))
		}
	}
	return t
}

// tableFrames are the messages that tell a table to who has none.
func tableFrames(t *qrp.Table) (frames [][]byte) {
	for _, m := range new(qrp.Sender).Update(nil, t) {
		frames = append(frames, wire.AppendFrame(nil, wire.GUID{8: 0xFF}, 1, 0, m))
	}
	return frames
}
