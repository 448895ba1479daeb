package dynamic

import "fmt"

// End says why a query is over.
type End int

// The ends.
const (
	Running      End = iota
	EndTarget        // enough hits
	EndUnkept        // many times the target came, and the asker kept too little
	EndHorizon       // so many hosts have seen it that more would be a nuisance
	EndAge           // it ran for too long
	EndExhausted     // nobody is left to ask
	EndUnguided      // its hits go past us, and the leaf does not tell of them
	EndLeaf          // the leaf said so
	EndStopped       // we said so
	ends
)

var endNames = [ends]string{
	"running", "target", "unkept", "horizon", "age", "exhausted", "unguided", "leaf", "stopped",
}

func (e End) String() string {
	if e >= 0 && e < ends {
		return endNames[e]
	}
	return fmt.Sprintf("End(%d)", int(e))
}
