package board

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"filbert/overlay/group"
)

// lies makes a member answer with what change makes of what it has of an author. The member
// itself asks nobody.
func (m *member) lies(author *member, change func(list []*entry) []*entry) {
	m.f.t.Helper()
	list := change(m.raw(author))
	m.goes()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.on = true
	m.answer = func(a *ask) (out []*entry) {
		for _, e := range list {
			i := slices.IndexFunc(a.marks, func(k mark) bool { return k.author == e.Author })
			if i >= 0 && e.Sequence > a.marks[i].after {
				out = append(out, e)
			}
		}
		return out
	}
}

// clone is an item that may be changed.
func (e *entry) clone() *entry {
	c := *e
	c.Value = slices.Clone(e.Value)
	return &c
}

// TestWithheld: who passes on an author's items and leaves some out, or sends old ones in place
// of new ones, is found out, and what it left out comes from another.
func TestWithheld(t *testing.T) {
	for name, change := range map[string]func(list, before []*entry) []*entry{
		"one item":    func(list, _ []*entry) []*entry { return slices.Delete(list, 3, 4) },
		"all but one": func(list, _ []*entry) []*entry { return list[len(list)-1:] },
		"a tombstone, with what it deleted": func(list, before []*entry) []*entry {
			list = slices.DeleteFunc(list, func(e *entry) bool { return !e.live() })
			return append(before[:1:1], list...)
		},
		"a floor, with what was below": func(list, before []*entry) []*entry {
			var below []*entry
			for _, e := range before {
				if e.Topic == "messages" {
					below = append(below, e)
				}
			}
			all := append(slices.DeleteFunc(list, func(e *entry) bool { return e.floor() > 0 }), below...)
			slices.SortFunc(all, func(a, b *entry) int { return int(a.Sequence) - int(b.Sequence) })
			return slices.CompactFunc(all, func(a, b *entry) bool { return a.Sequence == b.Sequence })
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFamily(t, 4, func(t *testing.T, f *family) {
				anna, boris, clara, dora := f.all[0], f.all[1], f.all[2], f.all[3]
				clara.goes()
				dora.goes()
				for i := range 5 {
					anna.puts("files", fmt.Sprint(i), "x")
					anna.puts("messages", fmt.Sprint(i), "x")
				}
				f.see(time.Minute, "messages", anna.reads("messages"), boris)
				before := boris.raw(anna)
				if err := anna.Delete("files", "0"); err != nil {
					t.Fatal(err)
				}
				list, err := anna.Items("messages")
				if err != nil {
					t.Fatal(err)
				}
				if err := anna.Prune("messages", list[2].Sequence); err != nil {
					t.Fatal(err)
				}
				anna.puts("files", "last", "x")
				f.see(time.Minute, "files", anna.reads("files"), boris)
				boris.lies(anna, func(list []*entry) []*entry { return change(list, before) })
				anna.goes()
				clara.comes() // there is boris alone
				rest(time.Minute)
				if clara.Refused()[Withheld] == 0 {
					t.Errorf("it was not noticed: %v", clara.Refused())
				}
				anna.comes()
				dora.comes()
				for _, topic := range []string{"files", "messages"} {
					f.see(30*time.Minute, topic, anna.reads(topic), clara, dora)
				}
				for _, m := range []*member{anna, clara, dora} {
					m.sound()
				}
			})
		})
	}
}

