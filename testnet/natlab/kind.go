package natlab

import (
	"fmt"

	"filbert/testnet/fabric"
)

// Kind is what is between a node and the internet.
type Kind uint8

// The kinds. CGNAT is a port-restricted box behind that of a carrier, Mapped a symmetric one that forwards ports to who
// asks it by PCP.
const (
	Open Kind = iota
	FullCone
	Restricted
	PortRestricted
	Symmetric
	CGNAT
	UDPBlocked
	Mapped

	kinds = int(Mapped) + 1
)

var names = [...]string{"open", "full cone", "restricted", "port-restricted", "symmetric", "cgnat", "udp blocked", "mapped"}

// String names the kind.
func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("Kind(%#x)", uint8(k))
}

// Kinds lists all kinds.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Kinds6 lists those of IPv6, which are firewalls that filter as the NATs of the same name do.
func Kinds6() []Kind { return []Kind{Open, FullCone, Restricted, PortRestricted, UDPBlocked} }

// ParseKind reads what String gives.
func ParseKind(text string) (Kind, error) {
	for i, name := range names {
		if name == text {
			return Kind(i), nil
		}
	}
	return 0, fmt.Errorf("natlab: %q is no kind of NAT: want one of %q", text, names)
}

// config is the box next to the node.
func (k Kind) config() fabric.NATConfig {
	switch k {
	case FullCone:
		return fabric.FullCone()
	case Restricted:
		return fabric.RestrictedCone()
	case Symmetric, Mapped:
		return fabric.Symmetric()
	case UDPBlocked:
		return fabric.UDPBlocked()
	}
	return fabric.PortRestricted()
}

// Path is the way by which a file comes.
type Path uint8

// The paths, better ones first.
const (
	None Path = iota
	Direct
	Push
	Punch
	Relay
)

var paths = [...]string{"none", "direct", "push", "punch", "relay"}

// String names the path.
func (p Path) String() string {
	if int(p) < len(paths) {
		return paths[p]
	}
	return fmt.Sprintf("Path(%#x)", uint8(p))
}

// MarshalText gives the name.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// MarshalText gives the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Theory is the best path from a node behind one kind to one behind another, which shares: TCP to who is open or from
// whom is, a hole in both NATs where that can be made without guessing ports, and a relay for all others.
func Theory(from, to Kind) Path {
	switch {
	case to == Open || to == Mapped: // all that is mapped lets everybody in
		return Direct
	case from == Open || from == Mapped:
		return Push
	case from == UDPBlocked || to == UDPBlocked:
		return Relay
	case from != Symmetric && to != Symmetric: // one address for everybody: each sends to that of the other
		return Punch
	case from == to:
		return Relay
	}
	other := from
	if from == Symmetric {
		other = to
	}
	if other == FullCone || other == Restricted { // it lets in whichever port the symmetric one has for it
		return Punch
	}
	return Relay
}

// NeighborTheory is the best path between two nodes behind one box, who are told one another's outer address: in a home
// one is opened by the addresses of its network, whatever the box blocks. Two homes of one carrier have its outer address
// alone, which leads there if it has a hairpin; it leads to a port that is mapped too.
func NeighborTheory(k Kind, hairpin bool) Path {
	switch {
	case k == CGNAT && !hairpin:
		return Relay
	case k == Mapped && hairpin:
		return Direct
	}
	return Punch
}
