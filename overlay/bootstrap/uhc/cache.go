package uhc

import (
	"net/netip"
	"time"
)

// cache is one known UDP host cache.
type cache struct {
	host   string // name or address
	port   uint16
	pinned bool       // of the settings: never forgotten
	teller netip.Addr // who told of it; zero: the settings or an earlier run

	addrs    []netip.AddrPort // it was found at
	resolved time.Time        // when they were looked up
	looking  time.Time        // since when its name is being looked up; zero: it is not
	asked    time.Time
	answered time.Time
	failures int // requests in a row that came to nothing
}

func (c *cache) name() string { return join(c.host, c.port) }

// due reports whether the cache may be asked again. A clock that went back
// delays nothing.
func (c *cache) due(now time.Time) bool {
	pause := now.Sub(c.asked)
	return c.looking.IsZero() && (pause < 0 || pause >= askPause)
}

// spent reports whether the cache is forgotten when room is wanted, or at once.
func (c *cache) spent() bool { return !c.pinned && c.failures >= maxFailures }
