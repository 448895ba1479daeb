package board

import (
	"errors"
	"strconv"
)

// Reason is why something was refused.
type Reason uint8

// The reasons. They travel as numbers: new ones come at the end.
const (
	Fine      Reason = iota
	NotMember        // who asks, or whose it is, is no member
	Differ           // the two have other records of the group
	Busy             // too many lines
	Malformed        // no honest member sends it
	Forged           // its signature is wrong
	Ahead            // its author's clock is ahead
	Full             // its author has all that it may have
	GroupFull        // the group has
	TooFast          // its author writes too much
	Twice            // its author gave the number to another item
	Withheld         // items before it are missing, though the member says that it sent all

	reasons // how many there are
)

var reasonText = [reasons]string{
	"fine", "the peer is no member", "the records of the group are not the same", "too many at once", "it is malformed",
	"its signature is wrong", "its time is ahead", "its author has as much as it may", "the group has as much as it may",
	"its author writes too much", "its author gave its number to another", "something was left out before it",
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

// Errors of writing.
var (
	// ErrName: a topic or name is not allowed.
	ErrName = errors.New("want a topic of 1 to 32 characters a-z and -, and a name of 1 to 255 bytes of UTF-8")
	// ErrValue: the value is empty or too long.
	ErrValue = errors.New("want a value of 1 byte to 64 KiB")
)
