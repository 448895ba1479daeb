package punch

import (
	"context"
	crand "crypto/rand"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
)

// attempt is the doing of one round: it feeds an Attempt from its inbox.
type attempt struct {
	p    *Puncher
	role Role
	id   ID
	peer Fingerprint
	over *Detour // ours at a third party, nil if this round has none

	mu    sync.Mutex
	heard []netip.AddrPort // addresses of the peer that genuine probes came from
	taken int              // connections that it began
	left  bool             // nobody reads the inbox any more
	inbox chan event       // bounded by inboxLen; what does not fit is dropped
}

func (p *Puncher) newAttempt(role Role, id ID, peer Fingerprint, over *Detour) *attempt {
	return &attempt{p: p, role: role, id: id, peer: peer, over: over, inbox: make(chan event, inboxLen)}
}

// post gives an event to the attempt, unless there is no room.
func (a *attempt) post(ev event) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.left {
		return false
	}
	select {
	case a.inbox <- ev:
		return true
	default:
		return false
	}
}

// hear notes where the peer proved to be.
func (a *attempt) hear(from []netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard = from
}

// takes reports whether the peer may connect from an address, and counts that.
func (a *attempt) takes(from netip.AddrPort) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.heard, from) || a.taken == maxConnects {
		return false
	}
	a.taken++
	return true
}

// drain refuses what nobody waited for.
func (a *attempt) drain() {
	a.mu.Lock()
	a.left = true
	a.mu.Unlock()
	for {
		select {
		case ev := <-a.inbox:
			if ev.conn != nil {
				ev.conn.CloseWithError(codeNobody, "nobody waits")
			}
		default:
			return
		}
	}
}

// errSilent is that of a round in which no path was proven.
var errSilent = errors.New("punch: no path")

// run sends and receives probes until there is a connection, or the round is over.
func (a *attempt) run(ctx context.Context, policy *Attempt) (*Conn, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		if policy.Over(now) {
			if _, ok := policy.Winner(); ok {
				return nil, context.DeadlineExceeded
			}
			return nil, errSilent
		}
		sends, again := policy.Due(now)
		a.send(sends)
		timer.Reset(again.Sub(now))
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
		case ev := <-a.inbox:
			if ev.conn != nil {
				return welcome(ctx, ev)
			}
			if ev.over != nil && ev.over != a.over {
				continue
			}
			sends := policy.Receive(time.Now(), ev.from, ev.over != nil, ev.data)
			a.hear(policy.Heard()) // before it can know
			a.send(sends)
			if winner, ok := policy.Winner(); ok && a.role == Initiator {
				return a.dial(ctx, winner.Addr, policy.overOurs())
			}
		}
	}
}

// send sends probes. Those that cannot leave are lost like others.
func (a *attempt) send(sends []Send) {
	for _, s := range sends {
		a.transport(s.Ours).WriteTo(s.Data, net.UDPAddrFromAddrPort(s.To))
	}
}

// transport is that of our socket, or of ours at a third party.
func (a *attempt) transport(ours bool) *quic.Transport {
	if ours {
		return a.over.transport
	}
	return a.p.cfg.Transport
}

// dial connects to the responder over the path that was proven, and waits for its
// word: TLS tells a client nothing of what the server thinks of its certificate.
func (a *attempt) dial(ctx context.Context, to netip.AddrPort, ours bool) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	config := pin(a.p.cfg.Client, func(f Fingerprint) bool { return f == a.peer })
	conn, err := a.transport(ours).Dial(ctx, net.UDPAddrFromAddrPort(to), config, quicConfig())
	if err != nil {
		return nil, err
	}
	word, err := conn.AcceptUniStream(ctx)
	if err != nil {
		conn.CloseWithError(codeDone, "")
		return nil, err
	}
	word.CancelRead(codeDone)
	c := &Conn{quic: conn}
	if ours {
		c.over = a.over
	}
	return c, nil
}

// welcome tells the initiator that it was taken.
func welcome(ctx context.Context, ev event) (*Conn, error) {
	word, err := ev.conn.OpenUniStreamSync(ctx)
	if err == nil {
		err = word.Close()
	}
	if err != nil {
		ev.conn.CloseWithError(codeDone, "")
		return nil, err
	}
	return &Conn{ev.conn, ev.over}, nil
}

// newMessage is what this side says in a round.
func (p *Puncher) newMessage(t Type, id ID, round uint8, local Local, over *Detour) Message {
	if over != nil {
		local.Candidates = withRelayed(local.Candidates, over.addr)
	}
	m := Message{Type: t, ID: id, Round: round, Behaviour: local.Behaviour, Key: p.key,
		Candidates: local.Candidates[:min(len(local.Candidates), maxCandidates)]}
	crand.Read(m.Nonce[:])
	return m
}

// reasonOf tells what an error of a round means.
func reasonOf(err error) Reason {
	var transport *quic.TransportError
	switch {
	case err == nil:
		return None
	case errors.Is(err, errSilent):
		return Silent
	case errors.Is(err, errKey):
		return WrongKey
	case errors.As(err, &transport) && transport.ErrorCode.IsCryptoError():
		return WrongKey
	case errors.Is(err, context.Canceled):
		return NoSignal
	}
	return NoHandshake
}
