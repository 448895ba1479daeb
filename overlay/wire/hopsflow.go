package wire

// NewHopsFlow asks a neighbor for no queries but those with fewer hops than
// below; 255 lets all pass.
//
//	+-------+
//	| below |
//	| 1     |
//	+-------+
func NewHopsFlow(below Hops) *Vendor {
	return &Vendor{ID: VendorHopsFlow, Data: []byte{byte(below)}}
}

// HopsFlow reads the data of a VendorHopsFlow.
func (m *Vendor) HopsFlow() (below Hops, err error) {
	if len(m.Data) < 1 {
		return 0, malformed(m.Type(), "hops", vendorIDLen, reasonShort)
	}
	return Hops(m.Data[0]), nil
}
