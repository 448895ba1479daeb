package wire

import "encoding/binary"

// Frame is one whole message as it stands on the wire, header and payload.
// SplitFrame and AppendFrame make frames; on a shorter slice the methods panic.
// No method allocates.
type Frame []byte

// AppendFrame appends m as one frame. The caller keeps the payload within
// MaxPayload.
func AppendFrame(b []byte, guid GUID, ttl TTL, hops Hops, m Message) []byte {
	start := len(b)
	b = Header{GUID: guid, Type: m.Type(), TTL: ttl, Hops: hops}.AppendTo(b)
	b = m.AppendTo(b)
	binary.LittleEndian.PutUint32(b[start+offLength:], uint32(len(b)-start-HeaderLen))
	return b
}

// SplitFrame cuts the first whole frame off b, without allocating; ErrFrame if
// b does not begin with one. A datagram is good when nothing is left of it.
func SplitFrame(b []byte) (f Frame, rest []byte, err error) {
	if len(b) < HeaderLen {
		return nil, b, ErrFrame
	}
	length := binary.LittleEndian.Uint32(b[offLength:])
	if length > MaxPayload || int(length) > len(b)-HeaderLen {
		return nil, b, ErrFrame
	}
	end := HeaderLen + int(length)
	return Frame(b[:end:end]), b[end:], nil
}

// GUID returns the message's GUID.
func (f Frame) GUID() GUID { return GUID(f[:offType]) }

// Type returns the message's type.
func (f Frame) Type() Type { return Type(f[offType]) }

// TTL returns how many more links the message may travel.
func (f Frame) TTL() TTL { return TTL(f[offTTL]) }

// Hops returns how many links the message has travelled.
func (f Frame) Hops() Hops { return Hops(f[offHops]) }

// Payload returns the bytes behind the header; they alias the frame.
func (f Frame) Payload() []byte { return f[HeaderLen:] }

// Len returns the length of the frame, header included, in bytes.
func (f Frame) Len() int { return len(f) }

// SetGUID patches the GUID in place.
func (f Frame) SetGUID(g GUID) { copy(f, g[:]) }

// SetTTL patches TTL and hops in place.
func (f Frame) SetTTL(ttl TTL, hops Hops) {
	f[offTTL], f[offHops] = byte(ttl), byte(hops)
}
