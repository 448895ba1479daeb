package handshake

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"filbert/overlay/identity"
)

// A Judge decides whether a peer is let in. It is asked once in a handshake:
// by an acceptor before it answers, by an initiator before it confirms. It may
// block until ctx ends.
type Judge interface {
	Judge(ctx context.Context, p *Peer) Verdict
}

// Securer turns connections into TLS ones. Its methods take what was read from
// the connection already; they return when the handshake of TLS is over, at the
// latest at the deadline, and do not close the connection when it fails. A
// *tlslink.Layer is one.
type Securer interface {
	Client(ctx context.Context, conn net.Conn, prefix []byte, deadline time.Time) (net.Conn, error)
	Server(ctx context.Context, conn net.Conn, prefix []byte, deadline time.Time) (net.Conn, error)
}

// Session is one connection on its way through the handshake. The caller owns
// the connection and closes it when the handshake ends in an error.
type Session struct {
	Conn   net.Conn
	Reader *bufio.Reader // over Conn; may hold bytes already
	// Deadline is when the handshake must be over, that of TLS included.
	Deadline time.Time

	TLS     Securer // nil when there is no TLS to be had
	IDs     Securer // TLS in which both sides prove their IDs; nil when there is none to be had
	Secured bool    // Conn is a TLS connection already
}

// Established is a finished handshake.
type Established struct {
	Peer *Peer // as it is in the end: guided to be a leaf, it has become one
	Terms
	Conn net.Conn // for the messages: that of the session, or the TLS one above it
	Rest []byte   // read from Conn already, the first bytes of the messages
}

// Initiate opens a handshake as the side that connected.
//
// Errors: *RefusedError when the other side turned us away, *TurnedAwayError
// when judge turned it away, *ProtocolError when it broke the rules, *TLSError
// when all was agreed on but TLS failed, *IdentityError when an ID that was promised
// or expected was not proven, otherwise the error of the connection.
func Initiate(ctx context.Context, s Session, offer Offer, judge Judge) (*Established, error) {
	defer s.bind(ctx)()
	if err := offer.check(); err != nil {
		return nil, err
	}
	upgradable := s.upgradable(offer)
	ours := offer.hello(s.remote(), upgradable)
	if err := s.write(ours.appendTo([]byte(connectLine + "\r\n"))); err != nil {
		return nil, err
	}
	p, err := s.readAnswer(offer)
	if err != nil {
		return nil, err
	}
	if err := s.silent("before our confirmation"); err != nil {
		return nil, err
	}
	proving := upgradable && offer.Proves && p.Proves()
	verdict := objection(p, offer, upgradable, proving)
	if verdict.Code == OK {
		verdict = judge.Judge(ctx, p)
	}
	if verdict.Code != OK {
		return nil, s.refuse(offer, verdict)
	}
	t := Terms{
		Role:       offer.role(),
		DeflateIn:  p.SendsDeflate,
		DeflateOut: offer.Deflate && p.AcceptsDeflate,
		TLS:        p.ConfirmsTLS,
	}
	if verdict.Become == RoleLeaf {
		t.Role = RoleLeaf
	}
	confirmation := offer.confirmation(p, t)
	if err := s.write(confirmation.appendTo(appendStatus(nil, OK, "OK"))); err != nil {
		return nil, err
	}
	return s.established(ctx, p, t, proving, offer.Expect, Securer.Client)
}

// objection turns an answer away that wants TLS though nobody can, or that does not
// want it although an ID is to be proven in it.
func objection(p *Peer, offer Offer, upgradable, proving bool) Verdict {
	switch {
	case proving && !p.ConfirmsTLS:
		return Refused(BadRequest, "ID promised, and no TLS to prove it in")
	case offer.Expect != identity.PeerID{} && !proving:
		return Refused(Forbidden, "ID not proven")
	case p.ConfirmsTLS && !p.OffersTLS:
		return Refused(BadRequest, "Connection: Upgrade without Upgrade")
	case p.ConfirmsTLS && !upgradable:
		return Refused(Conflict, "TLS was not offered")
	}
	return Accepted()
}

