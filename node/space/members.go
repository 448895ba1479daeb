package space

import (
	"context"
	"fmt"
	"net"

	"filbert/overlay/identity"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/urn"
)

// SourceOf is a member as a source of files.
func SourceOf(p identity.PeerID) transfer.Source {
	return transfer.Source{Servent: p.GUID(), Peer: p, Vouched: true}
}

// admits reports whether a peer and we are members of the group now.
func (sp *Space) admits(p identity.PeerID) bool {
	st := sp.group.State()
	_, in := st.Member(p)
	_, own := st.Member(sp.spaces.cfg.Self)
	return in && own
}

// Present is the other members that are there now.
func (sp *Space) Present() (peers []identity.PeerID) {
	for _, m := range sp.group.Members() {
		if m.Online && m.Peer != sp.spaces.cfg.Self {
			peers = append(peers, m.Peer)
		}
	}
	return peers
}

// Sources is the other members that are there now, as sources.
func (sp *Space) Sources() (sources []transfer.Source) {
	for _, p := range sp.Present() {
		sources = append(sources, SourceOf(p))
	}
	return sources
}

// holders is the members that may have something of a file, whether they are there or not:
// those that list it or that a provider names, else all that are there.
func (sp *Space) holders(sum urn.SHA1) (peers []identity.PeerID) {
	known := false
	for _, p := range sp.provided() {
		have, ok := p.Holders(sum)
		known = known || ok
		peers = append(peers, have...)
	}
	for _, h := range sp.listing.match(query.Query{SHA1: sum}) {
		known = true
		peers = append(peers, h.Source.Peer)
	}
	if known {
		return peers
	}
	return sp.Present()
}

// finder finds members that may have a file. It implements download.Finder.
type finder struct{ space *Space }

// Find implements download.Finder.
func (f finder) Find(_ context.Context, file transfer.File, _ bool) (sources []transfer.Source, _ error) {
	for _, p := range f.space.holders(file.SHA1) {
		sources = append(sources, SourceOf(p))
	}
	return sources, nil
}

// connector reaches members, and nobody else. It implements transfer.Connector.
type connector struct{ space *Space }

// Connect implements transfer.Connector.
func (c connector) Connect(ctx context.Context, src transfer.Source) (net.Conn, error) {
	peer := identity.PeerID(src.Peer)
	if !c.space.admits(peer) {
		return nil, fmt.Errorf("space: connect: %w", ErrNotMember)
	}
	line, err := c.space.spaces.cfg.Dial(ctx, peer)
	if err != nil {
		return nil, err
	}
	if err := call(ctx, line, c.space.ID()); err != nil {
		line.Close()
		return nil, fmt.Errorf("space: connect to %v: %w", peer, err)
	}
	return c.space.hold(line, peer), nil
}
