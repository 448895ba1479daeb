package handshake

import (
	"net/netip"
	"strconv"
	"strings"

	"filbert/overlay/wire"
)

// Peer is what the other side says of itself. Strings are as received, cut to
// the limits of this package: escape them before a terminal or a log sees them.
// Absent headers leave the zero value.
type Peer struct {
	Agent    string
	GUID     wire.GUID      // servent GUID; blank when it did not tell
	Listen   netip.AddrPort // where it says it listens; invalid when it did not tell
	RemoteIP netip.Addr     // the address it sees us at

	Role     Role     // what it is, by X-Ultrapeer
	Guidance Guidance // what it would have us be, by X-Ultrapeer-Needed
	Degree   int      // X-Degree
	MaxTTL   wire.TTL // X-Max-TTL

	// Versions as "0.1" → {0, 1}.
	QueryRouting, UltrapeerQueryRouting, DynamicQuerying, ExtProbes Version
	VendorMessage, GGEP, PongCaching, Bye, Guess, Crawler           Version
	Features                                                        map[string]Version // X-Features, names in lower case

	Requeries      bool // repeats its queries by itself (the default when it says nothing)
	AcceptsDeflate bool // Accept-Encoding: deflate
	SendsDeflate   bool // Content-Encoding: deflate
	OffersTLS      bool // Upgrade: TLS/1.0
	ConfirmsTLS    bool // Connection: Upgrade

	LiveSince, Uptime, Locale string

	Try []netip.AddrPort // hosts it names in X-Try, X-Try-Ultrapeers and X-Try-Hubs
}

// Proves reports whether the peer promises to prove its ID.
func (p *Peer) Proves() bool { return p.Features[FeatureID] != Version{} }

// Version is a protocol version of a header; the zero Version means "not
// offered".
type Version struct{ Major, Minor int }

func (v Version) String() string { return strconv.Itoa(v.Major) + "." + strconv.Itoa(v.Minor) }

func (v Version) below(w Version) bool {
	return v.Major < w.Major || v.Major == w.Major && v.Minor < w.Minor
}

// Role is what a servent is in the two-tier network.
type Role int

// Roles. A peer that says nothing is of the old flat network, which nobody
// serves any more.
const (
	RoleUnknown Role = iota
	RoleLeaf
	RoleUltrapeer
)

func (r Role) String() string {
	switch r {
	case RoleUnknown:
		return "unknown"
	case RoleLeaf:
		return "leaf"
	case RoleUltrapeer:
		return "ultrapeer"
	}
	return "Role(" + strconv.Itoa(int(r)) + ")"
}

// Guidance is what an ultrapeer would have the other be.
type Guidance int

// Guidance by X-Ultrapeer-Needed.
const (
	GuidanceNone      Guidance = iota // said nothing
	GuidanceLeaf                      // False: enough ultrapeers
	GuidanceUltrapeer                 // True: more ultrapeers are wanted
)

// parsePeer reads a block. Malformed values count as absent: a servent is not
// refused for a header we could do without.
func parsePeer(h *Headers) *Peer {
	p := &Peer{
		Agent:                 clip(h.Get("User-Agent"), maxAgent),
		Role:                  parseRole(h),
		Guidance:              parseGuidance(h.Get("X-Ultrapeer-Needed")),
		Degree:                parseInt(h.Get("X-Degree"), 1<<16),
		MaxTTL:                wire.TTL(parseInt(h.Get("X-Max-TTL"), 255)),
		QueryRouting:          parseOffer(h.Get("X-Query-Routing")),
		UltrapeerQueryRouting: parseOffer(h.Get("X-Ultrapeer-Query-Routing")),
		DynamicQuerying:       parseOffer(h.Get("X-Dynamic-Querying")),
		ExtProbes:             parseOffer(h.Get("X-Ext-Probes")),
		VendorMessage:         parseOffer(h.Get("Vendor-Message")),
		GGEP:                  parseOffer(h.Get("GGEP")),
		PongCaching:           parseOffer(h.Get("Pong-Caching")),
		Bye:                   parseOffer(h.Get("Bye-Packet")),
		Guess:                 parseOffer(h.Get("X-Guess")),
		Crawler:               parseOffer(h.Get("Crawler")),
		Features:              parseFeatures(h.Get("X-Features")),
		Requeries:             !strings.EqualFold(h.Get("X-Requeries"), "False"),
		AcceptsDeflate:        hasToken(h.Get("Accept-Encoding"), encoding),
		SendsDeflate:          hasToken(h.Get("Content-Encoding"), encoding),
		OffersTLS:             hasToken(h.Get("Upgrade"), upgradeTLS),
		ConfirmsTLS:           hasToken(h.Get("Connection"), upgrade),
		LiveSince:             clip(h.Get("X-Live-Since"), maxAgent),
		Uptime:                clip(h.Get("Uptime"), maxAgent),
		Locale:                clip(h.Get("X-Locale-Pref"), maxAgent),
	}
	if guid, err := wire.ParseGUID(h.Get("GUID")); err == nil {
		p.GUID = guid
	}
	for _, name := range []string{"Listen-IP", "X-My-Address", "Node", "X-Node", "Node-IPv6", "X-Node-IPv6"} {
		if hosts := parseHosts(h.Get(name), 1); len(hosts) > 0 {
			p.Listen = hosts[0]
			break
		}
	}
	for _, name := range []string{"Remote-IP", "X-Remote-IP"} {
		if addr, err := netip.ParseAddr(h.Get(name)); err == nil && addr.Zone() == "" {
			p.RemoteIP = addr.Unmap()
			break
		}
	}
	for _, name := range []string{"X-Try-Ultrapeers", "Try-Ultrapeers", "X-Try", "Try", "X-Try-Hubs", "Try-Hubs"} {
		p.Try = append(p.Try, parseHosts(h.Get(name), maxTry-len(p.Try))...)
	}
	return p
}

// formatRole is the value of X-Ultrapeer.
func formatRole(r Role) string {
	if r == RoleLeaf {
		return "False"
	}
	return "True"
}

func parseRole(h *Headers) Role {
	value, ok := h.Lookup("X-Ultrapeer")
	switch {
	case strings.EqualFold(value, "True"):
		return RoleUltrapeer
	case ok:
		return RoleLeaf
	}
	return RoleUnknown
}

func parseGuidance(value string) Guidance {
	switch {
	case strings.EqualFold(value, "True"):
		return GuidanceUltrapeer
	case strings.EqualFold(value, "False"):
		return GuidanceLeaf
	}
	return GuidanceNone
}

func parseInt(s string, limit int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > limit {
		return 0
	}
	return n
}

// parseOffer reads the version of a header such as "Bye-Packet: 0.1".
func parseOffer(s string) Version {
	major, minor, ok := parseVersion(s)
	if !ok {
		return Version{}
	}
	return Version{major, minor}
}

// parseFeatures reads "name/M.m, ..."; at most maxTry of them.
func parseFeatures(list string) map[string]Version {
	features := map[string]Version{}
	for item := range strings.SplitSeq(list, ",") {
		name, version, ok := strings.Cut(strings.TrimSpace(item), "/")
		if v := parseOffer(version); ok && len(features) < maxTry {
			features[strings.ToLower(name)] = v
		}
	}
	return features
}

// hasToken reports whether token is in a comma separated list.
func hasToken(list, token string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), token) {
			return true
		}
	}
	return false
}
