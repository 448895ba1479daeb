package punch

import (
	"context"
	crand "crypto/rand"
	"errors"
	"net"
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

	mu    sync.Mutex
	left  bool       // nobody reads the inbox any more
	inbox chan event // bounded by inboxLen; what does not fit is dropped
}

func (p *Puncher) newAttempt(role Role, id ID, peer Fingerprint) *attempt {
	return &attempt{p: p, role: role, id: id, peer: peer, inbox: make(chan event, inboxLen)}
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
				return welcome(ctx, ev.conn)
			}
			a.send(policy.Receive(time.Now(), ev.from, ev.data))
			if winner, ok := policy.Winner(); ok && a.role == Initiator {
				return a.dial(ctx, net.UDPAddrFromAddrPort(winner.Addr))
			}
		}
	}
}

// send sends probes. Those that cannot leave are lost like others.
func (a *attempt) send(sends []Send) {
	for _, s := range sends {
		a.p.cfg.Transport.WriteTo(s.Data, net.UDPAddrFromAddrPort(s.To))
	}
}

// dial connects to the responder over the path that was proven, and waits for its
// word: TLS tells a client nothing of what the server thinks of its certificate.
func (a *attempt) dial(ctx context.Context, to net.Addr) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	config := pin(a.p.cfg.Client, func(f Fingerprint) bool { return f == a.peer })
	conn, err := a.p.cfg.Transport.Dial(ctx, to, config, quicConfig())
	if err != nil {
		return nil, err
	}
	word, err := conn.AcceptUniStream(ctx)
	if err != nil {
		conn.CloseWithError(codeDone, "")
		return nil, err
	}
	word.CancelRead(codeDone)
	return &Conn{conn}, nil
}

// welcome tells the initiator that it was taken.
func welcome(ctx context.Context, conn *quic.Conn) (*Conn, error) {
	word, err := conn.OpenUniStreamSync(ctx)
	if err == nil {
		err = word.Close()
	}
	if err != nil {
		conn.CloseWithError(codeDone, "")
		return nil, err
	}
	return &Conn{conn}, nil
}

// newMessage is what this side says in a round.
func (p *Puncher) newMessage(t Type, id ID, round uint8, local Local) Message {
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
