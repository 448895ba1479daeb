package wire

import (
	"net/netip"

	"filbert/overlay/wire/ggep"
)

// Relayed is how a filbert that cannot be connected to is reached over others: its
// peer ID, and the relays at which it has a reservation, or the push proxies that pass on
// words about a path to it. Each is an extension of a hit's trailer that only filberts send.
//
//	offset  bytes  what
//	     0     32  Ed25519 public key of the servent
//	    32      1  number of IPv4 addresses, n
//	    33    6·n  IPv4 big endian, port little endian
//	     …   18·m  IPv6 big endian, port little endian; to the end
type Relayed struct {
	Peer [peerIDLen]byte
	At   []netip.AddrPort // at most MaxRelays
}

// peerIDLen is the length of an Ed25519 public key in bytes.
const peerIDLen = 32

// Extension is the extension that tells of relays. ok is false if there is none.
func (r *Relayed) Extension() (ext ggep.Extension, ok bool) { return r.extension(ggep.Relayed) }

// PunchExtension is the extension that tells of push proxies. ok is false if there is none.
func (r *Relayed) PunchExtension() (ext ggep.Extension, ok bool) { return r.extension(ggep.Punched) }

func (r *Relayed) extension(id string) (ext ggep.Extension, ok bool) {
	var four, six packedList
	for _, at := range r.At[:min(len(r.At), MaxRelays)] {
		if at.Addr().Unmap().Is4() {
			four.add(PackedHost{Addr: at})
		} else {
			six.add(PackedHost{Addr: at})
		}
	}
	data := append(r.Peer[:], byte(four.count))
	data = append(append(data, four.list...), six.list...)
	return ggep.Extension{ID: id, Data: data}, four.count+six.count > 0
}

// Relayed reads what a trailer tells of relays; the zero value if it is malformed or
// tells of none, or of too many.
func (t *Trailer) Relayed() Relayed { return t.relayed(ggep.Relayed) }

// Punched reads what a trailer tells of push proxies that pass on words about a path, as
// Relayed does.
func (t *Trailer) Punched() Relayed { return t.relayed(ggep.Punched) }

func (t *Trailer) relayed(id string) (r Relayed) {
	exts, err := t.GGEP()
	e, ok := ggep.Lookup(exts, id)
	if err != nil || !ok {
		return Relayed{}
	}
	b := smallPayload(e, nil)
	if len(b) <= peerIDLen {
		return Relayed{}
	}
	key, list := b[:peerIDLen], b[peerIDLen+1:]
	four := int(b[peerIDLen]) * packed4
	if four > len(list) || (len(list)-four)%packed6 != 0 || four/packed4+(len(list)-four)/packed6 > MaxRelays {
		return Relayed{}
	}
	for size := packed4; len(list) > 0; list = list[size:] {
		if four == 0 {
			size = packed6
		} else {
			four -= packed4
		}
		at := unpackHost(list[:size])
		if !at.IsValid() || at.Port() == 0 {
			return Relayed{}
		}
		r.At = append(r.At, at)
	}
	if len(r.At) > 0 {
		copy(r.Peer[:], key)
	}
	return r
}
