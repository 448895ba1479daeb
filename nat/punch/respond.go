package punch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Respond answers the attempt of the peer at the other end of a signal. It waits
// for an Offer as long as the context lives; first, if any, was received already.
func (p *Puncher) Respond(ctx context.Context, signal Signal, local Local, first []byte) (*Conn, Outcome, error) {
	start := time.Now()
	out := Outcome{Role: Responder, Reason: NoSignal}
	offer, err := Parse(first)
	if err != nil || offer.Type != Offer {
		offer, err = receive(ctx, signal, 0, &out, func(m Message) bool { return m.Type == Offer })
	}
	var conn *Conn
	for err == nil {
		id, round := offer.ID, offer.Round
		conn, offer, err = p.respondRound(ctx, signal, local, offer, &out)
		if conn != nil || ctx.Err() != nil || err != nil && (round == maxRounds || !again(out.Reason, err)) {
			break
		}
		if err != nil { // else the Offer of the next round is there already
			var next error
			offer, next = receive(ctx, signal, answerTime, &out, func(m Message) bool { return m.Type == Offer && m.ID == id && m.Round > round })
			if next != nil {
				break
			}
			err = nil
		}
	}
	if conn == nil && err == nil {
		err = ctx.Err()
	}
	out.Took = time.Since(start)
	if err != nil {
		return nil, out, fmt.Errorf("punch: respond: %v: %w", out.Reason, err)
	}
	return conn, out, nil
}

// respondRound answers an Offer. It returns the next one if that comes instead of
// the Sync.
func (p *Puncher) respondRound(ctx context.Context, signal Signal, local Local, theirs Message, out *Outcome) (*Conn, Message, error) {
	out.Rounds, out.Reason = int(theirs.Round), NoSignal
	var over *Detour
	if theirs.Round > 1 && !slices.ContainsFunc(theirs.Candidates, isRelayed) {
		over = local.detour(ctx)
	}
	own := p.newMessage(Answer, theirs.ID, theirs.Round, local, over)
	use, err := admit(own, theirs, out)
	if err != nil {
		return nil, Message{}, err
	}
	a := p.newAttempt(Responder, theirs.ID, theirs.Key, over)
	if !p.enter(a) {
		out.Reason = Busy
		return nil, Message{}, errBusy
	}
	defer p.leave(a)
	if err := signal.Send(ctx, own.AppendTo(nil)); err != nil {
		return nil, Message{}, err
	}
	next, err := receive(ctx, signal, syncTime, out, func(m Message) bool {
		return m.ID == theirs.ID && (m.Type == Sync && m.Round == theirs.Round || m.Type == Offer && m.Round > theirs.Round)
	})
	if err != nil || next.Type == Offer {
		return nil, next, err
	}
	conn, err := a.play(ctx, own, theirs, use, time.Now(), out)
	return conn, Message{}, err
}

// receive waits for a message, and skips others; without a limit if wait is 0.
func receive(ctx context.Context, signal Signal, wait time.Duration, out *Outcome, wanted func(Message) bool) (Message, error) {
	if wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	for range maxIgnored {
		b, err := signal.Receive(ctx)
		if err != nil {
			return Message{}, err
		}
		if m, err := Parse(b); err == nil && wanted(m) {
			return m, nil
		}
		out.Ignored++
	}
	return Message{}, fmt.Errorf("punch: %d messages of no use", maxIgnored)
}

// addrPort is the address of a socket, or another one if it is none.
func addrPort(addr net.Addr, otherwise netip.AddrPort) netip.AddrPort {
	if udp, ok := addr.(*net.UDPAddr); ok {
		return netip.AddrPortFrom(udp.AddrPort().Addr().Unmap(), udp.AddrPort().Port())
	}
	return otherwise
}
