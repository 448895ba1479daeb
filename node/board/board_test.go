package board

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestConverge: what one says all have, soon; what it replaces or takes back goes everywhere.
func TestConverge(t *testing.T) {
	inFamily(t, 3, func(t *testing.T, f *family) {
		anna, boris, clara := f.all[0], f.all[1], f.all[2]
		anna.puts("files", "a", "1")
		boris.puts("files", "a", "2")
		clara.puts("files", "b", "3")
		clara.puts("have", "b", "other topic")
		took := f.see(time.Minute, "files", []string{"0 a=1", "1 a=2", "2 b=3"}, f.all...)
		t.Log("first items after", took)
		anna.puts("files", "a", "4")
		if err := boris.Delete("files", "a"); err != nil {
			t.Fatal(err)
		}
		clara.puts("files", "c", "5")
		took = f.see(10*time.Second, "files", []string{"0 a=4", "2 b=3", "2 c=5"}, f.all...)
		t.Log("changes after", took)
		if took > 3*time.Second {
			t.Errorf("news took %v", took)
		}
		i, ok, err := boris.Get(anna.id.PeerID(), "files", "a")
		if err != nil || !ok || string(i.Value) != "4" || i.Author != anna.id.PeerID() {
			t.Errorf("%+v, %v, %v", i, ok, err)
		}
		if _, ok, err := anna.Get(boris.id.PeerID(), "files", "a"); ok || err != nil {
			t.Errorf("what was taken back is there, %v", err)
		}
		for _, m := range f.all {
			m.sound()
		}
	})
}

// TestChanged: who waits for a change hears of each, its own and those of others.
func TestChanged(t *testing.T) {
	inFamily(t, 2, func(t *testing.T, f *family) {
		rest(time.Minute)
		anna, boris := f.all[0], f.all[1]
		own, others := anna.Changed(), boris.Changed()
		select {
		case <-own:
			t.Error("nothing changed")
		default:
		}
		anna.puts("files", "a", "1")
		<-own
		<-others
		if got := boris.reads("files"); !slices.Equal(got, []string{"0 a=1"}) {
			t.Errorf("it changed, and has %q", got)
		}
		again := anna.Changed()
		anna.puts("files", "a", "1") // the same
		select {
		case <-again:
			t.Error("nothing changed")
		default:
		}
	})
}

// TestAuthorAway: others pass on what an author said that is away, to one who comes later.
func TestAuthorAway(t *testing.T) {
	inFamily(t, 3, func(t *testing.T, f *family) {
		anna, boris, clara := f.all[0], f.all[1], f.all[2]
		clara.goes()
		anna.puts("messages", "1", "hello")
		f.see(time.Minute, "messages", []string{"0 1=hello"}, boris)
		anna.goes()
		clara.comes()
		f.see(time.Minute, "messages", []string{"0 1=hello"}, clara)
		boris.goes()
		anna.comes()
		f.see(time.Minute, "messages", []string{"0 1=hello"}, anna, clara)
	})
}

// TestExpelled: who is expelled gets nothing that was said after that, not even by a member that
// has not heard of it, and what it said vanishes.
func TestExpelled(t *testing.T) {
	inFamily(t, 4, func(t *testing.T, f *family) {
		anna, boris, clara, dora := f.all[0], f.all[1], f.all[2], f.all[3]
		clara.puts("files", "c", "of clara")
		anna.puts("files", "a", "of anna")
		f.see(time.Minute, "files", []string{"0 a=of anna", "2 c=of clara"}, f.all...)
		f.expel(clara)
		f.tell(anna, boris) // dora does not know yet
		anna.puts("files", "secret", "x")
		f.see(time.Minute, "files", []string{"0 a=of anna", "0 secret=x"}, anna, boris)
		rest(5 * time.Minute)
		f.see(0, "files", []string{"0 a=of anna", "2 c=of clara"}, clara, dora)
		if anna.Refused()[NotMember]+boris.Refused()[NotMember] == 0 || anna.Refused()[Differ]+boris.Refused()[Differ] == 0 {
			t.Errorf("refused: %v, %v", anna.Refused(), boris.Refused())
		}
		f.tell(dora)
		f.see(time.Minute, "files", []string{"0 a=of anna", "0 secret=x"}, dora)
		f.see(0, "files", []string{"0 a=of anna", "2 c=of clara"}, clara)
		for _, m := range []*member{anna, boris, dora} {
			if left := m.raw(clara); len(left) > 0 {
				t.Errorf("member %d keeps %d items of who was expelled", m.n, len(left))
			}
			m.sound()
		}
	})
}

// TestRestart: what is on the disk is there again, and numbers go on; an author whose disk was
// lost gets what it said from the others.
func TestRestart(t *testing.T) {
	inFamily(t, 2, func(t *testing.T, f *family) {
		anna, boris := f.all[0], f.all[1]
		for i := range 100 {
			anna.puts("files", fmt.Sprint(i), strings.Repeat("x", 1000))
		}
		boris.puts("files", "b", "1")
		rest(time.Minute)
		want := boris.reads("files")
		if len(want) != 101 {
			t.Fatalf("%d items", len(want))
		}
		boris.goes()
		boris.comes()
		f.see(0, "files", want, boris)
		boris.sound()
		anna.goes()
		anna.path += ".new"
		anna.comes()
		f.see(time.Minute, "files", want, anna)
		anna.puts("files", "0", "new")
		want[slices.IndexFunc(want, func(s string) bool { return strings.HasPrefix(s, "0 0=") })] = "0 0=new"
		slices.Sort(want)
		f.see(time.Minute, "files", want, anna, boris)
		for _, m := range f.all {
			m.sound()
		}
	})
}

