package node

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"filbert/nat/punch"
	"filbert/nat/stun"
)

// punchHello is the first line of a circuit that carries words about a path.
const punchHello = "PUNCH/0.1"

// signal carries these words over a circuit, each behind its length. It implements
// punch.Signal.
//
//	offset  bytes  what
//	     0      2  length n, big endian, at most maxPunchWord
//	     2      n  the message
type signal struct {
	conn net.Conn
	in   *bufio.Reader // Receive's
}

// Send implements punch.Signal.
func (s *signal) Send(ctx context.Context, message []byte) error {
	defer s.until(ctx, s.conn.SetWriteDeadline)()
	b := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	_, err := s.conn.Write(append(b, message...))
	return s.because(ctx, err)
}

// Receive implements punch.Signal.
func (s *signal) Receive(ctx context.Context) ([]byte, error) {
	defer s.until(ctx, s.conn.SetReadDeadline)()
	b, err := readWord(s.in)
	return b, s.because(ctx, err)
}

// until ends what waits for the connection with ctx; what it returns ends that.
func (s *signal) until(ctx context.Context, set func(time.Time) error) func() {
	set(time.Time{}) // an error shows at the read or write
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		set(time.Unix(1, 0))
		close(done)
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// because is ctx's error if that ended it.
func (s *signal) because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// readWord reads one message.
func readWord(r io.Reader) ([]byte, error) {
	var n [2]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, fmt.Errorf("node: punch: %w", err)
	}
	length := binary.BigEndian.Uint16(n[:])
	if length > maxPunchWord {
		return nil, fmt.Errorf("node: punch: message of %d bytes, at most %d are taken", length, maxPunchWord)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("node: punch: %w", err)
	}
	return b, nil
}

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
	seen, by := n.askSeen(ctx)
	if local.Behaviour.Mapping = mappingOf(seen); local.Behaviour.Mapping == punch.OnAddrPort {
		var next []punch.Candidate
		if local.Behaviour.Delta, next = n.nextPorts(ctx, by); len(next) > 0 {
			seen = seen[:1] // those are for neighbors alone; one tells the address
			local.Candidates = append(local.Candidates, next...)
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
// is who answered.
func (n *Node) askSeen(ctx context.Context) (seen, by []netip.AddrPort) {
	ctx, cancel := context.WithTimeout(ctx, seenTimeout)
	defer cancel()
	s, err := n.overlay.Status(ctx)
	if err != nil {
		return nil, nil
	}
	var mu sync.Mutex
	var asking sync.WaitGroup
	asked := 0
	for i := range s.Neighbors {
		at := s.Neighbors[i].Listen
		// Its word is taken for the port alone: else we would send to whom it likes.
		if asked == maxSeers || at.Addr() != s.Neighbors[i].Addr.Addr() || !s.Neighbors[i].STUN && !s.Neighbors[i].Relays {
			continue
		}
		asked++
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
