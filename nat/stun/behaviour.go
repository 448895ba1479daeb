package stun

import "strconv"

// Mapping is on what of the other end the address depends that a NAT gives to a
// socket (RFC 4787 §4.1).
type Mapping uint8

// The mappings. MappingDependent is one of the two below it: the servers could not
// tell which.
const (
	MappingUnknown Mapping = iota
	MappingEndpointIndependent
	MappingDependent
	MappingAddressDependent
	MappingAddressAndPortDependent
)

// Filtering is on what of the other end it depends whether a NAT lets it in (RFC 4787
// §5).
type Filtering uint8

// The filterings. FilteringPortIndependent is one of the two below it: servers with
// one address cannot tell which.
const (
	FilteringUnknown Filtering = iota
	FilteringPortIndependent
	FilteringEndpointIndependent
	FilteringAddressDependent
	FilteringAddressAndPortDependent
)

// Verdict is yes, no, or not known.
type Verdict uint8

// The verdicts.
const (
	Unknown Verdict = iota
	Yes
	No
)

var (
	mappings = [...]string{
		"unknown", "endpoint-independent", "dependent", "address-dependent", "address and port-dependent",
	}
	filterings = [...]string{
		"unknown", "port-independent", "endpoint-independent", "address-dependent", "address and port-dependent",
	}
	verdicts = [...]string{"unknown", "yes", "no"}
)

// String names the mapping.
func (m Mapping) String() string { return name("Mapping", mappings[:], uint8(m)) }

// String names the filtering.
func (f Filtering) String() string { return name("Filtering", filterings[:], uint8(f)) }

// String names the verdict.
func (v Verdict) String() string { return name("Verdict", verdicts[:], uint8(v)) }

// MarshalText gives the name.
func (m Mapping) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// MarshalText gives the name.
func (f Filtering) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText gives the name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

func name(kind string, names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return kind + "(" + strconv.Itoa(int(v)) + ")"
}

func verdict(yes bool) Verdict {
	if yes {
		return Yes
	}
	return No
}
