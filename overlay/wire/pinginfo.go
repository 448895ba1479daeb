package wire

import (
	"encoding/binary"

	"filbert/overlay/wire/ggep"
)

// PingInfo is what the GGEP block of a ping asks for and tells. Zero values stand
// for what it does not.
type PingInfo struct {
	Hosts   bool // SCP is there: packed addresses are wanted …
	Wishes  SCP  // … of this kind
	Address bool // IP: its sender wants to know where it is seen

	Key      bool   // QK is there: its sender wants a key for GUESS queries,
	QueryKey []byte // unless it shows one; aliases the ping's Ext

	GUESS     bool   // GUE is there: GUESS ultrapeers are wanted
	GUESSPort uint16 // its sender is one, at this UDP port; 0: it is none
}

// Info reads the extensions of the ping; what is missing or malformed stays zero.
func (m *Ping) Info() PingInfo {
	var p PingInfo
	p.Wishes, p.Hosts = m.SCP()
	_, p.Address = ggep.Find(m.Ext, ggep.IP)
	if e, ok := ggep.Find(m.Ext, ggep.QK); ok {
		p.Key = true
		if data := smallPayload(e, nil); len(data) > 0 && len(data) <= MaxQueryKey {
			p.QueryKey = data
		}
	}
	if e, ok := ggep.Find(m.Ext, ggep.GUE); ok {
		p.GUESS = true
		if data := smallPayload(e, nil); len(data) >= 3 {
			p.GUESSPort = binary.LittleEndian.Uint16(data[1:])
		}
	}
	return p
}

// AppendTo appends the GGEP block that says p, ready to be a ping's Ext; nothing
// if there is nothing to say.
func (p PingInfo) AppendTo(b []byte) []byte {
	var exts []ggep.Extension
	add := func(there bool, id string, data ...byte) {
		if there {
			exts = append(exts, ggep.Extension{ID: id, Data: data})
		}
	}
	add(p.Hosts, ggep.SCP, byte(p.Wishes))
	add(p.Address, ggep.IP)
	add(p.Key, ggep.QK, p.QueryKey...)
	if p.GUESSPort != 0 {
		add(p.GUESS, ggep.GUE, binary.LittleEndian.AppendUint16([]byte{GUESSVersion}, p.GUESSPort)...)
	} else {
		add(p.GUESS, ggep.GUE)
	}
	return ggep.AppendPlain(b, exts...)
}
