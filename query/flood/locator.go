// Package flood locates files in the flooding network: it puts a query into a
// Gnutella message, and reads hits from Gnutella messages; the other way round
// it answers the network's queries from the index of what is shared. Routing
// is the overlay's. The same hits, over HTTP and of everything a servent shares,
// are what is read and sent when servents browse one another (Browser, Browse).
package flood

import (
	"context"
	"encoding/binary"
	"math"

	"filbert/overlay"
	"filbert/overlay/wire"
	"filbert/overlay/wire/ggep"
	"filbert/query"
	"filbert/query/keyword"
	"filbert/transfer"
	"filbert/transfer/urn"
)

// Network sends queries; *overlay.Overlay is one.
type Network interface {
	// Search sends a query with a TTL, 0 = the usual one; the channel brings the
	// hits and is closed when ctx ends or the network does.
	Search(ctx context.Context, q wire.Query, ttl wire.TTL) (<-chan *overlay.Hit, error)
}

// Locator implements query.Locator over a Network.
type Locator struct {
	Network Network
	Leaf    func(ctx context.Context) bool // whether we are a leaf now; nil: never
	Vouch   *Vouching                      // verifies who vouches for hits; nil: nobody does
}

// Name implements query.Locator.
func (*Locator) Name() string { return "flood" }

// Locate implements query.Locator.
func (l *Locator) Locate(ctx context.Context, q query.Query, found func(query.Hit)) error {
	hits, err := l.Network.Search(ctx, message(q), l.ttl(ctx, q))
	if err != nil {
		return err
	}
	for hit := range hits {
		peer, vouched := l.Vouch.of(hit)
		for i := range hit.Records {
			h := readHit(hit, &hit.Records[i])
			if vouched {
				h.Source.Peer, h.Source.Vouched = peer, true
			}
			found(h)
		}
	}
	return nil
}

// ttl is how far a query goes, 0 for as far as usual.
func (l *Locator) ttl(ctx context.Context, q query.Query) wire.TTL {
	asked := wire.TTL(min(q.Hops, math.MaxUint8))
	if !q.New {
		return asked
	}
	most := whatsNewTTL
	if l.Leaf != nil && l.Leaf(ctx) {
		most = whatsNewLeafTTL
	}
	if asked == 0 {
		return most
	}
	return min(asked, most)
}

// message puts a query into the words of the wire.
func message(q query.Query) wire.Query {
	m := wire.Query{Flags: wire.FlagMark | wire.FlagHash}
	var block []ggep.Extension
	switch {
	case q.New:
		m.Text = wire.WhatsNewText
		block = append(block, ggep.Extension{ID: ggep.WhatsNew, Data: []byte{wire.WhatsNewFeature}})
	case q.ByHash():
		m.Text = hashWord(q.SHA1)
		m.Ext = wire.AppendSHA1(nil, q.SHA1)
	default:
		m.Text = keyword.Normalize(q.Text)
	}
	if q.Media != 0 {
		block = append(block, ggep.Extension{ID: ggep.Media, Data: wire.AppendVL(nil, uint64(q.Media))})
	}
	m.Ext = wire.AppendGGEP(m.Ext, block...)
	return m
}

// readHit takes one record out of a query hit message.
func readHit(hit *overlay.Hit, r *wire.Record) query.Hit {
	h := query.Hit{
		File: transfer.File{Name: r.Name, Size: r.Size},
		Source: transfer.Source{
			Addr:         hit.Addr,
			Servent:      hit.Servent,
			Index:        r.Index,
			Vendor:       vendor(hit),
			Push:         hit.Trailer.Has(wire.HitPush),
			Proxies:      hit.Proxies,
			Peer:         hit.Relayed.Peer,
			Relays:       hit.Relayed.At,
			PunchProxies: hit.Punched.At,
		},
		Speed: hit.Speed,
		Busy:  hit.Trailer.Has(wire.HitBusy),
		Hops:  int(hit.Hops) + 1,
		Via:   hit.Via,
		At:    hit.At,
	}
	if len(h.Source.Relays) == 0 {
		h.Source.Peer = hit.Punched.Peer
	} else if hit.Punched.Peer != hit.Relayed.Peer {
		h.Source.PunchProxies = nil // it says of itself that it is two
	}
	if ip := hit.IPv6(); ip != hit.Addr.Addr() {
		h.Source.IPv6 = ip
	}
	for sum := range wire.SHA1s(r.Ext) {
		h.File.SHA1 = urn.SHA1(sum)
		break
	}
	roots := wire.ReadRoots(r.Ext)
	h.Tiger, h.Blake3 = roots.Tiger, roots.Blake3
	for _, host := range wire.ReadAlternates(r.Ext) {
		h.Alternates = append(h.Alternates, host.Addr)
	}
	return h
}

func vendor(hit *overlay.Hit) string {
	if binary.BigEndian.Uint32(hit.Trailer.Vendor[:]) == 0 {
		return ""
	}
	return hit.Trailer.Vendor.String()
}
