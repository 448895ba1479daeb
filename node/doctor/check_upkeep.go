package doctor

import (
	"fmt"
	"strings"

	"filbert/nat"
)

// upkeep: what being reachable costs while nothing is done.
func (f Facts) upkeep() Check {
	u := f.Upkeep
	c := Check{Name: "upkeep", Found: fmt.Sprintf("%d kB sent in the last hour to be reachable", u.Hour.Held()/1000)}
	var parts []string
	for i, n := range u.Hour[:nat.UpkeepGroups] {
		if n >= 1000 {
			parts = append(parts, fmt.Sprintf("%v %d", nat.Upkeep(i), n/1000))
		}
	}
	if len(parts) > 0 {
		c.Found += " (" + strings.Join(parts, ", ") + ")"
	}
	if n := u.Hour[nat.UpkeepGroups]; n >= 1000 {
		c.Found += fmt.Sprintf(", and %d kB for groups", n/1000)
	}
	switch {
	case u.Thrifty:
		c.Level = Warn
		c.Found += fmt.Sprintf("; more than the %d kB that a leaf allows itself", u.Budget/1000)
		c.Means = "changes of what is shared reach neighbors later, hosts that are gone are tried more rarely, and one relay leads here instead of two"
		c.Do = "look whether neighbors come and go all the time, or shared folders change; it passes within an hour after that"
	case !f.Leaf:
		c.Means = "an ultrapeer is not held to a budget: others live on what it tells them"
	}
	return c
}
