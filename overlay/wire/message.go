package wire

// Message is a parsed payload, or one to be sent.
type Message interface {
	// Type returns the type for the header.
	Type() Type

	// AppendTo appends the payload. Encoding cannot fail.
	AppendTo(b []byte) []byte
}

// Parse reads the payload of a message of type t. Byte slices of the result
// alias payload. The error is a *FormatError of ClassDrop. A type this package
// does not know gives an *Opaque and no error.
func Parse(t Type, payload []byte) (Message, error) {
	switch t {
	case TypePing:
		return parsePing(payload)
	case TypePong:
		return parsePong(payload)
	case TypeBye:
		return parseBye(payload)
	case TypeRoute:
		return parseRoute(payload)
	case TypeVendor, TypeStandard:
		return parseVendor(t, payload)
	case TypePush:
		return parsePush(payload)
	case TypeQuery:
		return parseQuery(payload)
	case TypeQueryHit:
		return parseQueryHit(payload)
	case TypeHSEP:
		return parseHSEP(payload)
	}
	return &Opaque{Kind: t, Payload: tail(payload, 0)}, nil
}
