package wire

import "filbert/overlay/wire/ggep"

// HeadCode says what a servent has of a file.
type HeadCode byte

// Codes of a head pong, and bits that go with the two that are not HeadNone.
const (
	HeadNone     HeadCode = 0
	HeadComplete HeadCode = 1
	HeadPartial  HeadCode = 2

	HeadFirewalled  HeadCode = 4
	HeadDownloading HeadCode = 8
)

// HeadBusy as the queue of a head pong: do not come.
const HeadBusy int8 = 0x7F

// Extensions of a head pong.
const (
	headCode   = "C"
	headVendor = "V"
	headQueue  = "Q"
)

// HeadPong answers a HeadPing, under its GUID.
type HeadPong struct {
	Code   HeadCode
	Vendor VendorCode
	Queue  int8 // minus the free upload slots; 0: none is free, nobody waits; else how many wait
}

// NewHeadPong makes the answer to a ping of one version. Version 2 is one GGEP
// block; version 1 is
//
//	+-------+------+-------------+-------+
//	| flags | code | vendor code | queue |
//	| 1     | 1    | 4           | 1     |
//	+-------+------+-------------+-------+
//
// and ends after the code HeadNone. No list is told (flags 0).
func NewHeadPong(ping VendorID, p HeadPong) *Vendor {
	if ping == VendorHeadPing2 {
		exts := []ggep.Extension{{ID: headCode, Data: []byte{byte(p.Code)}}}
		if p.Code != HeadNone {
			exts = append(exts,
				ggep.Extension{ID: headVendor, Data: p.Vendor[:]},
				ggep.Extension{ID: headQueue, Data: []byte{byte(p.Queue)}})
		}
		return &Vendor{ID: VendorHeadPong2, Data: ggep.AppendPlain(nil, exts...)}
	}
	data := []byte{0, byte(p.Code)}
	if p.Code != HeadNone {
		data = append(data, p.Vendor[:]...)
		data = append(data, byte(p.Queue))
	}
	return &Vendor{ID: VendorHeadPong, Data: data}
}
