package shell

import "time"

const (
	// maxLineBytes bounds one line of a pipe or file, in bytes. A line holds a
	// command and some names of at most 4 KiB each; whatever is longer is not
	// meant for us.
	maxLineBytes = 64 << 10

	// historyLines is how many lines are remembered: about what a user may
	// still find by searching.
	historyLines = 1000

	// historyLineBytes is the longest line that is remembered, in bytes: one
	// path of the longest kind.
	historyLineBytes = 4 << 10

	// historyFileBytes is how much of the end of a history file is read, in
	// bytes. It holds historyLines lines of 256 bytes, and bounds what a file
	// of another kind can cost.
	historyFileBytes = 256 << 10

	// maxNotices is how many notices wait for the prompt to make room, in
	// lines; more is a burst nobody reads, and the oldest are dropped.
	maxNotices = 100

	// completionTime is how long a completion may take. The prompt waits for
	// it, so it is what a user takes for a hang.
	completionTime = 2 * time.Second

	// leaveTime is how long the end of the context waits for the reader of the
	// terminal to put everything in order: some redraws.
	leaveTime = 250 * time.Millisecond

	// leaveTries is how often one prompt is asked to end, in keys: the first
	// may complete a key that was begun, such as Escape.
	leaveTries = 4
)
