package group

import "strconv"

// Role is what a member may do.
type Role uint8

// The roles. Only owners change the group. A guest searches, fetches, follows and writes, and
// gives the group neither folders nor publications: others do not look at what it says of these.
const (
	NoRole Role = iota // not a member
	Guest
	Ordinary
	Owner
)

// String names the role as people do.
func (r Role) String() string {
	switch r {
	case NoRole:
		return "none"
	case Guest:
		return "guest"
	case Ordinary:
		return "member"
	case Owner:
		return "owner"
	}
	return "Role(" + strconv.Itoa(int(r)) + ")"
}

// ParseRole reads a name of String, but for that of nobody.
func ParseRole(text string) (Role, bool) {
	for _, r := range []Role{Guest, Ordinary, Owner} {
		if r.String() == text {
			return r, true
		}
	}
	return NoRole, false
}
