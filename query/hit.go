package query

import (
	"net/netip"
	"time"

	"filbert/transfer"
	"filbert/transfer/urn"
)

// Hit is one file that one servent says it has. All of it but At is the word of
// a stranger: names must be escaped before they are shown.
type Hit struct {
	File   transfer.File // SHA1 is zero when the servent told none
	Roots                // of its hash trees
	Source transfer.Source
	Speed  uint32 // of the servent's line, kbit/s
	Busy   bool   // it has no upload slot free
	Hops   int    // how far away it is
	Via    netip.AddrPort
	Group  string // ID of the group whose members alone have it, "" for the open network
	// Alternates are others that have the file, as the servent says.
	Alternates []netip.AddrPort
	At         time.Time
}

// Roots is the roots of the hash trees of a file, zero where not told.
type Roots struct {
	Tiger  urn.Tiger
	Blake3 urn.Blake3
}

// Denies reports whether files with these roots are different ones.
func (r Roots) Denies(o Roots) bool {
	return r.Tiger.Known() && o.Tiger.Known() && r.Tiger != o.Tiger || r.Blake3.Known() && o.Blake3.Known() && r.Blake3 != o.Blake3
}

// Hashed reports whether the hit can be fetched and verified.
func (h Hit) Hashed() bool { return h.File.SHA1 != urn.SHA1{} }
