package wire

import "encoding/binary"

// StatusStop in a status response ends a query: no more results are wanted. It
// also answers for a query that its receiver does not know.
const StatusStop = 0xFFFF

// NewStatusResponse tells an ultrapeer how many results of a query were kept,
// at most StatusStop - 1 of them, or StatusStop. The message has the GUID of the
// query, as has the request.
//
//	+------+
//	| kept |
//	| 2 LE |
//	+------+
func NewStatusResponse(kept uint16) *Vendor {
	return &Vendor{ID: VendorStatusResponse, Data: binary.LittleEndian.AppendUint16(nil, kept)}
}

// StatusResponse reads the data of a VendorStatusResponse.
func (m *Vendor) StatusResponse() (kept uint16, err error) {
	if len(m.Data) < 2 {
		return 0, malformed(m.Type(), "kept", vendorIDLen, reasonShort)
	}
	return binary.LittleEndian.Uint16(m.Data), nil
}
