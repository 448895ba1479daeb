package mesh

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// ParseFirewalled reads a value of X-Falt, X-NFalt or X-FW-Node-Info, of which
// the last names one servent:
//
//	<GUID, 32 hex>;[fwt/1;][port:ip;][pptls=<hex>;]proxyip:port;..., ...
//
// port:ip, in that order, is the servent's own address, which counts only for
// one that takes transfers from firewall to firewall (fwt). pptls says which
// proxies listen for TLS, and is of no use to us. Servents without a proxy are
// skipped: there is no way to them.
func ParseFirewalled(value string) []AltLoc {
	var alts []AltLoc
	for field := range strings.SplitSeq(clip(value), ",") {
		if a, ok := parseFirewalled(strings.TrimSpace(field)); ok {
			alts = append(alts, a)
			if len(alts) == maxNamed {
				break
			}
		}
	}
	return alts
}

func parseFirewalled(field string) (AltLoc, bool) {
	guid, rest, _ := strings.Cut(field, ";")
	a := AltLoc{Firewalled: true}
	if n, err := hex.Decode(a.Servent[:], []byte(guid[:min(len(guid), 2*len(a.Servent))])); err != nil || n != len(a.Servent) || len(guid) != 2*n {
		return AltLoc{}, false
	}
	fwt := false
	for part := range strings.SplitSeq(rest, ";") {
		part = strings.TrimSpace(part)
		if _, ok := cutPrefixFold(part, "fwt/"); ok {
			fwt = true
		} else if addr, ok := parseReversed(part); ok {
			a.Addr = addr
		} else if addr, ok := parseAddr(part, false); ok && len(a.Proxies) < maxProxies {
			a.Proxies = append(a.Proxies, addr)
		}
	}
	if !fwt {
		a.Addr = netip.AddrPort{}
	}
	return a, len(a.Proxies) > 0 && a.Servent != [16]byte{}
}

// parseReversed reads port:ip.
func parseReversed(s string) (netip.AddrPort, bool) {
	port, host, _ := strings.Cut(s, ":")
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	if err != nil {
		return netip.AddrPort{}, false
	}
	return plain(netip.AddrPortFrom(ip, uint16(number)))
}

// AppendFirewalled appends the value of X-Falt that names those of alts that
// are firewalled, as many as fit into [MaxHeader].
func AppendFirewalled(b []byte, alts []AltLoc) []byte {
	start := len(b)
	for i := range alts {
		a := &alts[i]
		if !a.Firewalled {
			continue
		}
		length := len(b)
		if length > start {
			b = append(b, ", "...)
		}
		b = hex.AppendEncode(b, a.Servent[:])
		if a.Addr.IsValid() {
			b = append(b, ";fwt/1;"...)
			b = strconv.AppendUint(b, uint64(a.Addr.Port()), 10)
			b = a.Addr.Addr().AppendTo(append(b, ':'))
		}
		for _, proxy := range a.Proxies[:min(len(a.Proxies), maxProxies)] {
			b = proxy.AppendTo(append(b, ';'))
		}
		if len(b)-start > MaxHeader {
			return b[:length]
		}
	}
	return b
}
