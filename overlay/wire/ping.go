package wire

import "filbert/overlay/wire/ggep"

// Ping asks for pongs.
//
//	+------------------+
//	| GGEP, 0–MaxTail  |
//	+------------------+
type Ping struct {
	Ext []byte // raw GGEP block, if any
}

// SCP are the wishes of a ping that asks for packed addresses (GGEP "SCP").
type SCP byte

// Bits of SCP.
const (
	SCPUltrapeers SCP = 1 << iota // ultrapeers wanted
	SCPTLS                        // sender speaks TLS
	SCPIPv6                       // IPv6 addresses too
	SCPNoIPv4                     // no IPv4 addresses
)

// SCP returns the wishes, and whether the ping asks for packed addresses at all.
func (m *Ping) SCP() (wishes SCP, ok bool) {
	e, ok := ggep.Find(m.Ext, ggep.SCP)
	if data := smallPayload(e, nil); len(data) > 0 {
		wishes = SCP(data[0])
	}
	return wishes, ok
}

// GGEP returns the extensions; none and no error if there is no block.
func (m *Ping) GGEP() ([]ggep.Extension, error) { return tailGGEP(m.Ext) }

// Type returns TypePing.
func (m *Ping) Type() Type { return TypePing }

// AppendTo appends the payload.
func (m *Ping) AppendTo(b []byte) []byte { return append(b, m.Ext...) }

func parsePing(p []byte) (Message, error) {
	if len(p) > MaxTail {
		return nil, malformed(TypePing, "ggep", 0, reasonLong)
	}
	return &Ping{Ext: tail(p, 0)}, nil
}
