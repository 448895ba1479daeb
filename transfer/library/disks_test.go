package library

import (
	"fmt"
	"strings"
	"testing"
)

// TestDisks plays with three disks, of which one has two file systems: which files are
// read at once, and in which order.
func TestDisks(t *testing.T) {
	asked := 0
	d := newDisks(func(dev uint64) Disk {
		asked++
		return map[uint64]Disk{
			1: {Name: "spins"}, 2: {Name: "spins"}, 3: {Name: "flash", Flash: true}, 4: {Name: "unknown"},
		}[dev]
	})
	reading := map[string]*file{}
	for i, step := range []struct {
		add  string // "device name ..."
		done string // names
		most int
		want string // what begins
	}{
		{"1 a 1 b 2 c", "", 4, "a"},             // one at a time, though there are two file systems
		{"3 f 3 g 3 h 4 u 4 v", "", 4, "f u g"}, // in turn, as many of the flash disk as there is room for
		{"", "u", 4, "v"},                       // the one that had its turn longest ago
		{"", "f", 4, "h"},
		{"", "g h v", 4, ""}, // all that is left is on the disk that spins
		{"", "a", 1, "b"},
		{"3 i", "", 1, ""}, // one worker only
		{"", "b", 1, "c"},
		{"", "c", 4, "i"},
		{"", "i", 4, ""},
	} {
		for words := strings.Fields(step.add); len(words) > 1; words = words[2:] {
			f := &file{rel: words[1]}
			fmt.Sscan(words[0], &f.id.dev)
			d.add(f)
		}
		for _, name := range strings.Fields(step.done) {
			d.done(reading[name])
			delete(reading, name)
		}
		var begun []string
		for f := d.next(step.most); f != nil; f = d.next(step.most) {
			reading[f.rel] = f
			begun = append(begun, f.rel)
		}
		if got := strings.Join(begun, " "); got != step.want {
			t.Errorf("step %d: %q begin, want %q", i, got, step.want)
		}
	}
	if asked != 4 || len(d.inTurn) != 0 || d.active != 0 {
		t.Errorf("asked %d times, %d disks and %d files are left", asked, len(d.inTurn), d.active)
	}
}
