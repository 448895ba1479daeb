package contacts

const (
	// maxContacts bounds the book: more peers than a person knows, and half a MiB of
	// memory and state at most.
	maxContacts = 1000

	// maxName is the longest petname in characters: what a column of a table shows.
	maxName = 32
)
