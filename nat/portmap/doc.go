// Package portmap has ports of the router opened for the node: by PCP (RFC 6887),
// NAT-PMP (RFC 6886), or UPnP IGD 1 and 2, whichever answers first.
//
//	           a router gave a lease
//	seeking --------------------------> holding: renewed at half its life, checked
//	 ^   |  nobody did: later and later  |       every 45 s, verified from outside
//	 |   +--<--                          |
//	 +------ silent twice, refuses, ----+
//	         or the way out is another
//
// All routers are asked at once, with questions that leave nothing behind; ports
// are mapped only with the first that answers and, if it refuses, the next. So
// there is nothing to clean up with the losers, and PCP and NAT-PMP, which share
// one table in most routers, never delete each other's mappings. PCP has a short
// start before NAT-PMP, for where both answer it is the better one.
//
// A lease is worth nothing to others before somebody outside has used it:
// Lease.Open tells. It loses that at once when the router restarted, has another
// address or is gone, or when it was tried in vain twice. An external address
// that is not public has another NAT in front and is never open.
//
// IPv4 and IPv6 are two plans that know nothing of each other. By IPv6 only PCP is
// spoken, which then opens a firewall. Not here: announcements of the router by
// multicast (it is asked often enough), AddPinhole of IGD 2, more than one port.
package portmap
