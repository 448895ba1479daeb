package wire

import (
	"bytes"

	"filbert/overlay/wire/ggep"
)

const (
	headURN    = 1                             // offset of the URN
	headURNLen = len("urn:sha1:") + sha1Base32 // the only kind there is
	headGGEP   = 0x10                          // flag: a GGEP block follows the URN
)

// HeadPing asks a servent whether, and how much of, it has a file, without a
// connection.
//
//	+-------+-----------------------+------------------+
//	| flags | urn:sha1:… (ASCII)    | GGEP (flag 10)   |
//	| 1     | 41                    | rest             |
//	+-------+-----------------------+------------------+
//
// The lists that the other flags ask for are optional in the answer, which is
// why they are not read here.
type HeadPing struct {
	SHA1    [sha1Len]byte
	Servent GUID // firewalled neighbor of the receiver that is meant (GGEP "PUSH"); blank: the receiver
}

// HeadPing reads the data of a VendorHeadPing or VendorHeadPing2.
func (m *Vendor) HeadPing() (HeadPing, error) {
	var p HeadPing
	if len(m.Data) < headURN+headURNLen {
		return p, malformed(m.Type(), "urn", vendorIDLen+headURN, reasonShort)
	}
	scheme, urn, _ := bytes.Cut(m.Data[headURN:headURN+headURNLen], []byte(":"))
	sum, ok := parseSHA1(urn)
	if !ok || !bytes.EqualFold(scheme, []byte("urn")) {
		return p, malformed(m.Type(), "urn", vendorIDLen+headURN, "no SHA-1")
	}
	p.SHA1 = sum
	if m.Data[0]&headGGEP != 0 {
		e, _ := ggep.Find(m.Data[headURN+headURNLen:], ggep.PushProxy)
		var buf [serventLen]byte
		if guid := smallPayload(e, buf[:0]); len(guid) == serventLen {
			p.Servent = GUID(guid)
		}
	}
	return p, nil
}
