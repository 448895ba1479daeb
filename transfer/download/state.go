package download

import "fmt"

// State is where a download stands.
//
//	Queued ---> Downloading <---> Waiting
//	                |   ^
//	                v   | (wrong, and others may have it right)
//	            Verifying ---> Complete
//
// From anywhere but the end it may become Cancelled or Failed.
type State uint8

// The states of a download. The last three are final.
const (
	Queued      State = iota // for a free transfer
	Waiting                  // for a source, or for the disk: Status.Reason says
	Downloading              // from Status.Source
	Verifying                // all bytes are there, and are read back; or those of Terms.Adopt are
	Complete                 // the file is at Status.Path
	Failed                   // for Status.Err
	Cancelled                // by the user
)

// String is the state in lower case.
func (s State) String() string {
	switch s {
	case Queued:
		return "queued"
	case Waiting:
		return "waiting"
	case Downloading:
		return "downloading"
	case Verifying:
		return "verifying"
	case Complete:
		return "complete"
	case Failed:
		return "failed"
	case Cancelled:
		return "cancelled"
	}
	return fmt.Sprintf("State(%#x)", uint8(s))
}

// Final reports whether nothing comes after the state.
func (s State) Final() bool { return s >= Complete }
