package stun

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/pion/stun/v2"
)

// transactionID tells which request an answer is to.
type transactionID [idSize]byte

// message is a STUN message of the method binding, as far as it matters here.
type message struct {
	class       stun.MessageClass
	id          transactionID
	mapped      netip.AddrPort // XOR-MAPPED-ADDRESS
	origin      netip.AddrPort // RESPONSE-ORIGIN
	other       netip.AddrPort // OTHER-ADDRESS
	change      Change         // CHANGE-REQUEST
	to          uint16         // RESPONSE-PORT
	code        int            // ERROR-CODE
	unknown     []stun.AttrType
	fingerprint bool
}

// FormatError is a message that is none.
type FormatError struct {
	Field string
	Err   error
}

func (e *FormatError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("stun: malformed %s: %v", e.Field, e.Err)
	}
	return "stun: malformed " + e.Field
}

func (e *FormatError) Unwrap() error { return e.Err }

// peek reads the type and the transaction of a message, if it can be one.
//
//	0  two bits of zero, 14 of the type
//	2  length of what follows the header, a multiple of 4
//	4  0x2112A442
//	8  transaction, 12 bytes
func peek(b []byte) (kind uint16, id transactionID, ok bool) {
	if len(b) < headerSize || len(b) > maxMessage || b[0] >= 0x40 || binary.BigEndian.Uint32(b[4:]) != cookie ||
		int(binary.BigEndian.Uint16(b[2:])) != len(b)-headerSize || len(b)%4 != 0 {
		return 0, id, false
	}
	return binary.BigEndian.Uint16(b), transactionID(b[8:headerSize]), true
}

// parse decodes a message of the method binding.
func parse(b []byte) (m message, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = message{}, &FormatError{"message", fmt.Errorf("decoder panicked: %v", r)}
		}
	}()
	_, id, ok := peek(b)
	if !ok {
		return message{}, &FormatError{Field: "header"}
	}
	var raw stun.Message
	if err := stun.Decode(b, &raw); err != nil {
		return message{}, &FormatError{"message", err}
	}
	if raw.Type.Method != stun.MethodBinding {
		return message{}, &FormatError{Field: "method"}
	}
	if len(raw.Attributes) > maxAttributes {
		return message{}, &FormatError{Field: "attributes"}
	}
	m = message{class: raw.Type.Class, id: id}
	seen := map[stun.AttrType]bool{}
	for _, a := range raw.Attributes {
		if seen[a.Type] { // only the first counts (RFC 8489 §14)
			continue
		}
		seen[a.Type] = true
		if err := m.take(&raw, a); err != nil {
			return message{}, err
		}
	}
	return m, nil
}

// take reads the first attribute of its type.
func (m *message) take(raw *stun.Message, a stun.RawAttribute) (err error) {
	fail := func(field string) error { return &FormatError{Field: field} }
	switch v := a.Value; a.Type {
	case stun.AttrXORMappedAddress:
		var x stun.XORMappedAddress
		if !addressFits(v) || x.GetFrom(raw) != nil {
			return fail("XOR-MAPPED-ADDRESS")
		}
		m.mapped = addrPort(x.IP, x.Port)
	case stun.AttrResponseOrigin:
		var x stun.ResponseOrigin
		if !addressFits(v) || x.GetFrom(raw) != nil {
			return fail("RESPONSE-ORIGIN")
		}
		m.origin = addrPort(x.IP, x.Port)
	case stun.AttrOtherAddress:
		var x stun.OtherAddress
		if !addressFits(v) || x.GetFrom(raw) != nil {
			return fail("OTHER-ADDRESS")
		}
		m.other = addrPort(x.IP, x.Port)
	case stun.AttrChangeRequest:
		if len(v) != 4 {
			return fail("CHANGE-REQUEST")
		}
		m.change = Change(v[3] & (changeIP | changePort))
	case stun.AttrResponsePort:
		if len(v) < 2 {
			return fail("RESPONSE-PORT")
		}
		m.to = binary.BigEndian.Uint16(v)
	case stun.AttrErrorCode:
		// 21 bits are reserved; a class of 3 to 6, a number below 100 (RFC 8489 §14.8).
		if len(v) < 4 || v[2]&7 < 3 || v[2]&7 > 6 || v[3] > 99 {
			return fail("ERROR-CODE")
		}
		m.code = int(v[2]&7)*100 + int(v[3])
	case stun.AttrFingerprint:
		if err := stun.Fingerprint.Check(raw); err != nil {
			return fail("FINGERPRINT")
		}
		m.fingerprint = true
	default:
		if a.Type.Required() && !understood[a.Type] && len(m.unknown) < maxUnknown {
			m.unknown = append(m.unknown, a.Type)
		}
	}
	return nil
}

// addressFits wants the value of an address attribute to be as long as its family
// says.
//
//	0  zero
//	1  family, 1 for IPv4, 2 for IPv6
//	2  port
//	4  address, 4 or 16 bytes
func addressFits(v []byte) bool {
	return len(v) == address4 && v[0] == 0 && v[1] == 1 || len(v) == address6 && v[0] == 0 && v[1] == 2
}

func addrPort(ip []byte, port int) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}

// bytes encodes a message.
func (m *message) bytes() []byte {
	raw, err := stun.Build(stun.NewType(stun.MethodBinding, m.class), stun.NewTransactionIDSetter(m.id), m)
	if err != nil {
		return nil // an address without bytes: those that have none were left out
	}
	return raw.Raw
}

// AddTo adds the attributes of m, as a stun.Setter.
func (m *message) AddTo(raw *stun.Message) error {
	if m.change != 0 {
		raw.Add(stun.AttrChangeRequest, []byte{0, 0, 0, byte(m.change)})
	}
	if m.to != 0 {
		raw.Add(stun.AttrResponsePort, binary.BigEndian.AppendUint16(nil, m.to))
	}
	if m.code != 0 {
		raw.Add(stun.AttrErrorCode, []byte{0, 0, byte(m.code / 100), byte(m.code % 100)})
	}
	if len(m.unknown) > 0 {
		var types []byte
		for _, t := range m.unknown {
			types = binary.BigEndian.AppendUint16(types, t.Value())
		}
		raw.Add(stun.AttrUnknownAttributes, types)
	}
	var setters []stun.Setter
	if m.mapped.IsValid() {
		setters = append(setters, &stun.XORMappedAddress{IP: m.mapped.Addr().AsSlice(), Port: int(m.mapped.Port())})
	}
	if m.origin.IsValid() {
		setters = append(setters, &stun.ResponseOrigin{IP: m.origin.Addr().AsSlice(), Port: int(m.origin.Port())})
	}
	if m.other.IsValid() {
		setters = append(setters, &stun.OtherAddress{IP: m.other.Addr().AsSlice(), Port: int(m.other.Port())})
	}
	if m.fingerprint {
		setters = append(setters, stun.Fingerprint)
	}
	for _, s := range setters {
		if err := s.AddTo(raw); err != nil {
			return err
		}
	}
	raw.WriteHeader()
	return nil
}
