package mesh

import "time"

// defaultPort is the port of an address that names none.
const defaultPort = 6346

// Names of the headers, as they are written.
const (
	HeaderAlt        = "X-Alt"
	HeaderFailed     = "X-NAlt"
	HeaderFirewalled = "X-Falt"
)

const (
	// TellEvery is how long a peer is not told again of sources on one connection
	// (time), since there are others by then: when many begin with a file at once, all
	// are new to one another.
	TellEvery = 10 * time.Second
	// unprovenLife is how long a source is remembered on the word of others, from
	// the last time it was named.
	unprovenLife = time.Hour
	// provenLife is how long a source is remembered that gave us bytes, as in
	// gtk-gnutella, which forgets a source 12 hours after it was last seen.
	provenLife = 12 * time.Hour
	// banned is how long a source that failed is not taken up again, as in
	// gtk-gnutella.
	banned = 2 * time.Hour
	// enoughTellers is how many networks must name a source before it is passed
	// on unseen (count), enoughReports how many must call it failed before it is
	// dropped; the latter is gtk-gnutella's.
	enoughTellers = 2
	enoughReports = 3
)
