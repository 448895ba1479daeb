package punch

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"time"
)

// Initiate opens a path to the peer at the other end of a signal, which responds.
// The Outcome is there in any case.
func (p *Puncher) Initiate(ctx context.Context, signal Signal, local Local) (*Conn, Outcome, error) {
	start := time.Now()
	out := Outcome{Role: Initiator}
	var id ID
	crand.Read(id[:])
	var conn *Conn
	var err error
	for round := uint8(1); round <= maxRounds; round++ {
		before := out.RTT
		conn, err = p.initiateRound(ctx, signal, local, id, round, &out)
		if err == nil || ctx.Err() != nil || !again(out.Reason, err) {
			break
		}
		if round > 1 && out.Reason == Silent && (out.RTT-before).Abs() > rttSpread {
			out.Reason = BadTiming
		}
	}
	out.Took = time.Since(start)
	if err != nil {
		return nil, out, fmt.Errorf("punch: initiate: %v: %w", out.Reason, err)
	}
	return conn, out, nil
}

// again reports whether another round may do better: whatever was lost may not be
// lost then.
func again(why Reason, err error) bool {
	switch why {
	case Silent, BothSymmetric, NoHandshake:
		return true
	case NoSignal:
		return errors.Is(err, context.DeadlineExceeded)
	}
	return false
}

func (p *Puncher) initiateRound(ctx context.Context, signal Signal, local Local, id ID, round uint8, out *Outcome) (*Conn, error) {
	out.Rounds, out.Reason = int(round), NoSignal
	var over *Detour
	if round > 1 { // no hole led to the peer
		over = local.detour(ctx)
	}
	own := p.newMessage(Offer, id, round, local, over)
	sent := time.Now()
	if err := signal.Send(ctx, own.AppendTo(nil)); err != nil {
		return nil, err
	}
	theirs, err := receive(ctx, signal, answerTime, out, func(m Message) bool {
		return m.Type == Answer && m.ID == id && m.Round == round
	})
	if err != nil {
		return nil, err
	}
	out.RTT = time.Since(sent)
	use, err := admit(own, theirs, out)
	if err != nil {
		return nil, err
	}
	a := p.newAttempt(Initiator, id, theirs.Key, over)
	if !p.enter(a) {
		out.Reason = Busy
		return nil, errBusy
	}
	defer p.leave(a)
	if err := signal.Send(ctx, Message{Type: Sync, ID: id, Round: round}.AppendTo(nil)); err != nil {
		return nil, err
	}
	return a.play(ctx, own, theirs, use, time.Now().Add(out.RTT/2), out)
}

var (
	errBusy         = errors.New("punch: too many attempts, or one with this peer")
	errNoCandidates = errors.New("punch: no address of the peer may be tried")
)

// admit chooses among the candidates of the peer.
func admit(own, theirs Message, out *Outcome) ([]Candidate, error) {
	use, not := choose(own.Candidates, theirs.Candidates)
	out.Failed = not
	if len(use) == 0 {
		out.Reason = NoCandidates
		return nil, errNoCandidates
	}
	return use, nil
}

// play runs the probes of a round from a time on, and keeps what came of it.
func (a *attempt) play(ctx context.Context, own, theirs Message, use []Candidate, start time.Time, out *Outcome) (*Conn, error) {
	var secret roundKey
	crand.Read(secret[:])
	defer a.permit(ctx, use)()
	policy := newAttempt(a.role, own, theirs, secret, use, newRand(), start)
	conn, err := a.run(ctx, policy)
	out.Failed = append(out.Failed, policy.Failures()...)
	out.Winner, _ = policy.Winner()
	out.Reason = reasonOf(err)
	if out.Reason == Silent && own.Behaviour.Mapping > Independent && theirs.Behaviour.Mapping > Independent {
		out.Reason = BothSymmetric
	}
	if out.Reason == None {
		out.Winner.Addr = addrPort(conn.RemoteAddr(), out.Winner.Addr)
		out.Winner.Kind = policy.kindOf(out.Winner.Addr, conn.over != nil)
	}
	return conn, err
}
