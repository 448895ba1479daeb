package dynamic

import "time"

const (
	// maxAge ends a query, however far it got.
	maxAge = 10 * time.Minute

	// leastPace is the shortest Pace, so that time passes between steps.
	leastPace = time.Millisecond

	// maxHorizon ends it when so many ultrapeers may have seen it.
	maxHorizon = 500_000

	// maxUnkept ends it when so many times the target has come in and the asker
	// kept too little of it: a filter that lets through less than one in twenty
	// is not worth more of the network.
	maxUnkept = 20

	// MaxTTL is the highest TTL a query starts with, by gtk-gnutella's rule for
	// the whole network.
	MaxTTL = 4

	// defaultLinks is how many neighbors a query is sent to at most, unless the
	// configuration says otherwise: the degree of an ultrapeer.
	defaultLinks = 32
)
