package flood

import (
	"errors"
	"fmt"
	"io"
	"time"

	"filbert/overlay"
	"filbert/overlay/wire"
	"filbert/query"
	"filbert/transfer"
)

// Browsing is a listing that is being read. It is used by one goroutine.
type Browsing struct {
	source  transfer.Source
	in      *io.LimitedReader
	close   func() error
	letGo   func() bool // of the context that closes the connection
	servent wire.GUID   // whose files they are; zero before anybody said

	files int
	bad   int
	seen  map[[20]byte]bool // hashes that were listed
}

// Files is how many files were found so far.
func (g *Browsing) Files() int { return g.files }

// Close ends the connection.
func (g *Browsing) Close() error {
	g.letGo()
	return g.close()
}

// Each calls found for every file of the listing, and returns nil when that came
// to its end. Packets are held to what hits of the network are held to: they
// must be well formed and of one servent, the one the answer named if it did.
// Where the files are is where they were asked for, whatever the packets say. A
// file that is listed again is left out.
func (g *Browsing) Each(found func(query.Hit)) error {
	r := wire.NewReader(g.in)
	for {
		batch, err := r.ReadBatch()
		for rest := batch; len(rest) > 0; {
			var f wire.Frame
			if f, rest, err = wire.SplitFrame(rest); err != nil {
				return fmt.Errorf("browse %v: %w", g.source.Addr, err)
			}
			if err := g.packet(f, found); err != nil {
				return fmt.Errorf("browse %v: %w", g.source.Addr, err)
			}
		}
		if err == nil {
			continue
		}
		var malformed *wire.FormatError
		switch {
		case g.in.N <= 0:
			err = ErrListingCut
		case err == io.EOF:
			return nil
		case errors.As(err, &malformed):
			err = fmt.Errorf("%w: %w", ErrNoListing, err)
		}
		return fmt.Errorf("browse %v: %w", g.source.Addr, err)
	}
}

// packet takes one message.
func (g *Browsing) packet(f wire.Frame, found func(query.Hit)) error {
	m, err := wire.Parse(f.Type(), f.Payload())
	hit, ok := m.(*wire.QueryHit)
	if err != nil || !ok || !g.fits(f, hit) {
		if g.bad++; g.bad > maxBadPackets {
			return ErrNoListing
		}
		return nil
	}
	heard := overlay.Hit{QueryHit: *hit, Hops: f.Hops(), Via: g.source.Addr, At: time.Now()}
	for i := range hit.Records {
		h := readHit(&heard, &hit.Records[i])
		h.Hops = 1
		h.Source.Addr, h.Source.Push, h.Source.Proxies = g.source.Addr, g.source.Push, g.source.Proxies
		h.Source.IPv6, h.Source.Peer, h.Source.Relays, h.Source.Vouched = g.source.IPv6, g.source.Peer, g.source.Relays, g.source.Vouched
		h.Source.PunchProxies = g.source.PunchProxies
		if h.Hashed() {
			if g.seen[h.File.SHA1] {
				continue
			}
			if g.seen == nil {
				g.seen = map[[20]byte]bool{}
			}
			g.seen[h.File.SHA1] = true // at most maxFound
		}
		if g.files == maxFound {
			return ErrListingCut
		}
		g.files++
		found(h)
	}
	return nil
}

// fits reports whether a hit is of the servent that is browsed.
func (g *Browsing) fits(f wire.Frame, hit *wire.QueryHit) bool {
	if hit.Servent.IsZero() || hit.Servent == f.GUID() || g.source.Vouched && hit.Servent != wire.GUID(g.source.Servent) {
		return false
	}
	if g.servent.IsZero() {
		g.servent = hit.Servent
	}
	return hit.Servent == g.servent
}
