package portmap

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// Proto is a transport protocol.
type Proto uint8

// The protocols.
const (
	TCP Proto = iota
	UDP
	protos
)

func (p Proto) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	}
	return "Proto(" + strconv.Itoa(int(p)) + ")"
}

// number is that of the IP header, as PCP has it.
func (p Proto) number() byte {
	if p == TCP {
		return 6
	}
	return 17
}

// Method is a protocol that routers speak.
type Method uint8

// The methods.
const (
	PCP Method = 1 + iota
	NATPMP
	UPnP
)

func (m Method) String() string {
	switch m {
	case PCP:
		return "PCP"
	case NATPMP:
		return "NAT-PMP"
	case UPnP:
		return "UPnP"
	}
	return "Method(" + strconv.Itoa(int(m)) + ")"
}

// Gateway is a way out: a router, and our address towards it.
type Gateway struct {
	Addr  netip.Addr
	Local netip.Addr
}

// Lease is a port of a router that leads to ours.
type Lease struct {
	Proto    Proto
	Method   Method
	Router   netip.Addr
	Internal netip.AddrPort
	External netip.AddrPort // invalid address: the router did not tell
	Expires  time.Time      // zero: it stays until it is removed
	Verified time.Time      // since when it is known to work from outside; zero: it is not
}

// Open reports whether the external address may be told to others.
func (l Lease) Open() bool { return !l.Verified.IsZero() && public(l.External.Addr()) }

// Refusal is the no of a router.
type Refusal struct {
	Method Method
	Code   int
	Wait   time.Duration // how long it will stay so, 0 if not told
}

func (r *Refusal) Error() string {
	name := ""
	switch r.Method {
	case PCP:
		name = pcpResults[r.Code]
	case NATPMP:
		name = natpmpResults[r.Code]
	case UPnP:
		name = upnpErrors[r.Code]
	}
	if name == "" {
		name = "unknown"
	}
	return fmt.Sprintf("router refuses by %v: %d %s", r.Method, r.Code, name)
}

// grant is what a router gave, or may have given when the question for it failed.
type grant struct {
	ok       bool
	external netip.AddrPort
	life     time.Duration // 0: until removed
	stamp    stamp
}
