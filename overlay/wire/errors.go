package wire

import (
	"errors"
	"fmt"
)

// ErrFrame is the error of SplitFrame: the bytes do not begin with one whole
// frame of a permitted length.
var ErrFrame = errors.New("wire: no whole frame")

// Class is what a FormatError merits.
type Class uint8

// The classes, by severity.
const (
	ClassDrop  Class = iota // drop the message, keep the link
	ClassBye                // say BYE with ByeTooLarge, then close
	ClassClose              // close at once: framing is lost
)

// String names the class.
func (c Class) String() string {
	switch c {
	case ClassDrop:
		return "drop"
	case ClassBye:
		return "bye"
	case ClassClose:
		return "close"
	}
	return fmt.Sprintf("Class(%d)", uint8(c))
}

// FormatError says that bytes from outside are no proper message. Errors of
// reading are never FormatErrors.
type FormatError struct {
	Type   Type   // of the message at fault
	Field  string // named as in the layout of the message
	Offset int    // of the field, in bytes from the start of the frame
	Reason string
	Class  Class
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("wire: %v: %s at byte %d: %s", e.Type, e.Field, e.Offset, e.Reason)
}

// Reasons told by more than one message.
const (
	reasonShort = "ends early"
	reasonLong  = "too long"
	reasonNoNUL = "not ended by NUL"
)

// malformed is a fault in the payload of one message, offset bytes into it.
func malformed(t Type, field string, offset int, reason string) error {
	return &FormatError{Type: t, Field: field, Offset: HeaderLen + offset, Reason: reason}
}
