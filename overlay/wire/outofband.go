package wire

import (
	"fmt"

	"filbert/overlay/wire/ggep"
)

// An out-of-band hit takes three datagrams: the responder's offer, the querier's
// claim and the hits, all under the query's GUID.
//
//	LIME/12  +-------+-------+      LIME/11  +--------+------------------+
//	offer    | count | flags |      claim    | wanted | GGEP, version 3: |
//	         | 1     | 1     |               | 1      | SO = token       |
//	         +-------+-------+               +--------+------------------+
//	flags    01 the responder takes unsolicited UDP

// OOBAll as a count means so many or more, as a wish everything.
const OOBAll = 255

// offerUnsolicited is the flag of an offer.
const offerUnsolicited = 0x01

// OOBOffer offers hits out of band.
type OOBOffer struct {
	Secure      bool  // version 3: the claim shall bring a token
	Count       uint8 // results, 1–OOBAll
	Unsolicited bool  // the responder takes unsolicited UDP
}

// Message makes the vendor message of an offer.
func (o OOBOffer) Message() *Vendor {
	m := &Vendor{ID: VendorOOBOffer2, Data: []byte{o.Count, 0}}
	if o.Secure {
		m.ID = VendorOOBOffer3
	}
	if o.Unsolicited {
		m.Data[1] = offerUnsolicited
	}
	return m
}

// OOBOffer reads a VendorOOBOffer2 or 3.
func (m *Vendor) OOBOffer() (OOBOffer, error) {
	if len(m.Data) < 2 {
		return OOBOffer{}, malformed(m.Type(), fmt.Sprint(m.ID), vendorIDLen, reasonShort)
	}
	if m.Data[0] == 0 {
		return OOBOffer{}, malformed(m.Type(), "count", vendorIDLen, "no results")
	}
	return OOBOffer{m.ID == VendorOOBOffer3, m.Data[0], m.Data[1]&offerUnsolicited != 0}, nil
}

// OOBClaim asks for hits that were offered.
type OOBClaim struct {
	Secure bool   // version 3
	Wanted uint8  // results; 0 none, OOBAll everything
	Token  []byte // version 3: goes into the trailer of the hits; aliases the data
}

// Message makes the vendor message of a claim.
func (c OOBClaim) Message() *Vendor {
	m := &Vendor{ID: VendorOOBClaim2, Data: []byte{c.Wanted}}
	if c.Secure {
		m.ID = VendorOOBClaim3
		m.Data = ggep.AppendPlain(m.Data, ggep.Extension{ID: ggep.SecureOOB, Data: c.Token})
	}
	return m
}

// OOBClaim reads a VendorOOBClaim2 or 3. One of version 3 without a proper token
// is malformed.
func (m *Vendor) OOBClaim() (OOBClaim, error) {
	if len(m.Data) < 1 {
		return OOBClaim{}, malformed(m.Type(), fmt.Sprint(m.ID), vendorIDLen, reasonShort)
	}
	c := OOBClaim{Secure: m.ID == VendorOOBClaim3, Wanted: m.Data[0]}
	if c.Secure {
		e, _ := ggep.Find(m.Data[1:], ggep.SecureOOB)
		if c.Token = smallPayload(e, nil); len(c.Token) == 0 || len(c.Token) > MaxQueryKey {
			return OOBClaim{}, malformed(m.Type(), "token", vendorIDLen+1, "missing or too long")
		}
	}
	return c, nil
}