// TestForged: what an author did not say in this group, or not so, is not taken, and who sends
// it is left alone for a while; what came before stays.
func TestForged(t *testing.T) {
	for _, test := range []struct {
		name   string
		why    Reason
		change func(f *family, list []*entry) []*entry
	}{
		{"value", Forged, func(_ *family, list []*entry) []*entry {
			list[1].Value[0] ^= 1
			return list
		}},
		{"name", Forged, func(_ *family, list []*entry) []*entry {
			list[1].Name = "z"
			return list
		}},
		{"topic and name moved", Forged, func(_ *family, list []*entry) []*entry {
			list[1].Topic, list[1].Name = "file", "s"+list[1].Name
			return list
		}},
		{"number", Forged, func(_ *family, list []*entry) []*entry {
			list[2].Sequence += 1000
			return list
		}},
		{"time", Forged, func(_ *family, list []*entry) []*entry {
			list[1].Time = list[1].Time.Add(time.Millisecond)
			return list
		}},
		{"digest", Forged, func(_ *family, list []*entry) []*entry {
			list[2].digest[5] ^= 1
			return list
		}},
		{"in another's name", Forged, func(f *family, list []*entry) []*entry {
			list[1].seal(f.all[1].id, f.state.ID())
			return list
		}},
		{"in another group", Forged, func(f *family, list []*entry) []*entry {
			list[1].seal(f.all[0].id, group.ID{1})
			return list
		}},
		{"order", Malformed, func(_ *family, list []*entry) []*entry {
			list[1], list[2] = list[2], list[1]
			return list
		}},
		{"one twice", Malformed, func(_ *family, list []*entry) []*entry { return append(list, list[2]) }},
		{"not asked for", Malformed, func(f *family, list []*entry) []*entry {
			e := list[2].clone()
			stranger := who(f.t, 77)
			e.Author = stranger.PeerID()
			e.seal(stranger, f.state.ID())
			return []*entry{e}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inFamily(t, 3, func(t *testing.T, f *family) {
				anna, boris, clara := f.all[0], f.all[1], f.all[2]
				anna.puts("files", "a", "1")
				f.see(time.Minute, "files", []string{"0 a=1"}, f.all...)
				clara.goes()
				anna.puts("files", "b", "2")
				anna.puts("files", "c", "3")
				f.see(time.Minute, "files", []string{"0 a=1", "0 b=2", "0 c=3"}, boris)
				boris.lies(anna, func(list []*entry) []*entry {
					out := make([]*entry, len(list))
					for i, e := range list {
						out[i] = e.clone()
					}
					return test.change(f, out)
				})
				if test.name == "not asked for" {
					answer := boris.answer
					boris.answer = func(a *ask) []*entry {
						a.marks = append(a.marks, mark{who(t, 77).PeerID(), 0})
						return answer(a)
					}
				}
				anna.goes()
				clara.comes()
				rest(10 * time.Minute)
				f.see(0, "files", []string{"0 a=1"}, clara)
				if n := clara.Refused()[test.why]; n == 0 || n > 15 {
					t.Errorf("refused: %v", clara.Refused())
				}
				anna.comes()
				f.see(10*time.Minute, "files", []string{"0 a=1", "0 b=2", "0 c=3"}, clara)
				clara.sound()
			})
		})
	}
}

// TestReplayed: old items, sent again, change nothing: they were not asked for.
func TestReplayed(t *testing.T) {
	inFamily(t, 3, func(t *testing.T, f *family) {
		anna, boris, clara := f.all[0], f.all[1], f.all[2]
		anna.puts("files", "a", "old")
		f.see(time.Minute, "files", []string{"0 a=old"}, boris)
		old := boris.raw(anna)
		boris.lies(anna, func(list []*entry) []*entry { return list })
		boris.mu.Lock()
		boris.answer = func(*ask) []*entry { return old }
		boris.mu.Unlock()
		anna.puts("files", "a", "new")
		f.see(time.Minute, "files", []string{"0 a=new"}, clara)
		rest(10 * time.Minute)
		if clara.Refused()[Malformed] == 0 {
			t.Errorf("refused: %v", clara.Refused())
		}
		if err := clara.take(clara.visit(boris.id.PeerID(), time.Now()), old); err != nil { // and if it were taken
			t.Error(err)
		}
		f.see(0, "files", []string{"0 a=new"}, clara)
		clara.sound()
	})
}

