package doctor

import "fmt"

// turn: what the TURN servers of the settings do for us.
func (f Facts) turn() Check {
	c, t := Check{Name: "turn"}, f.TURN
	switch {
	case t.Servers == 0:
		c.Found = "the settings name no server"
	case t.At.IsValid():
		c.Found = fmt.Sprintf("%s passes on what comes to %v, for %s", t.Server, t.At, counted(t.Paths, "path", "paths"))
		c.Means = "peers are reached by it whose NAT and ours no hole leads through; it sees nothing of what is sent"
	case t.Failure != "":
		c.Level, c.Found = Warn, fmt.Sprintf("%s gave no address: %s", t.Server, t.Failure)
		c.Means = "peers whose NAT and ours no hole leads through are reached over relays alone"
		c.Do = "see whether the server runs and is reached by UDP, and whether its user and password in turn-servers are right"
	case t.Server != "":
		c.Found = fmt.Sprintf("%s gave an address when it was needed last", t.Server)
	default:
		c.Found = fmt.Sprintf("%s, not needed so far", counted(t.Servers, "server", "servers"))
		c.Means = "an address is asked for when no hole comes about"
	}
	return c
}

// counted is "1 path" or "2 paths".
func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
