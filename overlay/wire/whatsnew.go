package wire

import (
	"strings"

	"filbert/overlay/wire/ggep"
)

// WhatsNewText stands in the text of a query for the newest files. GGEP WH says
// it all, but gtk-gnutella drops a query without text or hash, and the servents
// of before GGEP know the text.
const WhatsNewText = "WhatIsNewXOXO"

// WhatsNewFeature is the payload of GGEP WH: the one feature there ever was.
const WhatsNewFeature = 1

// WhatsNew reports whether a query of that text and these extensions asks for the
// newest files instead of for words.
func WhatsNew(text, ext []byte) bool {
	if len(text) == len(WhatsNewText) && strings.EqualFold(string(text), WhatsNewText) {
		return true
	}
	if len(ext) == 0 {
		return false
	}
	e, ok := FindGGEP(ext, ggep.WhatsNew)
	if !ok {
		return false
	}
	data, err := e.Payload()
	feature, _ := ParseVL(data)
	return err == nil && feature == WhatsNewFeature
}
