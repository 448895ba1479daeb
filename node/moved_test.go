package node

import (
	"testing"
	"time"
)

// TestMoved looks at transfers that begin and end.
func TestMoved(t *testing.T) {
	var m moved
	at := time.Unix(1e9, 0)
	for i, step := range []struct {
		after time.Duration
		bytes uint64
		busy  bool
	}{
		{0, 0, false},
		{movedLook, 0, false},
		{movedLook - 1, 5, false}, // it is not looked at yet
		{1, 5, true},
		{movedLook / 2, 5, true},
		{movedLook / 2, 6, true},
		{movedLook, 6, false},
		{time.Hour, 7, true},
		{movedLook, 7, false},
	} {
		at = at.Add(step.after)
		if got := m.look(at, step.bytes); got != step.busy {
			t.Errorf("step %d: busy %v", i, got)
		}
	}
}
