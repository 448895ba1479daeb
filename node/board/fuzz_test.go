package board

import (
	"bytes"
	"io"
	"testing"
	"time"

	"filbert/overlay/group"
	"filbert/overlay/identity"
)

func sample(t testing.TB) *entry {
	id := who(t, 1)
	e := &entry{Item: Item{Author: id.PeerID(), Topic: "files", Name: "a", Sequence: 5, Time: time.UnixMilli(6), Value: []byte("value")}}
	e.seal(id, group.ID{1})
	return e
}

// FuzzEntry: what is read of an entry is what is written, and nothing else is genuine.
func FuzzEntry(f *testing.F) {
	e := sample(f)
	f.Add(e.appendTo(nil))
	floor := sample(f)
	floor.Name, floor.Value = "", appendFloor(3)
	f.Add(floor.appendTo(nil))
	f.Add(floor.appendTo(nil)[:entryHeader+3])
	good := e.appendTo(nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseEntry(b)
		if err != nil {
			return
		}
		if again := got.appendTo(nil); !bytes.Equal(again, b) {
			t.Errorf("%x was read as %x", b, again)
		}
		if got.cost() > batchBytes {
			t.Errorf("no batch has room for %d bytes", got.cost())
		}
		if got.genuine(group.ID{1}) && !bytes.Equal(b, good) {
			t.Errorf("nobody signed %x", b)
		}
	})
}

// FuzzAsk: what is read of a question is what is written.
func FuzzAsk(f *testing.F) {
	a := ask{group: group.ID{1}, records: group.Hash{2}, marks: []mark{{identity.PeerID{1}, 5}, {identity.PeerID{2}, nothing}}}
	f.Add(a.appendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseAsk(b)
		if err == nil && !bytes.Equal(got.appendTo(nil), b) {
			t.Errorf("%x was read as %x", b, got.appendTo(nil))
		}
		if err == nil && len(got.marks) > maxMembers {
			t.Errorf("%d marks", len(got.marks))
		}
	})
}

// FuzzLine: whatever comes on a line, what is read of it is bounded.
func FuzzLine(f *testing.F) {
	b := appendFrame(nil, frameAsk, (&ask{}).appendTo(nil))
	b = appendFrame(b, frameItem, sample(f).appendTo(nil))
	f.Add(appendFrame(appendEnd(b, true, Busy), frameTurn, nil))
	f.Add([]byte{byte(frameItem), 0xFF, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		var buf []byte
		for {
			kind, body, err := readFrame(r, buf)
			if err != nil {
				if err != io.EOF && err != io.ErrUnexpectedEOF && ReasonOf(err) != Malformed {
					t.Error(err)
				}
				return
			}
			if buf = body; cap(buf) > maxEntry || len(body) > kind.longest() {
				t.Errorf("a frame %d of %d bytes, buffer of %d", kind, len(body), cap(buf))
			}
		}
	})
}

// TestLattice: the order does not matter, and what was added can be removed.
func TestLattice(t *testing.T) {
	var a, b, none lattice
	for i := range 10 {
		a.add(sum{byte(i)})
		b.add(sum{byte(9 - i)})
	}
	if a != b || a == none {
		t.Error("the order matters")
	}
	var c lattice
	c.decode(a.encode())
	for i := range 10 {
		c.remove(sum{byte(i)})
		if i < 9 && c == none {
			t.Error("it is empty")
		}
	}
	if c != none {
		t.Error("something is left")
	}
}
