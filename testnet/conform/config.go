package conform

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"
)

// Config says whom to try and how. Addr and Rand must be set.
type Config struct {
	Addr netip.AddrPort // of the servent, TCP and UDP
	Only string         // cases to run, see Select; "" = all
	Rand *rand.Rand     // names, GUIDs and ports of our side

	// Timeout is how long an answer may take; default 5 s.
	Timeout time.Duration

	// Pace is the least time between two connections; negative = none. The
	// default is none to a filbert and 31 s to any other servent, whose bans
	// are not to be provoked.
	Pace time.Duration

	// Words and URN name a file that the servent shares: words of its name and
	// its "urn:sha1:". Cases that need them are not offered without.
	Words, URN string

	// Call, if not nil, makes the servent connect to an address of ours. Cases
	// in which the servent calls are not offered without.
	Call func(ctx context.Context, addr netip.AddrPort) error

	// Tell, if not nil, is told what is waited for, a line at a time.
	Tell func(line string)
}

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = answerTimeout
	}
	if c.Tell == nil {
		c.Tell = func(string) {}
	}
	c.URN = strings.TrimPrefix(strings.TrimSpace(c.URN), urnSHA1)
	return c
}

const urnSHA1 = "urn:sha1:"

// Check says what is wrong with the configuration.
func (c Config) Check() error {
	c = c.withDefaults()
	switch {
	case !c.Addr.IsValid() || c.Addr.Port() == 0:
		return fmt.Errorf("conform: address %v: want that of a servent", c.Addr)
	case c.Timeout < 0:
		return fmt.Errorf("conform: timeout %v: want more than 0", c.Timeout)
	case len(Select(c.Only)) == 0:
		return fmt.Errorf("conform: no case is called %q; see `filbert conform --list`", c.Only)
	}
	if c.URN != "" {
		if _, err := decodeSHA1(c.URN); err != nil {
			return fmt.Errorf("conform: URN %q: want urn:sha1: and 32 base32 digits", c.URN)
		}
	}
	return nil
}
