package flood

import (
	"strings"

	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
	"filbert/query/index"
)

// whatsNewText stands in the text of a query for the newest files. GGEP WH
// says it all, but gtk-gnutella drops a query without text or hash, and the
// servents of before GGEP know the text.
const whatsNewText = "WhatIsNewXOXO"

// whatsNewFeature is the payload of GGEP WH: the one feature there ever was.
const whatsNewFeature = 1

// How far a query for the newest files goes, as in gtk-gnutella: it is meant
// for the neighborhood, which a leaf sees one hop farther away.
const (
	whatsNewTTL     wire.TTL = 2
	whatsNewLeafTTL wire.TTL = 3
)

// whatsNew reports whether a query asks for the newest files.
func whatsNew(text, ext []byte) bool {
	if strings.EqualFold(string(text), whatsNewText) {
		return true
	}
	e, ok := wire.FindGGEP(ext, ggep.WhatsNew)
	if !ok {
		return false
	}
	data, err := e.Payload()
	feature, _ := wire.ParseVL(data)
	return err == nil && feature == whatsNewFeature
}

// newest answers a query for the newest files.
func (a *Answerer) newest(media index.Media, limit int) []wire.Record {
	a.entries = a.index.Newest(a.entries[:0], media)
	return a.records(a.entries[:min(len(a.entries), limit)])
}
