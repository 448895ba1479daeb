package urn

// Caps on a magnet link, which comes from a page or a chat message. Real ones
// are a few hundred bytes and name a handful of sources.
const (
	// maxMagnet is the longest link read, in bytes: what browsers of old took
	// for a URL, doubled.
	maxMagnet = 4096
	// maxSources is how many xs and as parameters are kept; more are ignored.
	maxSources = 16
)
