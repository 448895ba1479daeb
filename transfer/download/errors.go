package download

import (
	"errors"
	"fmt"
	"time"
)

// Errors of Manager.
var (
	// ErrUnknown: there is no such download.
	ErrUnknown = errors.New("no such download")
	// ErrTooMany: MaxDownloads are unfinished.
	ErrTooMany = errors.New("too many downloads")
	// ErrConflict: the file is being downloaded already, with another size or other
	// hash trees, or to another place.
	ErrConflict = errors.New("the file is being downloaded in another way")
	// ErrTerms: the file cannot be fetched in the way that was asked for.
	ErrTerms = errors.New("cannot be fetched like that")
	// ErrStopped: the manager ended.
	ErrStopped = errors.New("downloads are stopped")
)

// verdict is what a failed exchange says about a source.
type verdict uint8

const (
	busy   verdict = iota // it will have the bytes later
	barred                // its host lied too often, about whatever file
	failed                // it may work another time
	gone                  // it does not have the file for us
	other                 // it has another content with the same SHA-1, or a liar does
	lied                  // what it says cannot be true
)

func (v verdict) String() string {
	switch v {
	case busy:
		return "busy"
	case barred:
		return "barred"
	case failed:
		return "failed"
	case gone:
		return "gone"
	case other:
		return "other"
	case lied:
		return "lied"
	}
	return fmt.Sprintf("verdict(%#x)", uint8(v))
}

// refusal is the error of an exchange with a source that did not give all the
// bytes it was asked for.
type refusal struct {
	verdict verdict
	after   time.Duration // for busy and barred: when to come back
	notYet  bool          // for busy: it does not have this part
	byTree  bool          // for lied: as far as the hash tree can be trusted
	err     error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(v verdict, format string, args ...any) *refusal {
	return &refusal{verdict: v, err: fmt.Errorf(format, args...)}
}

// diskError is the error of an exchange that failed on our side.
type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }
