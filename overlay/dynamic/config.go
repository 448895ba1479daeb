package dynamic

import "time"

// Config says what a query is for. The zero value is a query of our own.
type Config struct {
	Target int   // hits wanted; 0 is 150, or 50 for a leaf
	TTL    uint8 // of the query as it starts, 1 to MaxTTL; 0 is MaxTTL
	Links  int   // neighbors asked at most; 0 is 32

	// Leaf says that the query is a leaf's. What it kept came from several
	// ultrapeers, and it can be asked for it if Guided.
	Leaf bool

	// Guided says that the leaf marked its query so (flag 0x1000): it answers
	// when asked how many hits it kept. One that tells unasked becomes guided.
	Guided bool

	// Unseen says that hits go to the leaf directly, out of band, so that only
	// its guidance tells of them. Without it the query ends after the probe.
	Unseen bool

	// Pace is how long hits are waited for after a step, at first; the other
	// waits are longer and shorter in proportion. 0 is gtk-gnutella's 3.7 s, and
	// it is never more. Who knows the round trips of its links waits no longer
	// than the network takes.
	Pace time.Duration

	// Leaves is how many leaves of ours have been sent the query already. Enough
	// of them are a sample of the network: their hits are waited for before
	// anybody else is asked, and then the query goes no farther than it takes if
	// others have as many.
	Leaves int

	// Linger is for how long from its start a query with nobody left to ask waits
	// for others to come: who has just started has no neighbors yet.
	Linger time.Duration

	// Salt orders neighbors that are equal otherwise, by ID ^ Salt. Each query
	// should have another, so that none of them is always the first.
	Salt uint64
}

// Own is the configuration of a query of our own.
func Own() Config { return Config{}.withDefaults() }

// ForLeaf is that of a query we run for a leaf.
func ForLeaf() Config { return Config{Leaf: true}.withDefaults() }

// URN is c for a query that names a file by its hash: its hits are all of the
// same file, and a few are enough.
func (c Config) URN() Config {
	c = c.withDefaults()
	c.Target = max(1, c.Target/urnShare)
	return c
}

// sample reports whether so many leaves of ours match that others will.
func (c Config) sample() bool { return c.Leaves*sampleShare >= c.Target }

func (c Config) withDefaults() Config {
	switch {
	case c.Target > 0:
	case c.Leaf:
		c.Target = leafTarget
	default:
		c.Target = ownTarget
	}
	if c.TTL == 0 || c.TTL > MaxTTL {
		c.TTL = MaxTTL
	}
	if c.Pace <= 0 || c.Pace > stepWait {
		c.Pace = stepWait
	}
	if c.Links <= 0 {
		c.Links = defaultLinks
	}
	if c.Pace <= 0 || c.Pace > stepWait {
		c.Pace = stepWait
	}
	c.Pace = max(c.Pace, leastPace)
	return c
}

// paced is a wait for hits in proportion to the Pace. One of up to 2 s does not
// overflow.
func (c *Config) paced(wait time.Duration) time.Duration { return wait * c.Pace / stepWait }
