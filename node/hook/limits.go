package hook

import "time"

const (
	// maxRunning is how many commands run at a time (count): they may be heavy,
	// such as a virus scanner, and transfers come first.
	maxRunning = 2

	// maxWaiting is how many files wait for their command (count): four times the
	// most downloads there are. What is too much is told and has no command run.
	maxWaiting = 4096

	// maxOutcomes is how many outcomes are remembered (count), as many as
	// downloads that ended.
	maxOutcomes = 128

	// maxTime is how long a command may run (time); converting a film takes less.
	maxTime = time.Hour

	// maxSaid is how much of the end of a command's standard error is kept, in
	// bytes: the line that says what was wrong.
	maxSaid = 300

	// killGrace is how long the output of a command that was killed is waited for:
	// something it started may hold it open.
	killGrace = time.Second
)
