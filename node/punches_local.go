package node

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"filbert/nat/punch"
	"filbert/nat/stun"
)

// punchLocal is what we say of ourselves to who would open a path to us: the addresses
// of this machine, that of a router that forwards our port, and those at which some
// neighbors see our UDP port just now.
func (n *Node) punchLocal(ctx context.Context) punch.Local {
	var local punch.Local
	add := func(k punch.Kind, at netip.AddrPort) {
		local.Candidates = append(local.Candidates, punch.Candidate{Kind: k, Addr: at})
	}
	if n.mapper != nil {
		if at := n.mappedAddr(); at.IsValid() {
			add(punch.Mapped, netip.AddrPortFrom(at, n.addr.Port()))
		}
	}
	var seen, by []netip.AddrPort
	if n.stuns.discovered().Report.UDP != stun.No { // or nobody would answer
		seen, by = n.askSeen(ctx)
	}
	if local.Behaviour.Mapping = mappingOf(seen); local.Behaviour.Mapping == punch.OnAddrPort {
		var next []punch.Candidate
		if local.Behaviour.Delta, next = n.nextPorts(ctx, by); len(next) > 0 {
			seen = seen[:1] // those are for neighbors alone; one tells the address
			local.Candidates = append(local.Candidates, next...)
		}
	}
	if len(seen) == 0 { // no UDP leaves our network: it still tells who is on it too
		if at := n.external(ctx); at.IsValid() {
			seen = append(seen, netip.AddrPortFrom(at, n.addr.Port()))
		}
	}
	slices.SortFunc(seen, netip.AddrPort.Compare)
	for _, at := range slices.Compact(seen) {
		add(punch.Reflexive, at)
	}
	for _, own := range n.ownAddrs() {
		if own.IsLinkLocalUnicast() {
			continue // nobody else knows which link
		}
		k := punch.Host
		if own.Is6() && own.IsGlobalUnicast() && !own.IsPrivate() {
			k = punch.IPv6
		}
		add(k, netip.AddrPortFrom(own, n.addr.Port()))
	}
	local.Candidates = local.Candidates[:min(len(local.Candidates), maxOwnCandidates)]
	return local
}

// external is the address at which neighbors see us, as far as they agree.
func (n *Node) external(ctx context.Context) netip.Addr {
	s, err := n.overlay.Status(ctx)
	if err != nil {
		return netip.Addr{}
	}
	return s.External
}

// mappingOf tells of our NAT by the addresses at which neighbors see one port of ours.
func mappingOf(seen []netip.AddrPort) punch.Dependence {
	switch {
	case len(seen) < 2:
		return punch.Unknown // one alone tells nothing
	case slices.ContainsFunc(seen, func(at netip.AddrPort) bool { return at != seen[0] }):
		return punch.OnAddrPort
	}
	return punch.Independent
}

// nextPorts is where a NAT that gives everybody another port may see us next, if it
// counts them: two neighbors are asked in turn from a new port, as those we talk with
// have seen theirs for long.
func (n *Node) nextPorts(ctx context.Context, ask []netip.AddrPort) (delta int16, next []punch.Candidate) {
	ctx, cancel := context.WithTimeout(ctx, seenTimeout)
	defer cancel()
	conn, err := n.stuns.listen(ctx)
	if err != nil {
		n.log.Debug().Err(err).Msg("ports of the NAT are not counted")
		return 0, nil
	}
	client := stun.Open(conn, stun.Config{RTO: seenRTO})
	defer client.Close()
	var seen [2]netip.AddrPort
	for i := range seen {
		answer, err := client.Bind(ctx, ask[i], stun.Options{})
		if err != nil {
			return 0, nil
		}
		seen[i] = answer.Mapped
	}
	return countedPorts(seen[0], seen[1])
}

// countedPorts is what follows after two ports, if they are near.
func countedPorts(first, second netip.AddrPort) (delta int16, next []punch.Candidate) {
	step := int(second.Port()) - int(first.Port())
	if first.Addr() != second.Addr() || max(step, -step) > maxPortStep {
		return 0, nil
	}
	return int16(step), punch.Predict(second, int16(step), predictedPorts)
}

// askSeen asks some neighbors at which address they see our UDP port; the second result
// is who answered. What the peer has of us it has no sooner, so who is near is not waited
// for as long as who is far: where no UDP comes through, nobody answers.
func (n *Node) askSeen(ctx context.Context) (seen, by []netip.AddrPort) {
	s, err := n.overlay.Status(ctx)
	if err != nil {
		return nil, nil
	}
	var ask []netip.AddrPort
	wait := time.Duration(0)
	for i := range s.Neighbors {
		at, ok := listensAt(&s.Neighbors[i])
		if len(ask) == maxSeers || !ok || !s.Neighbors[i].STUN && !s.Neighbors[i].Relays && !s.Neighbors[i].Words {
			continue
		}
		ask = append(ask, at)
		wait = max(wait, seenWait(s.Neighbors[i].RTT))
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var mu sync.Mutex
	var asking sync.WaitGroup
	for _, at := range ask {
		asking.Go(func() {
			answer, err := n.stuns.client.Bind(ctx, at, stun.Options{Config: stun.Config{RTO: seenRTO}})
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				seen, by = append(seen, answer.Mapped), append(by, at)
			}
		})
	}
	asking.Wait()
	return seen, by
}

// seenWait is how long a neighbor has to answer, by its round trip over the link; 0 is not
// known.
func seenWait(rtt time.Duration) time.Duration {
	if rtt == 0 {
		return seenTimeout
	}
	return min(minSeenTimeout+2*rtt, seenTimeout)
}
