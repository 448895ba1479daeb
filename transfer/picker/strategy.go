package picker

import "fmt"

// Strategy is in which order the parts of a file are asked for. The zero value is
// Auto, for whoever has no wish.
type Strategy string

// The strategies. What somebody waits for comes first in all of them, and at the end
// the fast take over from the slow.
const (
	// Auto goes in order as long as nobody else fetches the file, and else is Rarest.
	Auto Strategy = "auto"
	// Rarest asks for what fewest sources have, from a random place on.
	Rarest Strategy = "rarest"
	// Sequential goes in order, and has the fast take over from the slow in what
	// comes next, so that the beginning is whole as soon as can be.
	Sequential Strategy = "sequential"
)

// ParseStrategy reads the name of a strategy. The error says which there are.
func ParseStrategy(name string) (Strategy, error) {
	switch s := Strategy(name); s {
	case Auto, Rarest, Sequential:
		return s, nil
	}
	return "", fmt.Errorf("picker: there is no strategy %.32q, only %s, %s and %s", name, Auto, Rarest, Sequential)
}
