package relay

import (
	"fmt"
	"strconv"
)

// Status is the code of an answer, one for each reason.
type Status int

// The codes a relay sends.
const (
	statusProve Status = 100 // not final: sign the nonce

	OK Status = 200

	Malformed           Status = 400
	BadProof            Status = 401
	Chained             Status = 403
	NoReservation       Status = 404
	Itself              Status = 405
	NoAnswer            Status = 408
	NoCircuit           Status = 409
	PeerGone            Status = 410
	HostReservations    Status = 420
	NetworkReservations Status = 421
	HostCircuits        Status = 422
	PeerCircuits        Status = 423
	PeerBusy            Status = 424
	HostHandshakes      Status = 425
	TooOften            Status = 429
	PeerRefused         Status = 430
	Replaced            Status = 431
	Expired             Status = 432
	Unknown             Status = 501
	FullReservations    Status = 503
	FullCircuits        Status = 504
	FullHandshakes      Status = 505
	Closing             Status = 506
	HourSpent           Status = 507
)

// statusTexts is the table of codes and what they say.
var statusTexts = map[Status]string{
	statusProve:         "prove it",
	OK:                  "OK",
	Malformed:           "malformed",
	BadProof:            "the proof does not fit",
	Chained:             "no relaying over a relay",
	NoReservation:       "no reservation of this peer",
	Itself:              "no relaying to the relay itself",
	NoAnswer:            "the peer did not answer in time",
	NoCircuit:           "no such circuit, or it is over",
	PeerGone:            "the peer has left",
	HostReservations:    "too many reservations of this host",
	NetworkReservations: "too many reservations of this network",
	HostCircuits:        "too many circuits of this host",
	PeerCircuits:        "too many circuits of this peer",
	PeerBusy:            "the peer is asked too often",
	HostHandshakes:      "too many handshakes of this host",
	TooOften:            "too often",
	PeerRefused:         "the peer refused",
	Replaced:            "replaced by a newer reservation",
	Expired:             "the reservation has expired",
	Unknown:             "not spoken here",
	FullReservations:    "no room for reservations",
	FullCircuits:        "no room for circuits",
	FullHandshakes:      "no room for handshakes",
	Closing:             "the relay is closing",
	HourSpent:           "the bytes of this hour are used up",
}

// String returns what the code says.
func (s Status) String() string {
	if text, ok := statusTexts[s]; ok {
		return text
	}
	return "Status(" + strconv.Itoa(int(s)) + ")"
}

// StatusError says that the relay, or the peer by it, turned us away.
type StatusError struct {
	Op   string // "reserve", "connect", "accept"
	Code Status
	Text string // as received, at most maxText bytes of printable ASCII
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("relay: %s: %d %s", e.Op, int(e.Code), e.Text)
}

// Is makes errors.Is compare codes: errors.Is(err, &StatusError{Code: PeerGone}).
func (e *StatusError) Is(target error) bool {
	t, ok := target.(*StatusError)
	return ok && t.Code == e.Code && (t.Op == "" || t.Op == e.Op)
}

// FormatError says that the other side does not keep to the protocol.
type FormatError struct{ What string }

func (e *FormatError) Error() string { return "relay: malformed " + e.What }
