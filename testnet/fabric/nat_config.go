package fabric

import (
	"fmt"
	"time"
)

// Dependence is on what of the remote end a mapping or a filter depends (RFC 4787 §4.1 and §5).
type Dependence uint8

// The dependences.
const (
	EndpointIndependent Dependence = iota
	AddressDependent
	AddressAndPortDependent
)

func (d Dependence) String() string {
	switch d {
	case EndpointIndependent:
		return "endpoint-independent"
	case AddressDependent:
		return "address-dependent"
	case AddressAndPortDependent:
		return "address and port-dependent"
	}
	return fmt.Sprintf("Dependence(%#x)", uint8(d))
}

// PortChoice is how a box chooses the outer port of a new binding (RFC 4787 §4.2).
type PortChoice uint8

// The choices. Preserve takes the port of the host, or the next one that is free.
const (
	Preserve PortChoice = iota
	Sequential
	Random
)

func (p PortChoice) String() string {
	switch p {
	case Preserve:
		return "preserved"
	case Sequential:
		return "sequential"
	case Random:
		return "random"
	}
	return fmt.Sprintf("PortChoice(%#x)", uint8(p))
}

// NATConfig is the behaviour of a box. The zero value is a full cone that preserves ports.
type NATConfig struct {
	Mapping   Dependence
	Filtering Dependence
	Ports     PortChoice
	Hairpin   bool // hosts behind it reach one another by the outer address

	// Lifetime is how long a binding of UDP lasts after the last datagram out; 0 is 120 s. With InboundRefresh, after
	// the last one in either direction.
	Lifetime       time.Duration
	InboundRefresh bool

	MostBindings int  // at a time; 0 is 4096
	BlockUDP     bool // a firewall that lets no UDP through
}

func (c NATConfig) withDefaults() NATConfig {
	if c.Lifetime <= 0 {
		c.Lifetime = natLifetime
	}
	if c.MostBindings <= 0 {
		c.MostBindings = natBindings
	}
	return c
}

// The kinds of boxes by their old names (RFC 3489 §5).

// FullCone lets everybody in to a port that is mapped.
func FullCone() NATConfig { return NATConfig{} }

// RestrictedCone lets in the hosts that were sent to.
func RestrictedCone() NATConfig { return NATConfig{Filtering: AddressDependent} }

// PortRestricted lets in the ports that were sent to.
func PortRestricted() NATConfig { return NATConfig{Filtering: AddressAndPortDependent} }

// Symmetric has a port of its own, at random, for everyone that is sent to.
func Symmetric() NATConfig {
	return NATConfig{Mapping: AddressAndPortDependent, Filtering: AddressAndPortDependent, Ports: Random}
}

// CGNAT is the box of a carrier as RFC 6888 wants it; put the customers' boxes behind it, at addresses of
// 100.64.0.0/10.
func CGNAT() NATConfig {
	return NATConfig{Filtering: AddressDependent, Ports: Random, Hairpin: true}
}

// UDPBlocked lets TCP out, and no UDP.
func UDPBlocked() NATConfig {
	return NATConfig{Filtering: AddressAndPortDependent, BlockUDP: true}
}
