package mesh

import (
	"net/netip"
	"strconv"
	"strings"
)

// ParseAlt reads a value of X-Alt or X-NAlt:
//
//	[tls=<hex>,] ip[:port], ip[:port], ...
//
// The port is 6346 if none is given. tls= is a bitmap, whose most significant
// bit is for the first address: those that also listen for TLS. What is no
// address is skipped, as there are servents that write names.
func ParseAlt(value string) []AltLoc {
	var alts []AltLoc
	var tls bitmap
	at := 0 // addresses seen, the wrong ones too: the bitmap counts them
	for field := range strings.SplitSeq(clip(value), ",") {
		field = strings.TrimSpace(field)
		if digits, ok := cutPrefixFold(field, "tls="); ok {
			tls = bitmap(digits)
			continue
		}
		if field == "" {
			continue
		}
		if addr, ok := parseAddr(field, true); ok {
			alts = append(alts, AltLoc{Addr: addr, TLS: tls.has(at)})
			if len(alts) == maxNamed {
				break
			}
		}
		at++
	}
	return alts
}

// AppendAlt appends the value of X-Alt or X-NAlt that names those of alts that
// are not firewalled, as many as fit into [MaxHeader].
func AppendAlt(b []byte, alts []AltLoc) []byte {
	var list []byte
	var tls []bool
	for i := range alts {
		a := &alts[i]
		if a.Firewalled || !a.Addr.IsValid() {
			continue
		}
		length := len(list)
		if length > 0 {
			list = append(list, ", "...)
		}
		list = appendAddr(list, a.Addr)
		tls = append(tls, a.TLS)
		if len(list)+len(appendBitmap(nil, "tls=", tls))+len(", ") > MaxHeader {
			list, tls = list[:length], tls[:len(tls)-1]
			break
		}
	}
	if length := len(b); len(list) > 0 {
		if b = appendBitmap(b, "tls=", tls); len(b) > length {
			b = append(b, ", "...)
		}
	}
	return append(b, list...)
}

// parseAddr reads ip:port, or ip alone if a port may be missing. An IPv6
// address stands in brackets.
func parseAddr(s string, bare bool) (netip.AddrPort, bool) {
	if addr, err := netip.ParseAddrPort(s); err == nil {
		return plain(addr)
	}
	if !bare {
		return netip.AddrPort{}, false
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if s, ok = strings.CutSuffix(inner, "]"); !ok {
			return netip.AddrPort{}, false
		}
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.AddrPort{}, false
	}
	return plain(netip.AddrPortFrom(ip, defaultPort))
}

// plain is an address in the one form we compare, if a host can have it.
func plain(addr netip.AddrPort) (netip.AddrPort, bool) {
	ip := addr.Addr().Unmap()
	return netip.AddrPortFrom(ip, addr.Port()), addr.Port() != 0 && ip.Zone() == "" && !ip.IsUnspecified()
}

// appendAddr appends ip[:port] as parseAddr reads it.
func appendAddr(b []byte, addr netip.AddrPort) []byte {
	switch {
	case addr.Port() != defaultPort:
		return addr.AppendTo(b)
	case addr.Addr().Is4():
		return addr.Addr().AppendTo(b)
	}
	return append(addr.Addr().AppendTo(append(b, '[')), ']')
}

// bitmap is a row of hexadecimal digits, the most significant bit first.
type bitmap string

// has reports whether bit i is set. What is no digit has no bits set.
func (m bitmap) has(i int) bool {
	if i/4 >= len(m) {
		return false
	}
	v, err := strconv.ParseUint(string(m[i/4:i/4+1]), 16, 4)
	return err == nil && v>>(3-i%4)&1 == 1
}

// appendBitmap appends name and the bits as digits, trailing zeroes left out;
// nothing if no bit is set.
func appendBitmap(b []byte, name string, bits []bool) []byte {
	var digits []byte
	last := 0
	for i := 0; i < len(bits); i += 4 {
		v := 0
		for j := i; j < i+4; j++ {
			v <<= 1
			if j < len(bits) && bits[j] {
				v |= 1
			}
		}
		digits = append(digits, "0123456789ABCDEF"[v])
		if v != 0 {
			last = len(digits)
		}
	}
	if last == 0 {
		return b
	}
	return append(append(b, name...), digits[:last]...)
}

// clip is the part of a value that is read.
func clip(value string) string { return value[:min(len(value), maxRead)] }

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
