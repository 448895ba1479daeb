package fabric

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestQueueOrder pushes and pops events with many ties, and wants the order of a sort.
func TestQueueOrder(t *testing.T) {
	links := []*link{nil, newLink(0, alice, bob), newLink(0, alice, carol), newLink(0, bob, alice)}
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []*event
		rank := func(a, b *event) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(slices.Index(links, a.link), slices.Index(links, b.link)), cmp.Compare(a.n, b.n))
		}
		pop := func() {
			want := slices.MinFunc(model, rank)
			if next, got := q.next(), q.pop(); got != want || next != want {
				t.Fatalf("next %+v, popped %+v, want %+v", next, got, want)
			}
			model = slices.Delete(model, slices.Index(model, want), slices.Index(model, want)+1)
		}
		for i := range rapid.IntRange(0, 60).Draw(t, "operations") {
			if len(model) > 0 && rapid.IntRange(0, 2).Draw(t, "pop") == 0 {
				pop()
				continue
			}
			ev := &event{
				at: time.Duration(rapid.IntRange(0, 3).Draw(t, "at")), n: uint64(i), link: rapid.SampledFrom(links).Draw(t, "link"),
			}
			q.push(ev)
			model = append(model, ev)
		}
		for len(model) > 0 {
			pop()
		}
		if q.next() != nil {
			t.Fatal("the queue is not empty")
		}
	})
}
