package handshake

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"filbert/overlay/identity"
	"filbert/overlay/wire"
)

// Offer is what this servent says of itself and would have a link be like.
type Offer struct {
	Agent  string         // User-Agent, "name/version", at most 128 bytes
	GUID   wire.GUID      // servent GUID
	Listen netip.AddrPort // own listening address; not sent while invalid
	Role   Role           // what we are; RoleUnknown stands for an ultrapeer
	Degree int            // ultrapeer links we intend to have
	MaxTTL wire.TTL       // highest TTL we relay

	Protocols Protocols
	LiveSince time.Time // when we started; not sent while zero

	Deflate bool // compress what we send and take what is compressed, as far as the other does
	TLS     bool // go on in TLS if the other does; needs Session.TLS

	// Proves promises to prove our ID to who promises the same; needs TLS and Session.IDs.
	Proves bool
	// Expect is the only ID that an initiator takes; zero is anybody, proven or not.
	Expect identity.PeerID
}

// Protocols are what a servent speaks beyond pings, queries, hits and pushes. The
// zero Version of one says that it does not.
type Protocols struct {
	QueryRouting          Version // leaves' tables (QRP)
	UltrapeerQueryRouting Version // tables between ultrapeers
	DynamicQuerying       Version
	ExtProbes             Version // takes the same query again with a higher TTL
	VendorMessage         Version // will say "Messages Supported"
	Guess                 Version // queries by UDP
	HSEP                  Version // horizon size estimation
	Browse                Version // "browse host" over HTTP
	Relay                 Version // relays between filberts that others cannot connect to
	STUN                  Version // answers STUN at the UDP port of its listening address
}

// AllProtocols are the versions that other servents want to see.
func AllProtocols() Protocols {
	return Protocols{
		QueryRouting:          Version{0, 2},
		UltrapeerQueryRouting: Version{0, 1},
		DynamicQuerying:       Version{0, 1},
		ExtProbes:             Version{0, 1},
		VendorMessage:         Version{0, 2},
		Guess:                 Version{0, 2},
		HSEP:                  Version{0, 2},
		Browse:                Version{1, 0},
	}
}

func (o Offer) role() Role {
	if o.Role == RoleUnknown {
		return RoleUltrapeer
	}
	return o.Role
}

// hello is block (1). tls says whether the session can go on in TLS.
func (o Offer) hello(remote netip.Addr, tls bool) Headers {
	return o.introduce(remote, GuidanceNone, tls)
}

// answer is block (2) to a peer that is let in.
func (o Offer) answer(remote netip.Addr, v Verdict, t Terms, tls bool) Headers {
	h := o.introduce(remote, v.Needed, tls)
	t.add(&h)
	if len(v.Try) > 0 {
		h.Add("X-Try-Ultrapeers", formatHosts(v.Try, maxList))
	}
	return h
}

// confirmation is block (3): what changes by what p answered.
func (o Offer) confirmation(p *Peer, t Terms) Headers {
	var h Headers
	if t.Role != o.role() {
		h.Add("X-Ultrapeer", formatRole(t.Role))
	}
	if ours := o.Protocols.QueryRouting; ours != (Version{}) && ours.below(p.QueryRouting) {
		h.Add("X-Query-Routing", ours.String())
	}
	t.add(&h)
	return h
}

