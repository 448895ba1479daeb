package token

import "time"

// Len is the length of a token in bytes. Gtk-gnutella's have 4 and it returns up
// to 16; with 8 nobody gets one by trying.
const Len = 8

// How long one key makes tokens, by purpose. A token is good for this long at
// least and twice as long at most.
const (
	// outOfBandPeriod keeps tokens of out-of-band hits below ten minutes. Hits
	// follow their token within three.
	outOfBandPeriod = 5 * time.Minute

	// queryKeyPeriod is that of GUESS 0.2: servents keep a key for 86,000 s.
	queryKeyPeriod = 24 * time.Hour
)