// Accept answers a handshake whose first line (without line end) was read from
// the session already. Errors are those of Initiate, and ErrCrawled.
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
	if p.ConfirmsTLS && !p.OffersTLS {
		return nil, s.refuse(offer, Refused(BadRequest, "Connection: Upgrade without Upgrade"))
	}
	upgradable := s.upgradable(offer)
	proving := upgradable && offer.Proves && p.Proves()
	if proving && !p.OffersTLS {
		return nil, s.refuse(offer, Refused(BadRequest, "ID promised, and no TLS to prove it in"))
	}
	verdict := judge.Judge(ctx, p)
	switch {
	case verdict.Code != OK:
		return nil, s.refuse(offer, verdict)
	case p.Crawler != (Version{}):
		census := offer.census(verdict)
		return nil, errors.Join(ErrCrawled, s.write(census.appendTo(appendStatus(nil, OK, "OK"))))
	}
	if verdict.Become != RoleUnknown {
		offer.Role = verdict.Become
	}
	t := Terms{
		Role:       offer.role(),
		DeflateOut: offer.Deflate && p.AcceptsDeflate,
		TLS:        upgradable && p.OffersTLS,
	}
	ours := offer.answer(s.remote(), verdict, t, upgradable)
	if err := s.write(ours.appendTo(appendStatus(nil, OK, "OK"))); err != nil {
		return nil, err
	}
	confirmed, err := s.readAnswer(offer)
	switch {
	case err != nil:
		return nil, err
	case confirmed.ConfirmsTLS && !t.TLS:
		return nil, &ProtocolError{"peer goes on in TLS although we did not agree"}
	case proving && !confirmed.ConfirmsTLS:
		return nil, &IdentityError{errNoTLS}
	}
	t.DeflateIn, t.TLS = confirmed.SendsDeflate, confirmed.ConfirmsTLS
	final := *p // the judge may still look at p
	if confirmed.Role == RoleLeaf {
		final.Role = RoleLeaf
	}
	return s.established(ctx, &final, t, proving, identity.PeerID{}, Securer.Server)
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

// upgradable reports whether the session can go on in TLS, for our part.
func (s Session) upgradable(offer Offer) bool { return offer.TLS && s.TLS != nil && !s.Secured }

// readAnswer reads a status line and its block. A refusal is an error.
func (s Session) readAnswer(offer Offer) (*Peer, error) {
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
	switch encoded := theirs.Get("Content-Encoding"); {
	case p.SendsDeflate && !offer.Deflate:
		return nil, &ProtocolError{"peer compresses although we offered no deflate"}
	case encoded != "" && !p.SendsDeflate:
		return nil, &ProtocolError{fmt.Sprintf("peer encodes by %q, which was not offered", clip(encoded, 64))}
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

// established hands over what the handshake came to, in TLS if that was agreed
// on, and if both promised it with the other's ID proven in it: the expected one, unless
// that is zero. secure is our side of it.
func (s Session) established(ctx context.Context, p *Peer, t Terms, proving bool, expect identity.PeerID,
	secure func(Securer, context.Context, net.Conn, []byte, time.Time) (net.Conn, error)) (*Established, error) {
	rest := make([]byte, s.Reader.Buffered())
	if _, err := s.Reader.Read(rest); err != nil && len(rest) > 0 {
		return nil, fmt.Errorf("handshake: read: %w", err)
	}
	e := &Established{Peer: p, Terms: t, Conn: s.Conn, Rest: rest}
	switch {
	case proving:
		conn, err := secure(s.IDs, ctx, s.Conn, rest, s.Deadline)
		if err == nil {
			e.ID, err = proven(conn, p, expect)
		}
		if err != nil {
			return nil, &IdentityError{err}
		}
		e.Conn, e.Rest = conn, nil
	case t.TLS:
		conn, err := secure(s.TLS, ctx, s.Conn, rest, s.Deadline)
		if err != nil {
			return nil, &TLSError{err}
		}
		e.Conn, e.Rest = conn, nil
	}
	e.TLS = t.TLS || s.Secured
	return e, nil
}

// proven is the ID that a peer has proven on a connection. It must be the one that its
// GUID is made of.
func proven(conn net.Conn, p *Peer, expect identity.PeerID) (identity.PeerID, error) {
	id, err := identity.Proven(conn)
	switch {
	case err != nil:
		return id, err
	case p.GUID != id.GUID():
		return id, fmt.Errorf("its GUID is not that of its ID %v", id)
	case expect != identity.PeerID{} && id != expect:
		return id, fmt.Errorf("%w: %v, not %v", identity.ErrWrongPeer, id, expect)
	}
	return id, nil
}
