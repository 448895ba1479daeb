package uhc

import (
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
)

// padID names the extension that makes a request as long as its answer may be.
const padID = "PAD"

// ping is a request for hosts. A padded one has the size of a full answer, so
// that it may be answered in full at once.
func ping(guid wire.GUID, wishes wire.SCP, vendor wire.VendorCode, padded bool) wire.Frame {
	exts := []ggep.Extension{
		{ID: ggep.SCP, Data: []byte{byte(wishes)}},
		{ID: ggep.VC, Data: append(vendor[:], minorVersion)},
	}
	bare := wire.AppendFrame(nil, guid, 1, 0, &wire.Ping{Ext: ggep.AppendPlain(nil, exts...)})
	if !padded {
		return wire.Frame(bare)
	}
	const head = 1 + len(padID) + 2 // of an extension of 64 bytes or more
	exts = append(exts, ggep.Extension{ID: padID, Data: make([]byte, fullAnswer-len(bare)-head)})
	return wire.Frame(wire.AppendFrame(nil, guid, 1, 0, &wire.Ping{Ext: ggep.AppendPlain(nil, exts...)}))
}

// minorVersion is our version in a VC extension: 0.1.
const minorVersion = 0x01

// phc returns the caches that a pong names; none if the extension is malformed.
func phc(pong *wire.Pong) []string {
	e, ok := ggep.Find(pong.Ext, ggep.PHC)
	if !ok {
		return nil
	}
	text, err := e.Payload()
	if err != nil {
		return nil
	}
	return parsePHC(string(text))
}
