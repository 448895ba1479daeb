package wire

// Vendor is a message between neighbors, or hosts talking UDP, that is told
// apart by its VendorID rather than its type.
//
//	+------+----------+---------+------+
//	| code | selector | version | data |
//	| 4    | 2 LE     | 2 LE    |      |
//	+------+----------+---------+------+
type Vendor struct {
	ID       VendorID
	Data     []byte
	Standard bool // sent as TypeStandard rather than TypeVendor
}

// Type returns TypeVendor or TypeStandard.
func (m *Vendor) Type() Type {
	if m.Standard {
		return TypeStandard
	}
	return TypeVendor
}

// AppendTo appends the payload.
func (m *Vendor) AppendTo(b []byte) []byte { return append(m.ID.appendTo(b), m.Data...) }

func parseVendor(t Type, p []byte) (Message, error) {
	if len(p) < vendorIDLen {
		return nil, malformed(t, "vendor id", len(p), reasonShort)
	}
	return &Vendor{ID: parseVendorID(p), Data: tail(p, vendorIDLen), Standard: t == TypeStandard}, nil
}
