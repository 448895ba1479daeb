package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"filbert/nat"
	"filbert/overlay/wire"
	"filbert/transfer"
)

// ErrNoPeer is an error of Explain: nothing is known of the servent.
var ErrNoPeer = errors.New("nothing is known of a servent with that GUID; search again")

// Explanation is how a peer is connected to, and how it was.
type Explanation struct {
	Peer     nat.Peer
	Own      nat.Openness  // whether it could connect to us
	Reach    nat.Reach     // at best
	Steps    []nat.Step    // those that would be tried now, in order, then the others
	Attempts []nat.Attempt // the newest first
}

// Explain says how a source is connected to. Of one that is told by its address or its
// GUID alone it is found out what is known. The error is ErrNoPeer, or that of a node
// that does not run.
func (n *Node) Explain(ctx context.Context, src transfer.Source) (Explanation, error) {
	p := peerOf(&src)
	if !p.Addr.IsValid() || p.Servent == [16]byte{} {
		known, ok := n.knownPeer(p.Addr, p.Servent)
		switch {
		case ok:
			p = known
		case !p.Addr.IsValid():
			return Explanation{}, fmt.Errorf("node: explain %v: %w", wire.GUID(p.Servent), ErrNoPeer)
		}
	}
	f := n.factsOf(ctx, p)
	f.Own = n.openness(ctx)
	e := Explanation{Peer: f.Peer, Own: f.Own, Steps: n.ladder.Plan(&f), Attempts: n.ladder.Attempts(&p)}
	e.Reach = nat.Best(e.Steps)
	return e, ctx.Err()
}

// knownPeer is the peer with an address or a GUID that was tried last, or else that was
// found last.
func (n *Node) knownPeer(addr netip.AddrPort, servent [16]byte) (nat.Peer, bool) {
	if p, ok := n.ladder.Find(addr, servent); ok {
		return p, true
	}
	for _, r := range n.Results(maxExplained) {
		for i := range r.Sources {
			s := &r.Sources[i]
			if addr.IsValid() && s.Addr == addr || servent != [16]byte{} && s.Servent == servent {
				return peerOf(s), true
			}
		}
	}
	return nat.Peer{}, false
}
