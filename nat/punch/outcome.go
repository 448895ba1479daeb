package punch

import (
	"fmt"
	"strings"
	"time"
)

// Failure is a candidate of the peer that did not win.
type Failure struct {
	Candidate Candidate
	Reason    Reason
}

// Outcome explains an attempt, whether it succeeded or not.
type Outcome struct {
	Role    Role
	Reason  Reason    // None if there is a connection
	Winner  Candidate // of the peer
	Took    time.Duration
	Rounds  int
	RTT     time.Duration // of the messages in the last round; the initiator's only
	Failed  []Failure     // the other candidates of the last round
	Ignored int           // messages and probes that were of no use
}

func (o Outcome) String() string {
	var b strings.Builder
	if o.Reason == None {
		fmt.Fprintf(&b, "%v in %v, round %d", o.Winner, o.Took, o.Rounds)
	} else {
		fmt.Fprintf(&b, "%v after %v, round %d", o.Reason, o.Took, o.Rounds)
	}
	for _, f := range o.Failed {
		fmt.Fprintf(&b, "; %v: %v", f.Candidate, f.Reason)
	}
	return b.String()
}