// introduce is what (1) and (2) have in common. With everything in it a block
// has 25 lines: LimeWire takes 30.
func (o Offer) introduce(remote netip.Addr, needed Guidance, tls bool) Headers {
	var h Headers
	h.Add("User-Agent", o.Agent)
	if o.Listen.IsValid() && !o.Listen.Addr().IsUnspecified() {
		h.Add("Listen-IP", o.Listen.String())
	}
	if remote.IsValid() {
		h.Add("Remote-IP", remote.String())
	}
	h.Add("X-Ultrapeer", formatRole(o.role()))
	switch needed {
	case GuidanceUltrapeer:
		h.Add("X-Ultrapeer-Needed", "True")
	case GuidanceLeaf:
		h.Add("X-Ultrapeer-Needed", "False")
	}
	o.Protocols.add(&h)
	h.Add("X-Degree", strconv.Itoa(o.Degree))
	h.Add("X-Max-TTL", strconv.Itoa(int(o.MaxTTL)))
	h.Add("X-Requeries", "False")
	h.Add("GGEP", "0.5")
	h.Add("Pong-Caching", "0.1")
	h.Add("Bye-Packet", "0.1")
	h.Add("GUID", o.GUID.String())
	h.Add("X-Features", o.features(tls))
	if !o.LiveSince.IsZero() {
		h.Add("X-Live-Since", o.LiveSince.UTC().Format(time.RFC1123Z))
	}
	if o.Deflate {
		h.Add("Accept-Encoding", encoding)
	}
	if tls {
		h.Add("Upgrade", upgradeTLS)
	}
	return h
}

func (p Protocols) add(h *Headers) {
	for _, header := range []struct {
		name string
		v    Version
	}{
		{"X-Query-Routing", p.QueryRouting},
		{"X-Ultrapeer-Query-Routing", p.UltrapeerQueryRouting},
		{"X-Dynamic-Querying", p.DynamicQuerying},
		{"X-Ext-Probes", p.ExtProbes},
		{"Vendor-Message", p.VendorMessage},
		{"X-Guess", p.Guess},
	} {
		if header.v != (Version{}) {
			h.Add(header.name, header.v.String())
		}
	}
}

// features is the list of X-Features. gtk-gnutella does not find what stands first:
// that is browsing, which it looks for in requests for files only.
func (o Offer) features(tls bool) string {
	list := []string{"IP/6.0"}
	if o.Protocols.HSEP != (Version{}) {
		list = append(list, "HSEP/"+o.Protocols.HSEP.String())
	}
	if tls {
		list = append(list, "tls/1.0")
	}
	if tls && o.Proves {
		list = append(list, FeatureID+"/0.1")
	}
	if o.Protocols.Relay != (Version{}) {
		list = append(list, FeatureRelay+"/"+o.Protocols.Relay.String())
	}
	if o.Protocols.STUN != (Version{}) {
		list = append(list, FeatureSTUN+"/"+o.Protocols.STUN.String())
	}
	if o.Protocols.Browse != (Version{}) {
		list = append([]string{"browse/" + o.Protocols.Browse.String()}, list...)
	}
	return strings.Join(list, ", ")
}

// refusal is the block that goes with a verdict that turns a peer away.
func (o Offer) refusal(v Verdict, remote netip.Addr) Headers {
	var h Headers
	h.Add("User-Agent", o.Agent)
	if remote.IsValid() {
		h.Add("Remote-IP", remote.String())
	}
	if v.Code == Full {
		h.Add("X-Ultrapeer", formatRole(o.role()))
	}
	if len(v.Try) > 0 {
		h.Add("X-Try-Ultrapeers", formatHosts(v.Try, maxList))
	}
	return h
}

// census is the block that a crawler gets: who our neighbors are.
func (o Offer) census(v Verdict) Headers {
	var h Headers
	h.Add("User-Agent", o.Agent)
	h.Add("X-Ultrapeer", formatRole(o.role()))
	h.Add("Leaves", formatHosts(v.Leaves, maxList))
	h.Add("Peers", formatHosts(v.Peers, maxList))
	if !o.LiveSince.IsZero() {
		h.Add("X-Live-Since", o.LiveSince.UTC().Format(time.RFC1123Z))
	}
	return h
}

func (o Offer) check() error {
	if len(o.Agent) > maxAgent {
		return fmt.Errorf("handshake: User-Agent has %d bytes, more than %d", len(o.Agent), maxAgent)
	}
	for _, c := range []byte(o.Agent) {
		if c < ' ' || c == 0x7f {
			return fmt.Errorf("handshake: User-Agent %q holds control characters", o.Agent)
		}
	}
	return nil
}
