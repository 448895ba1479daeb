package wire

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// VendorCode is four letters or digits that name a servent's maker, or a
// feature; blank stands for the standard.
type VendorCode [4]byte

// String returns the code, 0000 for the blank one, or hex if it is no text.
func (c VendorCode) String() string {
	switch {
	case c == VendorCode{}:
		return "0000"
	case c.valid():
		return string(c[:])
	}
	return hex.EncodeToString(c[:])
}

func (c VendorCode) valid() bool {
	for _, b := range c {
		if !isAlnum(b) {
			return false
		}
	}
	return true
}

// VendorID tells vendor messages apart: code, selector and version, in the top
// 32 and twice 16 bits. Another version is another message.
type VendorID uint64

// Codes of the makers whose messages are known here.
const (
	bear = 'B'<<24 | 'E'<<16 | 'A'<<8 | 'R'
	gtkg = 'G'<<24 | 'T'<<16 | 'K'<<8 | 'G'
	lime = 'L'<<24 | 'I'<<16 | 'M'<<8 | 'E'
	flbt = 'F'<<24 | 'L'<<16 | 'B'<<8 | 'T'
)

// The vendor messages that this servent or its peers use. G marks those whose
// GUID has a meaning.
const (
	VendorMessagesSupported VendorID = 0
	VendorFeatures          VendorID = 10 << 16
	VendorFeatures1         VendorID = 10<<16 | 1 // LimeWire's, a second list follows

	VendorHopsFlow       VendorID = bear<<32 | 4<<16 | 1
	VendorTCPConnectBack VendorID = bear<<32 | 7<<16 | 1
	VendorStatusRequest  VendorID = bear<<32 | 11<<16 | 1 // G: query
	VendorStatusResponse VendorID = bear<<32 | 12<<16 | 1 // G: query

	VendorUDPConnectBack  VendorID = gtkg<<32 | 7<<16 | 1
	VendorUDPConnectBack2 VendorID = gtkg<<32 | 7<<16 | 2 // G: for the ping
	VendorTimeRequest     VendorID = gtkg<<32 | 9<<16 | 1 // G: time
	VendorTimeReply       VendorID = gtkg<<32 | 10<<16 | 1
	VendorProxyCancel     VendorID = gtkg<<32 | 21<<16 | 1

	VendorCrawlerPing   VendorID = lime<<32 | 5<<16 | 1
	VendorCrawlerPong   VendorID = lime<<32 | 6<<16 | 1
	VendorOOBClaim2     VendorID = lime<<32 | 11<<16 | 2 // G: query
	VendorOOBClaim3     VendorID = lime<<32 | 11<<16 | 3 // G: query
	VendorOOBOffer2     VendorID = lime<<32 | 12<<16 | 2 // G: query
	VendorOOBOffer3     VendorID = lime<<32 | 12<<16 | 3 // G: query
	VendorOOBProxyVeto  VendorID = lime<<32 | 13<<16 | 1
	VendorRedirect      VendorID = lime<<32 | 7<<16 | 1  // a TCP connect back, for somebody else
	VendorProxyRequest  VendorID = lime<<32 | 21<<16 | 1 // G: servent
	VendorProxyRequest2 VendorID = lime<<32 | 21<<16 | 2 // G: servent
	VendorProxyAnswer   VendorID = lime<<32 | 22<<16 | 1 // G: servent
	VendorProxyAnswer2  VendorID = lime<<32 | 22<<16 | 2 // G: servent
	VendorHeadPing      VendorID = lime<<32 | 23<<16 | 1 // G: answer has it too
	VendorHeadPing2     VendorID = lime<<32 | 23<<16 | 2
	VendorHeadPong      VendorID = lime<<32 | 24<<16 | 1
	VendorHeadPong2     VendorID = lime<<32 | 24<<16 | 2

	VendorPunchWord VendorID = flbt<<32 | 1<<16 | 1 // G: talk
)

// Code returns who defined the message.
func (id VendorID) Code() VendorCode {
	var c VendorCode
	binary.BigEndian.PutUint32(c[:], uint32(id>>32))
	return c
}

// Selector returns the number of the message at its vendor.
func (id VendorID) Selector() uint16 { return uint16(id >> 16) }

// Version returns the version of the message.
func (id VendorID) Version() uint16 { return uint16(id) }

// String returns the message in the form BEAR/12v1.
func (id VendorID) String() string {
	return fmt.Sprintf("%v/%dv%d", id.Code(), id.Selector(), id.Version())
}

const vendorIDLen = 8 // code 4, selector LE16, version LE16

func (id VendorID) appendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(id>>32))
	b = binary.LittleEndian.AppendUint16(b, id.Selector())
	return binary.LittleEndian.AppendUint16(b, id.Version())
}

func parseVendorID(b []byte) VendorID {
	return VendorID(binary.BigEndian.Uint32(b))<<32 |
		VendorID(binary.LittleEndian.Uint16(b[4:]))<<16 |
		VendorID(binary.LittleEndian.Uint16(b[6:]))
}
