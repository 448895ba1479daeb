package wire

import "testing"

func TestNames(t *testing.T) {
	for name, got := range map[string]string{
		"Query":      TypeQuery.String(),
		"HSEP":       TypeHSEP.String(),
		"Type(0x42)": Type(0x42).String(),
		"bye":        ClassBye.String(),
		"Class(9)":   Class(9).String(),
		"BEAR/12v1":  VendorStatusResponse.String(),
		"0000/10v0":  VendorFeatures.String(),
		"LIME":       VendorOOBClaim3.Code().String(),
		"00ff2021":   VendorCode{0, 0xff, 0x20, 0x21}.String(),
	} {
		if name != got {
			t.Errorf("%q, want %q", got, name)
		}
	}
	if id := VendorOOBClaim3; id.Selector() != 11 || id.Version() != 3 {
		t.Errorf("LIME/11v3 is %d v%d", id.Selector(), id.Version())
	}
}

func TestFormatErrorText(t *testing.T) {
	_, err := Parse(TypeQuery, []byte("\x80\x00no end"))
	if want := "wire: Query: text at byte 25: not ended by NUL"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestTypeNames keeps every known type named.
func TestTypeNames(t *testing.T) {
	for typ, want := range map[Type]string{
		TypePing: "Ping", TypePong: "Pong", TypeBye: "Bye", TypeRoute: "Route", TypeVendor: "Vendor", TypeStandard: "Standard",
		TypePush: "Push", TypeRUDP: "RUDP", TypeDHT: "DHT", TypeQuery: "Query", TypeQueryHit: "QueryHit", TypeHSEP: "HSEP",
	} {
		if got := typ.String(); got != want {
			t.Errorf("%02x is %s, not %s", byte(typ), got, want)
		}
	}
}
