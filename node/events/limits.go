package events

const (
	// keptEach is how many events of each kind are kept, the latest. Strangers can make some
	// kinds happen as often as they like: those push out none of another. With the bounds of
	// texts below a log takes 4 MiB at most.
	keptEach = 256

	maxWho   = 256 // bytes
	maxIn    = 128
	maxCause = 512
)
