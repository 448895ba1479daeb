package events

import "strconv"

// Kind is what happened.
type Kind uint8

// The kinds. New ones come at the end.
const (
	NeighborUp Kind = iota
	NeighborDown
	MemberJoined    // it is a member of a group now
	MemberLeft      // it is none any more, by its own word
	MemberExpelled  // nor this one, by an owner's
	MemberThere     // a member can be spoken to
	MemberSuspected // it does not answer
	MemberAway      // it said that it goes
	MemberDead      // it was not heard of any more
	RelayReserved
	RelayLost
	MappingMade
	MappingLost
	AddressChanged
	DownloadComplete
	DownloadFailed
	HostBarred
	DiskProblem

	kinds // how many there are
)

var kindText = [kinds]string{
	"neighbor-up", "neighbor-down", "member-joined", "member-left", "member-expelled", "member-there", "member-suspected", "member-away",
	"member-dead", "relay-reserved", "relay-lost", "mapping-made", "mapping-lost", "address-changed", "download-complete", "download-failed",
	"host-barred", "disk-problem",
}

// String names the kind.
func (k Kind) String() string {
	if k < kinds {
		return kindText[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}
