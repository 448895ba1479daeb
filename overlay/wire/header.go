package wire

import "encoding/binary"

// Header is the header of a frame. GUID, type, TTL and hops are one run of
// bytes; length counts the payload only.
type Header struct {
	GUID   GUID
	Type   Type
	TTL    TTL
	Hops   Hops
	Length uint32 // of the payload, bytes; as received it may exceed MaxPayload
}

// ParseHeader reads the header at the beginning of b; ErrFrame if b is shorter
// than one. It does not judge the length.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderLen {
		return Header{}, ErrFrame
	}
	return Header{
		GUID:   GUID(b[:offType]),
		Type:   Type(b[offType]),
		TTL:    TTL(b[offTTL]),
		Hops:   Hops(b[offHops]),
		Length: binary.LittleEndian.Uint32(b[offLength:]),
	}, nil
}

// AppendTo appends the 23 bytes of h.
func (h Header) AppendTo(b []byte) []byte {
	b = append(b, h.GUID[:]...)
	b = append(b, byte(h.Type), byte(h.TTL), byte(h.Hops))
	return binary.LittleEndian.AppendUint32(b, h.Length)
}
