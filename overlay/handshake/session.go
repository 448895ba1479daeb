package handshake

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// A Judge decides whether a peer is let in. It is asked once in a handshake:
// by an acceptor before it answers, by an initiator before it confirms. It may
// block until ctx ends.
type Judge interface {
	Judge(ctx context.Context, p *Peer) Verdict
}

// Session is one connection on its way through the handshake. The caller owns
// the connection and closes it when the handshake ends in an error.
type Session struct {
	Conn   net.Conn
	Reader *bufio.Reader // over Conn; may hold bytes already
	// Deadline is when the handshake must be over.
	Deadline time.Time
}

// Established is a finished handshake: what the peer said, and the bytes that
// came after its last block and belong to the messages.
type Established struct {
	Peer *Peer
	Rest []byte
}

// Initiate opens a handshake as the side that connected.
//
// Errors: *RefusedError when the other side turned us away, *TurnedAwayError
// when judge turned it away, *ProtocolError when it broke the rules, otherwise
// the error of the connection.
func Initiate(ctx context.Context, s Session, offer Offer, judge Judge) (*Established, error) {
	defer s.bind(ctx)()
	if err := offer.check(); err != nil {
		return nil, err
	}
	ours := offer.headers(s.remote(), nil)
	if err := s.write(ours.appendTo([]byte(connectLine + "\r\n"))); err != nil {
		return nil, err
	}
	p, err := s.readAnswer()
	if err != nil {
		return nil, err
	}
	if err := s.silent("before our confirmation"); err != nil {
		return nil, err
	}
	verdict := judge.Judge(ctx, p)
	var confirmation Headers
	if verdict.Code != OK {
		confirmation = offer.refusal(verdict, s.remote())
	}
	err = s.write(confirmation.appendTo(appendStatus(nil, verdict.Code, verdict.Text)))
	if verdict.Code != OK {
		return nil, &TurnedAwayError{verdict.Code, verdict.Text}
	}
	if err != nil {
		return nil, err
	}
	return s.established(p)
}

// Accept answers a handshake whose first line (without line end) was read from
// the session already. Errors are those of Initiate.
func Accept(ctx context.Context, s Session, line string, offer Offer, judge Judge) (*Established, error) {
	defer s.bind(ctx)()
	if err := errors.Join(offer.check(), checkHello(line)); err != nil {
		return nil, err
	}
	theirs, err := s.readBlock()
	if err != nil {
		if errors.Is(err, errTooLarge) {
			return nil, s.refuse(offer, Refused(HeaderTooLarge, "Header block too large"))
		}
		return nil, err
	}
	if err := s.silent("before our answer"); err != nil {
		return nil, err
	}
	if accept, ok := theirs.Lookup("Accept"); ok && !hasToken(accept, "application/x-gnutella-packets") {
		return nil, s.refuse(offer, Refused(NotAcceptable, "Only application/x-gnutella-packets is spoken"))
	}
	p := parsePeer(&theirs)
	verdict := judge.Judge(ctx, p)
	if verdict.Code != OK {
		return nil, s.refuse(offer, verdict)
	}
	ours := offer.headers(s.remote(), verdict.Try)
	if err := s.write(ours.appendTo(appendStatus(nil, OK, "OK"))); err != nil {
		return nil, err
	}
	confirmed, err := s.readAnswer()
	if err != nil {
		return nil, err
	}
	p.SendsDeflate = confirmed.SendsDeflate
	return s.established(p)
}

// bind ends the session's blocking calls at its deadline or when ctx ends. The
// function it returns takes the deadline off again.
func (s Session) bind(ctx context.Context) func() {
	s.Conn.SetDeadline(s.Deadline) // an error shows at the next read
	stop := context.AfterFunc(ctx, func() { s.Conn.SetDeadline(time.Unix(1, 0)) })
	return func() {
		if stop() {
			s.Conn.SetDeadline(time.Time{})
		}
	}
}

func (s Session) remote() netip.Addr {
	if a, ok := s.Conn.RemoteAddr().(interface{ AddrPort() netip.AddrPort }); ok {
		return a.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// readAnswer reads a status line and its block. A refusal is an error.
func (s Session) readAnswer() (*Peer, error) {
	line, err := readLine(s.Reader, maxFirstLine)
	if err != nil {
		return nil, fmt.Errorf("handshake: read: %w", err)
	}
	code, text, err := parseStatus(line)
	if err != nil {
		return nil, err
	}
	theirs, err := s.readBlock()
	if err != nil {
		return nil, err
	}
	p := parsePeer(&theirs)
	if code < 200 || code > 299 || code == 204 { // 204: a leaf that wants no more ultrapeers
		return nil, &RefusedError{code, text, p.Agent, p.Try}
	}
	if p.SendsDeflate {
		return nil, &ProtocolError{"peer compresses although we offered no deflate"}
	}
	return p, nil
}

func (s Session) readBlock() (Headers, error) {
	h, err := readHeaders(s.Reader)
	if err != nil {
		return h, fmt.Errorf("handshake: read: %w", err)
	}
	return h, nil
}

// silent checks that the peer waits for its turn.
func (s Session) silent(when string) error {
	if s.Reader.Buffered() > 0 {
		return &ProtocolError{"peer sent data " + when}
	}
	return nil
}

func (s Session) refuse(offer Offer, v Verdict) error {
	h := offer.refusal(v, s.remote())
	s.write(h.appendTo(appendStatus(nil, v.Code, v.Text))) // it is turned away whether it hears it or not
	return &TurnedAwayError{v.Code, v.Text}
}

func (s Session) write(b []byte) error {
	if _, err := s.Conn.Write(b); err != nil {
		return fmt.Errorf("handshake: write: %w", err)
	}
	return nil
}

func (s Session) established(p *Peer) (*Established, error) {
	rest := make([]byte, s.Reader.Buffered())
	if _, err := s.Reader.Read(rest); err != nil && len(rest) > 0 {
		return nil, fmt.Errorf("handshake: read: %w", err)
	}
	return &Established{Peer: p, Rest: rest}, nil
}
