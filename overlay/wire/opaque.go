package wire

// Opaque is a message whose payload this package does not read: RUDP, DHT and
// unknown types.
type Opaque struct {
	Kind    Type
	Payload []byte
}

// Type returns m.Kind.
func (m *Opaque) Type() Type { return m.Kind }

// AppendTo appends the payload.
func (m *Opaque) AppendTo(b []byte) []byte { return append(b, m.Payload...) }
