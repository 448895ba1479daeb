package flood

import (
	"filbert/overlay/wire"
	"filbert/query/index"
)

// How far a query for the newest files goes, as in gtk-gnutella: it is meant
// for the neighborhood, which a leaf sees one hop farther away.
const (
	whatsNewTTL     wire.TTL = 2
	whatsNewLeafTTL wire.TTL = 3
)

// newest answers a query for the newest files.
func (a *Answerer) newest(media index.Media, limit int) []wire.Record {
	a.entries = a.index.Newest(a.entries[:0], media)
	return a.records(a.entries[:min(len(a.entries), limit)])
}
