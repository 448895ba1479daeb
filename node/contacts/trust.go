package contacts

import (
	"fmt"
	"strconv"
)

// Trust is what the user thinks of a peer.
type Trust int

// Levels of trust, each with what the node makes of it.
const (
	Known   Trust = iota // the key has a name, no more
	Trusted              // the user compared the safety number
	Blocked              // it is no neighbor, its hits are left out, nothing is fetched from it or given to it
)

var trustNames = [...]string{"known", "trusted", "blocked"}

// Trusts is the names of all levels.
func Trusts() []string { return trustNames[:] }

func (t Trust) String() string {
	if t < 0 || int(t) >= len(trustNames) {
		return "Trust(" + strconv.Itoa(int(t)) + ")"
	}
	return trustNames[t]
}

// ParseTrust reads the name of a level.
func ParseTrust(name string) (Trust, error) {
	for i, n := range trustNames {
		if n == name {
			return Trust(i), nil
		}
	}
	return 0, fmt.Errorf("contacts: %w: %q; want known, trusted or blocked", ErrTrust, name)
}
