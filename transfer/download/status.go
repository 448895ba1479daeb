package download

import (
	"time"

	"filbert/transfer"
	"filbert/transfer/picker"
	"filbert/transfer/urn"
)

// Status is a download at one moment. Its File.SHA1 is what it is known by.
type Status struct {
	File   transfer.File
	Output string // path the user asked for, "" for the download folder

	State    State
	Have     int64         // bytes that arrived
	Verified int64         // bytes read back, while Verifying
	Rate     int64         // bytes per second of late
	ETA      time.Duration // until all bytes are there at that rate, 0: unknown
	Source   string        // whom the bytes come from now, "" if nobody
	Verify   string        // what the bytes are verified by as they come, "" if by nothing
	Wasted   int64         // bytes that came and were thrown away
	Sources  int           // how many are known and not dropped
	Peers    []Peer        // those at work first, at most MaxPeers; as they were last, while it waits
	Map      []byte        // which parts are here: at most MapCells, each 0 to 255

	Reason string    // why it waits; the last source that refused, while it does not
	Until  time.Time // when it looks again, zero: when something happens
	Err    error     // why it Failed; wraps store.ErrVerification if the bytes were wrong
	Path   string    // where the file is, when Complete

	Strategy picker.Strategy // in which order it is fetched
	Limit    int64           // the most bytes per second of its own, 0: no limit
	Tiger    urn.Tiger       // of the trees it must have, zero where nobody said
	Blake3   urn.Blake3      // likewise
	Adopted  Adoption        // what came of Terms.Adopt
}
