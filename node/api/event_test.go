package api

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	happening "filbert/node/events"
)

// TestEventLog: what happened is listed, and watched from there on.
func TestEventLog(t *testing.T) {
	asker, other := pair(t, songs)
	c := serve(t, asker, nil)
	asker.Events().Add(happening.Event{Kind: happening.DiskProblem, Who: "bell\a", Cause: "no\x1b[31m space"})
	list, err := c.Events(t.Context(), time.Hour)
	if err != nil || len(list) < 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	is := func(kind, who string) func(Event) bool {
		return func(e Event) bool {
			return e.Kind == kind && strings.Contains(e.Who, who) && !e.Time.IsZero() && e.Number > 0
		}
	}
	if !slices.ContainsFunc(list, is("neighbor-up", "127.0.0.1:")) || !slices.ContainsFunc(list, is("disk-problem", "bell")) {
		t.Errorf("%+v", list)
	}
	for _, e := range list {
		if strings.ContainsAny(e.Who+e.Cause, "\a\x1b") {
			t.Errorf("what a terminal obeys came through: %+v", e)
		}
	}
	if late, err := c.Events(t.Context(), time.Nanosecond); err != nil || len(late) != 0 {
		t.Errorf("of the last nanosecond: %+v, %v", late, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []Event
	err = c.WatchEvents(ctx, time.Hour, func(e Event) {
		seen = append(seen, e)
		switch {
		case len(seen) == len(list):
			if err := asker.Disconnect(other.Addr()); err != nil {
				t.Error(err)
			}
		case len(seen) > len(list):
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(seen) <= len(list) || !slices.Equal(seen[:len(list)], list) {
		t.Fatalf("%+v, %v", seen, err)
	}
	if last := seen[len(list)]; last.Kind != "neighbor-down" || !strings.Contains(last.Cause, "by user") {
		t.Errorf("%+v", last)
	}
}
