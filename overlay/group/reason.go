package group

import (
	"errors"
	"strconv"
)

// Reason is why something was refused.
type Reason uint8

// The reasons. They travel as numbers: new ones come at the end.
const (
	Fine Reason = iota
	Malformed
	OtherGroup
	BadSignature
	FormerOwner   // it was an owner and cannot be one again
	TooMany       // a bound is reached
	NotOwner      // only an owner may
	NotMember     // the peer is no member
	IsMember      // the peer is one already
	NotBelow      // the owner was not made by who wants to take its role
	IsFounder     // the founder stays
	UnknownInvite // no such invite, or it was not proven
	UsedInvite
	ExpiredInvite
	Expelled
	WrongClock // the times differ by more than the window
	Replayed
	UnknownKey // sealed with a key that is not here
	NoKey      // no key is safe: an owner must rotate
	Busy       // over budget
	Full       // the group has all the members it can
	Damaged    // does not open
	RevokedInvite

	reasons // how many there are
)

var reasonText = [reasons]string{
	"fine", "it is malformed", "it is of another group", "its signature is wrong", "the peer was an owner and cannot be one again",
	"there are too many", "only an owner may do that", "the peer is no member", "the peer is a member already",
	"only owners above an owner may take its role", "the founder cannot be removed", "the invite is not known",
	"the invite was used", "the invite has expired", "the peer was expelled", "its time is not ours", "it was there before",
	"its key is not known", "the group has no safe key until an owner rotates", "too much at once", "the group is full",
	"it does not open", "the invite was taken back",
}

// String says it.
func (r Reason) String() string {
	if r < reasons {
		return reasonText[r]
	}
	return "Reason(" + strconv.Itoa(int(r)) + ")"
}

// RefusedError says why something was refused.
type RefusedError struct{ Reason Reason }

// Error says it.
func (e *RefusedError) Error() string { return e.Reason.String() }

// refused is nil for Fine.
func refused(r Reason) error {
	if r == Fine {
		return nil
	}
	return &RefusedError{r}
}

// ReasonOf is the reason in an error, or Fine if there is none.
func ReasonOf(err error) Reason {
	var e *RefusedError
	if errors.As(err, &e) {
		return e.Reason
	}
	return Fine
}
