package wire

import "fmt"

// String returns the name of t, or Type(0x42) for an unknown type.
func (t Type) String() string {
	switch t {
	case TypePing:
		return "Ping"
	case TypePong:
		return "Pong"
	case TypeBye:
		return "Bye"
	case TypeRoute:
		return "Route"
	case TypeVendor:
		return "Vendor"
	case TypeStandard:
		return "Standard"
	case TypePush:
		return "Push"
	case TypeRUDP:
		return "RUDP"
	case TypeDHT:
		return "DHT"
	case TypeQuery:
		return "Query"
	case TypeQueryHit:
		return "QueryHit"
	case TypeHSEP:
		return "HSEP"
	}
	return fmt.Sprintf("Type(0x%02x)", byte(t))
}

// maxPayload returns the longest payload a link bears for messages of type t,
// and what a longer one merits.
func (t Type) maxPayload() (limit uint32, beyond Class) {
	switch t {
	case TypeQuery:
		return MaxQuery, ClassBye
	case TypeQueryHit:
		return MaxQueryHit, ClassBye
	case TypeBye:
		return MaxBye, ClassClose
	}
	return MaxOther, ClassBye
}
