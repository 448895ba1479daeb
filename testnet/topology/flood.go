package topology

// Flood returns what one query of node from costs and reaches (Gnutella 0.6
// forwarding: a servent passes the first copy on to every neighbor but the
// sender while hops are left, and drops further copies by GUID). A ttl of 1
// reaches the neighbors only.
//
// Every copy sent is a message: node from sends one to each neighbor, and a
// node reached with hops left one to each but the first link it heard it on.
// Which that was does not change the sum. Reached does not count node from;
// a message that reaches nobody new is a duplicate.
func (g *Graph) Flood(from, ttl int) (reached, messages, duplicates int) {
	for i, hops := range g.Distances(from) {
		switch {
		case hops == Unreachable || hops > ttl:
			continue
		case i == from:
			if ttl > 0 {
				messages += g.Degree(i)
			}
			continue
		}
		reached++
		if hops < ttl {
			messages += g.Degree(i) - 1
		}
	}
	return reached, messages, messages - reached
}