// TestTwice: an author that gives one number to two items is the only one who has to do with it.
func TestTwice(t *testing.T) {
	inFamily(t, 3, func(t *testing.T, f *family) {
		boris, clara := f.all[1], f.all[2]
		clara.puts("files", "c", "1")
		boris.puts("files", "a", "1")
		f.see(time.Minute, "files", []string{"1 a=1", "2 c=1"}, f.all...)
		boris.lies(boris, func(list []*entry) []*entry {
			var sums lattice
			other := list[0].clone()
			other.Value = []byte("2")
			other.hash = other.hashIn(f.state.ID())
			sums.add(other.hash)
			other.digest = sums.digest()
			other.seal(boris.id, f.state.ID())
			last := other.clone()
			last.Name, last.Sequence = "b", other.Sequence+1
			last.hash = last.hashIn(f.state.ID())
			sums.add(last.hash)
			last.digest = sums.digest()
			last.seal(boris.id, f.state.ID())
			return []*entry{other, last}
		})
		f.see(time.Minute, "files", []string{"1 a=1", "1 b=2", "2 c=1"}, f.all[0], clara)
		rest(time.Hour)
		f.see(0, "files", []string{"1 a=1", "1 b=2", "2 c=1"}, f.all[0], clara)
		if clara.Refused()[Withheld]+f.all[0].Refused()[Withheld] == 0 || clara.Refused()[Twice]+f.all[0].Refused()[Twice] == 0 {
			t.Errorf("refused: %v, %v", clara.Refused(), f.all[0].Refused())
		}
		clara.puts("files", "c", "2")
		f.see(time.Minute, "files", []string{"1 a=1", "1 b=2", "2 c=2"}, f.all[0])
	})
}

// TestFlood: a member that says more than it may fills its own part of the disk and nobody's
// memory, and is refused by a reason; what the others say arrives as before.
func TestFlood(t *testing.T) {
	inFamily(t, 3, func(t *testing.T, f *family) {
		anna, boris, clara := f.all[0], f.all[1], f.all[2]
		boris.goes()
		boris.mu.Lock()
		boris.on = true
		value := make([]byte, MaxValue)
		sent := 0
		boris.answer = func(a *ask) (out []*entry) {
			i := slices.IndexFunc(a.marks, func(k mark) bool { return k.author == boris.id.PeerID() })
			if a.marks[i].after == nothing {
				return nil
			}
			for range 4 {
				sent++
				e := &entry{Item: Item{Author: boris.id.PeerID(), Topic: "files", Name: fmt.Sprint(sent), Sequence: a.marks[i].after + uint64(sent), Time: time.Now()}}
				binary.BigEndian.PutUint64(value, uint64(sent))
				e.Value = slices.Clone(value)
				e.seal(boris.id, f.state.ID())
				out = append(out, e)
			}
			return out
		}
		boris.mu.Unlock()
		heap := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := heap()
		for i := range 10 {
			anna.puts("have", "a", fmt.Sprint(i))
			f.see(10*time.Minute, "have", []string{fmt.Sprintf("0 a=%d", i)}, clara)
			rest(10 * time.Minute)
		}
		clara.Board.mu.Lock()
		s, total := *clara.shelfLocked(boris.id.PeerID()), clara.bytes
		clara.Board.mu.Unlock()
		t.Logf("%d items came, %d bytes are kept; refused %v; the heap grew by %d KiB", sent, s.bytes, clara.Refused(), (int64(heap())-int64(before))>>10)
		if s.bytes > slack*maxAuthor || s.bytes < slack*maxAuthor-2*MaxValue || total > maxGroup {
			t.Errorf("%d bytes of it are kept, %d in all", s.bytes, total)
		}
		if n := clara.Refused()[Full]; n == 0 || n > 30 {
			t.Errorf("refused: %v", clara.Refused())
		}
		if grew := int64(heap()) - int64(before); grew > 16<<20 {
			t.Errorf("the heap grew by %d bytes", grew)
		}
	})
}

// TestOwnBudget: what is above an author's budget is an error to the author, and there is room
// when it takes something back.
func TestOwnBudget(t *testing.T) {
	inFamily(t, 1, func(t *testing.T, f *family) {
		anna := f.all[0]
		n := maxAuthor / cost("files", "000", MaxValue)
		for i := range n {
			anna.puts("files", fmt.Sprintf("%03d", i), strings.Repeat("x", MaxValue))
		}
		if err := anna.Put("files", "one more", make([]byte, MaxValue)); ReasonOf(err) != Full {
			t.Errorf("one more: %v", err)
		}
		if err := anna.Delete("files", "000"); err != nil {
			t.Error(err)
		}
		anna.puts("files", "one more", strings.Repeat("x", MaxValue/2))
		anna.sound()
	})
}
