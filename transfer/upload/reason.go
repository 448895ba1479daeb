package upload

import (
	"fmt"
	"net/http"
)

// Reason is why a request was refused or an upload was cut.
type Reason uint8

// The reasons. Granted is the zero value.
const (
	Granted Reason = iota

	RefusedConns     // too many connections in all; closed without an answer
	RefusedHostConns // too many connections of this host; closed without an answer
	RefusedFraming   // a head that parsers may read differently

	RefusedMethod        // a method of HTTP that is not served
	RefusedUnknownMethod // no method of HTTP
	RefusedBody          // a request with a body
	RefusedURN           // a malformed name of a file
	RefusedRange         // a malformed range
	RefusedUnsatisfiable // a range outside the file
	RefusedNotYet        // bytes that have not arrived yet
	RefusedUnknown       // nothing of that name
	RefusedMoved         // another index than that of the file
	RefusedGone          // a file that is no longer shared
	RefusedChanged       // a file that changed and is being hashed again
	RefusedDisk          // the file cannot be read
	RefusedSlots         // all slots are taken
	RefusedHostSlots     // this host has its slots
	RefusedNetworkSlots  // the network of this host has its slots
	RefusedTurn          // this host had its turn, and others wait
	RefusedLine          // too many wait already

	CutChanged // the file changed while it was sent
	CutDisk    // the file could not be read on
	CutStalled // the peer took less than a piece in three minutes
	CutSlow    // the peer took less than the minimum while others wait
	CutTurn    // the peer had its turn twice over, and others wait
	CutPeer    // the peer closed the connection, or it broke
	numReasons
)

// reasons tells what is known of each reason: what it is called, the status of
// the answer (0 if there is none), and whether the connection is of use after.
var reasons = [numReasons]struct {
	name   string
	status int
	close  bool
}{
	Granted:              {"granted", 0, false},
	RefusedConns:         {"too many connections", 0, true},
	RefusedHostConns:     {"too many connections of this host", 0, true},
	RefusedFraming:       {"malformed request", http.StatusBadRequest, true},
	RefusedMethod:        {"method not allowed", http.StatusMethodNotAllowed, true},
	RefusedUnknownMethod: {"method unknown", http.StatusNotImplemented, true},
	RefusedBody:          {"no body expected", http.StatusBadRequest, true},
	RefusedURN:           {"malformed name", http.StatusBadRequest, false},
	RefusedRange:         {"malformed range", http.StatusBadRequest, false},
	RefusedUnsatisfiable: {"no byte of the range is in the file", http.StatusRequestedRangeNotSatisfiable, false},
	RefusedNotYet:        {"these bytes are not here yet", http.StatusRequestedRangeNotSatisfiable, false},
	RefusedUnknown:       {"no such file", http.StatusNotFound, false},
	RefusedMoved:         {"the file has another index", http.StatusMovedPermanently, false},
	RefusedGone:          {"no longer shared", http.StatusGone, false},
	RefusedChanged:       {"file changed, hash being computed", http.StatusServiceUnavailable, true},
	RefusedDisk:          {"file unreadable", http.StatusInternalServerError, false},
	RefusedSlots:         {"all slots taken", http.StatusServiceUnavailable, false},
	RefusedHostSlots:     {"too many uploads to this host", http.StatusServiceUnavailable, false},
	RefusedNetworkSlots:  {"too many uploads to this network", http.StatusServiceUnavailable, false},
	RefusedTurn:          {"the turn of this host is over, others wait", http.StatusServiceUnavailable, false},
	RefusedLine:          {"too many wait", http.StatusServiceUnavailable, true},
	CutChanged:           {"file changed while it was sent", 0, true},
	CutDisk:              {"file unreadable while it was sent", 0, true},
	CutStalled:           {"peer too slow", 0, true},
	CutSlow:              {"peer too slow while others wait", 0, true},
	CutTurn:              {"turn over, others wait", 0, true},
	CutPeer:              {"connection lost", 0, true},
}

// String says the reason.
func (r Reason) String() string {
	if r < numReasons {
		return reasons[r].name
	}
	return fmt.Sprintf("Reason(%#02x)", uint8(r))
}
