package messages

import (
	"strconv"
	"time"
)

// State is where a message is on its way.
type State int

// The states, which are kept as numbers.
const (
	Held    State = 1 // came, and is not shown yet
	Shown   State = 2 // came
	Delayed State = 3 // came after what follows it was shown
	Waiting State = 4 // ours, not acknowledged yet
	Sent    State = 5 // ours, acknowledged
	Failed  State = 6 // ours, given up
	Posted  State = 7 // ours, in a group: on its board, from which members take it
)

var stateNames = map[State]string{Held: "held", Shown: "received", Delayed: "received late", Waiting: "waiting", Sent: "delivered", Failed: "failed", Posted: "posted"}

func (s State) String() string {
	if name, ok := stateNames[s]; ok {
		return name
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// Mine reports whether the user wrote it.
func (s State) Mine() bool { return s >= Waiting }

// Entry is a message in the history.
type Entry struct {
	Message
	With  Conversation
	State State
	Came  time.Time // when it came into the history
	Why   string    // it failed, or waits
}

// Summary is a conversation.
type Summary struct {
	With     Conversation
	Messages int // shown ones and ours
	Unread   int
	Waiting  int
	Last     Entry
}
