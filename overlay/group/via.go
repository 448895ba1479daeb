package group

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
)

// Via is how a peer is reached besides by its address. In an invite it is a text that older
// filberts take for an address which leads nowhere: viaMark, then in base32 with check bytes
//
//	0  flags: 1 nobody can connect to it
//	1  entries: a byte of what (high 3 bits: 1 a relay, 2 a push proxy, 4 its own address) and
//	   of length (low 5 bits); as many bytes: an address, and but for its own the port, 2
//	   bytes big-endian
//
// Flags, kinds and lengths that are not known are passed over. What does not fit into maxAddress
// characters is left out: its own address comes first, then relays, then push proxies.
type Via struct {
	Push    bool             // nobody can connect to it
	IPv6    netip.Addr       // its own, at the port of its address
	Relays  []netip.AddrPort // over which it is reached
	Proxies []netip.AddrPort // that ask it to call
}

const (
	viaMark = "via-"
	viaMost = (maxAddress-len(viaMark))*5/8 - idCheck // bytes

	viaPush    = 1 << 0
	viaRelay   = 1 << 5
	viaProxy   = 1 << 6
	viaOwn     = 1 << 7
	viaLengths = 1<<5 - 1

	portLen = 2
)

// Empty reports whether it tells nothing.
func (v *Via) Empty() bool {
	return !v.Push && !v.IPv6.IsValid() && len(v.Relays)+len(v.Proxies) == 0
}

// String is its text.
func (v *Via) String() string {
	b := []byte{0}
	if v.Push {
		b[0] = viaPush
	}
	add := func(what byte, is []byte) {
		if len(b)+1+len(is) <= viaMost {
			b = append(append(b, what|byte(len(is))), is...)
		}
	}
	if v.IPv6.Is6() {
		add(viaOwn, v.IPv6.AsSlice())
	}
	for i, at := range slices.Concat(v.Relays, v.Proxies) {
		what := byte(viaRelay)
		switch {
		case !at.IsValid(), i >= len(v.Relays) && slices.Contains(v.Relays, at):
			continue
		case i >= len(v.Relays):
			what = viaProxy
		case slices.Contains(v.Proxies, at):
			what |= viaProxy
		}
		add(what, binary.BigEndian.AppendUint16(at.Addr().AsSlice(), at.Port()))
	}
	return viaMark + checkedText(b)
}

// parseVia reads the text.
func parseVia(text string) (v Via, ok bool) {
	text = strings.TrimPrefix(text, viaMark)
	n := len(text)*5/8 - idCheck
	if n < 1 {
		return Via{}, false
	}
	b, ok := parseChecked(text, n)
	if !ok {
		return Via{}, false
	}
	v.Push = b[0]&viaPush != 0
	for c := (cursor{b: b[1:]}); len(c.b) > 0; {
		what := c.byte()
		is := c.take(int(what & viaLengths))
		if c.bad {
			return Via{}, false
		}
		v.take(what&^viaLengths, is)
	}
	return v, true
}

// take notes an entry, if it is one that is known.
func (v *Via) take(what byte, is []byte) {
	if what == viaOwn {
		if own, ok := netip.AddrFromSlice(is); ok && own.Is6() {
			v.IPv6 = own
		}
		return
	}
	if what&^(viaRelay|viaProxy) != 0 || len(is) < portLen {
		return
	}
	host, ok := netip.AddrFromSlice(is[:len(is)-portLen])
	if !ok {
		return
	}
	at := netip.AddrPortFrom(host, binary.BigEndian.Uint16(is[len(is)-portLen:]))
	if what&viaRelay != 0 && !slices.Contains(v.Relays, at) {
		v.Relays = append(v.Relays, at)
	}
	if what&viaProxy != 0 && !slices.Contains(v.Proxies, at) {
		v.Proxies = append(v.Proxies, at)
	}
}
