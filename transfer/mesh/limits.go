package mesh

const (
	// MaxHeader is the longest value of a header that is written (bytes), as in
	// gtk-gnutella.
	MaxHeader = 1024
	// maxRead is the most that is read of the values of one header (bytes): four
	// times what servents write, as values may come in several lines.
	maxRead = 4 * MaxHeader
	// maxNamed is the most servents taken from one header (count): what fits into
	// MaxHeader at some 16 bytes each.
	maxNamed = 64
	// maxProxies is the most push proxies of a firewalled servent (count), as in
	// LimeWire.
	maxProxies = 4

	// MaxSources is the most sources remembered of one file (count), as in
	// gtk-gnutella.
	MaxSources = 256
	// maxPerTeller is the most of them that one network may have brought in
	// (count), so that one peer cannot fill the table.
	maxPerTeller = 32
	// maxPerNetwork is the most sources of one network that did not prove
	// themselves (count): what is told of a victim makes few knock at its door.
	maxPerNetwork = 4
	// MaxFiles is the most files that sources are remembered of (count); the one
	// that was not talked of for the longest time is forgotten first.
	MaxFiles = 4096
	// maxTotal is the most sources of all files (count). At some 250 bytes each
	// that is 8 MiB.
	maxTotal = 1 << 15
)
