package mesh

import "net/netip"

// AltLoc is a servent that has a file, or a part of it, as the mesh names it.
type AltLoc struct {
	// Addr is where it listens; for a firewalled one where it appears to the
	// world, if it takes transfers from firewall to firewall, else zero.
	Addr netip.AddrPort
	TLS  bool // it listens for TLS as well, as the one who named it says

	// Of a firewalled servent: its GUID, and who passes a push on to it.
	Firewalled bool
	Servent    [16]byte
	Proxies    []netip.AddrPort
}

// same reports whether two names mean one servent.
func (a *AltLoc) same(b *AltLoc) bool {
	if a.Firewalled || b.Firewalled {
		return a.Firewalled == b.Firewalled && a.Servent == b.Servent
	}
	return a.Addr == b.Addr
}
