package keyword

// Limits on normalised text. Text beyond them is cut, never refused: a cut
// query asks for less and a cut name is found by its other words.
const (
	// MaxTextBytes is how much of a text is read, and how much its normalised
	// form may hold, in bytes. File systems name files in at most 255 UTF-16
	// units (765 bytes of UTF-8) and servents close on queries above 1,024.
	MaxTextBytes = 1024

	// MaxWordBytes is the longest word, in bytes; the rest of a longer one is
	// dropped. It bounds what one hostile name adds to the dictionary, and
	// still holds 21 letters of a script that writes no spaces.
	MaxWordBytes = 64

	// MaxWords is how many words a text has; later ones are dropped. It bounds
	// the postings of one name and the checks of one query.
	MaxWords = 64
)