// TestLostDisk: an author that lost its disk and said something before it heard from others is
// right: what it has no more goes everywhere.
func TestLostDisk(t *testing.T) {
	inFamily(t, 3, func(t *testing.T, f *family) {
		anna := f.all[0]
		anna.puts("files", "old", "1")
		f.see(time.Minute, "files", []string{"0 old=1"}, f.all...)
		anna.goes()
		anna.path += ".new"
		f.all[1].goes()
		f.all[2].goes()
		anna.comes()
		anna.puts("files", "new", "2")
		f.all[1].comes()
		f.all[2].comes()
		f.see(10*time.Minute, "files", []string{"0 new=2"}, f.all...)
		for _, m := range f.all {
			m.sound()
		}
	})
}

// TestPrune: what is below a floor goes everywhere, and does not come back.
func TestPrune(t *testing.T) {
	inFamily(t, 3, func(t *testing.T, f *family) {
		anna, boris, clara := f.all[0], f.all[1], f.all[2]
		clara.goes()
		for i := range 10 {
			anna.puts("messages", fmt.Sprint(i), "x")
		}
		anna.puts("files", "a", "stays")
		f.see(time.Minute, "messages", anna.reads("messages"), boris)
		list, err := anna.Items("messages")
		if err != nil || len(list) != 10 {
			t.Fatal(len(list), err)
		}
		if err := anna.Prune("messages", list[8].Sequence); err != nil {
			t.Fatal(err)
		}
		clara.comes()
		f.see(time.Minute, "messages", []string{"0 8=x", "0 9=x"}, f.all...)
		f.see(time.Minute, "files", []string{"0 a=stays"}, f.all...)
		later, err := clara.After(anna.id.PeerID(), "messages", list[8].Sequence, -1)
		if err != nil || len(later) != 1 || later[0].Name != "9" {
			t.Errorf("%v, %v", later, err)
		}
		for _, m := range f.all {
			m.sound()
		}
	})
}

// TestTombstones: they go after a month, but for an author's last item; who was away for longer
// finds out what was deleted.
func TestTombstones(t *testing.T) {
	inFamily(t, 3, func(t *testing.T, f *family) {
		anna, boris, clara := f.all[0], f.all[1], f.all[2]
		anna.puts("files", "a", "1")
		anna.puts("files", "b", "2")
		f.see(time.Minute, "files", []string{"0 a=1", "0 b=2"}, f.all...)
		clara.goes()
		if err := anna.Delete("files", "a"); err != nil {
			t.Fatal(err)
		}
		anna.puts("files", "c", "3")
		f.see(time.Minute, "files", []string{"0 b=2", "0 c=3"}, anna, boris)
		if n := len(boris.raw(anna)); n != 3 {
			t.Errorf("%d items and tombstones", n)
		}
		anna.sweep(time.Now().Add(tombstoneAge + time.Hour))
		boris.sweep(time.Now().Add(tombstoneAge + time.Hour))
		if n := len(boris.raw(anna)); n != 2 {
			t.Errorf("%d items are left", n)
		}
		clara.comes()
		f.see(10*time.Minute, "files", []string{"0 b=2", "0 c=3"}, clara)
		for _, m := range f.all {
			m.sound()
		}
	})
}

// TestWrongNames: what cannot be said is an error.
func TestWrongNames(t *testing.T) {
	inFamily(t, 1, func(t *testing.T, f *family) {
		for _, test := range []struct{ topic, name, value string }{
			{"", "a", "x"}, {"Files", "a", "x"}, {strings.Repeat("a", MaxTopic+1), "a", "x"}, {"files", "", "x"},
			{"files", strings.Repeat("a", MaxName+1), "x"}, {"files", "\xff", "x"}, {"files", "a", ""}, {"files", "a", strings.Repeat("x", MaxValue+1)},
		} {
			if err := f.all[0].Put(test.topic, test.name, []byte(test.value)); err == nil {
				t.Errorf("%.20q %.20q, %d bytes were taken", test.topic, test.name, len(test.value))
			}
		}
		if err := f.all[0].Put("files", strings.Repeat("a", MaxName), make([]byte, MaxValue)); err != nil {
			t.Error(err)
		}
	})
}

// TestManyMembers: what one says twenty have soon, and who is new has a large catalogue soon.
func TestManyMembers(t *testing.T) {
	inFamily(t, 20, func(t *testing.T, f *family) {
		anna, last := f.all[0], f.all[19]
		last.goes()
		rest(time.Minute)
		anna.puts("files", "a", "1")
		took := f.see(time.Minute, "files", []string{"0 a=1"}, f.all[:19]...)
		t.Log("19 members have it after", took)
		for i := range 300 {
			anna.puts("have", fmt.Sprint(i), "x")
		}
		f.see(time.Minute, "have", anna.reads("have"), f.all[1])
		last.comes()
		took = f.see(time.Minute, "have", anna.reads("have"), last)
		t.Log("who was away has 300 items after", took)
		last.sound()
	})
}
