package handshake

import (
	"fmt"
	"net/netip"
	"strconv"

	"filbert/overlay/wire"
)

// Offer is what this servent says of itself in blocks (1) and (2).
type Offer struct {
	Agent  string         // User-Agent, "name/version"
	GUID   wire.GUID      // servent GUID
	Listen netip.AddrPort // own listening address; not sent while invalid
	Degree int            // ultrapeer links we intend to have
	MaxTTL wire.TTL       // highest TTL we relay
}

// headers is the block that carries the offer to remote. It names what is built
// and nothing else, and hosts to try.
func (o Offer) headers(remote netip.Addr, try []netip.AddrPort) Headers {
	var h Headers
	h.Add("User-Agent", o.Agent)
	if o.Listen.IsValid() && !o.Listen.Addr().IsUnspecified() {
		h.Add("Listen-IP", o.Listen.String())
		h.Add("Node", o.Listen.String())
	}
	if remote.IsValid() {
		h.Add("Remote-IP", remote.String())
	}
	h.Add("X-Ultrapeer", "True")
	h.Add("X-Degree", strconv.Itoa(o.Degree))
	h.Add("X-Max-TTL", strconv.Itoa(int(o.MaxTTL)))
	h.Add("X-Requeries", "False")
	h.Add("GGEP", "0.5")
	h.Add("Pong-Caching", "0.1")
	h.Add("Bye-Packet", "0.1")
	h.Add("GUID", o.GUID.String())
	h.Add("X-Features", "IP/6.0")
	if len(try) > 0 {
		h.Add("X-Try-Ultrapeers", formatHosts(try))
	}
	return h
}

// refusal is the block that goes with a verdict that turns a peer away.
func (o Offer) refusal(v Verdict, remote netip.Addr) Headers {
	var h Headers
	h.Add("User-Agent", o.Agent)
	if remote.IsValid() {
		h.Add("Remote-IP", remote.String())
	}
	if v.Code == Full {
		h.Add("X-Ultrapeer", "True")
	}
	if len(v.Try) > 0 {
		h.Add("X-Try-Ultrapeers", formatHosts(v.Try))
	}
	return h
}

func (o Offer) check() error {
	for _, c := range []byte(o.Agent) {
		if c < ' ' || c == 0x7f {
			return fmt.Errorf("handshake: User-Agent %q holds control characters", o.Agent)
		}
	}
	return nil
}
