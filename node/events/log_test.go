package events

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// TestLog: events come out in order, after a number, with the time when they happened.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Log
		began := time.Now()
		none, more := l.After(0)
		if len(none) != 0 {
			t.Fatalf("%+v", none)
		}
		l.Add(Event{Kind: NeighborUp, Who: "a"})
		select {
		case <-more:
		default:
			t.Error("nobody is told of more")
		}
		time.Sleep(time.Minute)
		l.Add(Event{Kind: MemberDead, Who: "b", In: "family", Cause: "no answer"})
		l.Add(Event{Kind: NeighborDown, Who: "a", Cause: "it closed the connection"})
		l.Add(Event{Kind: kinds, Who: "no kind"})
		all, more := l.After(0)
		if len(all) != 3 || all[0].Who != "a" || all[1].In != "family" || all[1].Cause != "no answer" || all[2].Kind != NeighborDown {
			t.Errorf("%+v", all)
		}
		if all[0].Number != 1 || all[2].Number != 3 || !all[0].Time.Equal(began) || !all[1].Time.Equal(began.Add(time.Minute)) {
			t.Errorf("%+v", all)
		}
		if rest, _ := l.After(2); len(rest) != 1 || rest[0].Number != 3 {
			t.Errorf("after 2: %+v", rest)
		}
		if rest, _ := l.After(99); len(rest) != 0 {
			t.Errorf("after 99: %+v", rest)
		}
		select {
		case <-more:
			t.Error("more is told of where there is none")
		default:
		}
	})
}

// TestBounds: what happens again and again pushes out none of another kind, and texts have a bound.
func TestBounds(t *testing.T) {
	var l Log
	l.Add(Event{Kind: AddressChanged, Who: "first"})
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range keptEach {
				l.Add(Event{Kind: NeighborDown, Cause: strings.Repeat("é", maxCause)})
			}
		})
	}
	work.Wait()
	all, _ := l.After(0)
	if len(all) != 1+keptEach || all[0].Who != "first" || all[len(all)-1].Number != 1+4*keptEach {
		t.Errorf("%d kept, from %+v", len(all), all[0])
	}
	for i, e := range all[1:] {
		if len(e.Cause) > maxCause || !utf8.ValidString(e.Cause) || e.Cause == "" || e.Number <= all[i].Number {
			t.Fatalf("%+v", e)
		}
	}
}

// TestKinds: each has a name of its own.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for k := range kinds + 1 {
		name := k.String()
		if name == "" || seen[name] {
			t.Errorf("kind %d is called %q", k, name)
		}
		seen[name] = true
	}
}
