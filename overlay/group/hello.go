package group

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"time"

	"filbert/overlay/identity"
)

// The first words on a stream of a group prove who is at each end, in this stream and no
// other:
//
//	A accepts       nonce, 32 bytes
//	D dials         purpose, 1 byte; group, 32; its ID, 32; nonce, 32; digest, 8; signature, 64
//	                to join: the join request, 352
//	A answers       reason, 1; digest, 8; signature, 64
//
// Each signs a domain, then purpose, group, D's ID, A's ID, A's nonce, D's nonce, D's digest,
// and A its reason and digest. The digests are of the records of each, the first bytes: so
// two that have no key in common learn on any stream that they differ. To who is no member and has no invite A says nothing at all: whether it is in a
// group it tells members only, and those who were.

// purpose is what a stream is for.
type purpose byte

const (
	forGossip purpose = 1 + iota // memberlist
	forSync                      // records
	forJoin                      // to become a member
)

const (
	nonceLen    = 32
	briefLen    = 8 // of a digest
	helloLen    = 1 + hashLen + peerLen + nonceLen + briefLen + signatureLen
	answerLen   = 1 + briefLen + signatureLen
	joinLen     = hashLen + cardLen + peerLen + peerLen + 2*signatureLen
	cardLen     = peerLen + boxLen + signatureLen
	introLength = 1 + hashLen + 2*peerLen + 2*nonceLen + briefLen
)

// hello is what both ends know when it is over.
type hello struct {
	purpose  purpose
	group    ID
	dialer   identity.PeerID
	acceptor identity.PeerID
	theirs   [nonceLen]byte // of the acceptor
	ours     [nonceLen]byte // of the dialer
	has      brief          // the dialer's records
	found    brief          // the acceptor's
	join     *JoinRequest
}

// brief is the beginning of the digest of somebody's records.
type brief [briefLen]byte

func (s *State) brief() brief {
	d := s.Digest()
	return brief(d[:])
}

func (h *hello) intro(domain string) []byte {
	b := make([]byte, 0, len(domain)+introLength+1)
	b = append(b, domain...)
	b = append(b, byte(h.purpose))
	b = append(b, h.group[:]...)
	b = append(b, h.dialer[:]...)
	b = append(b, h.acceptor[:]...)
	b = append(b, h.theirs[:]...)
	b = append(b, h.ours[:]...)
	return append(b, h.has[:]...)
}

// answered is what the acceptor signs.
func (h *hello) answered(why byte) []byte {
	return append(append(h.intro(answerDomain), why), h.found[:]...)
}

// call is the dialer's part. The answer is an error if it is a refusal.
func call(c net.Conn, self Signer, h *hello, now time.Time) error {
	if err := c.SetDeadline(now.Add(helloTime)); err != nil {
		return fmt.Errorf("group: hello: %w", err)
	}
	if _, err := io.ReadFull(c, h.theirs[:]); err != nil {
		return fmt.Errorf("group: hello: %w", err)
	}
	h.dialer = self.PeerID()
	rand.Read(h.ours[:])
	b := append([]byte{byte(h.purpose)}, h.group[:]...)
	b = append(b, h.dialer[:]...)
	b = append(b, h.ours[:]...)
	b = append(b, h.has[:]...)
	b = append(b, self.Sign(h.intro(helloDomain))...)
	if h.join != nil {
		b = h.join.AppendTo(b)
	}
	if _, err := c.Write(b); err != nil {
		return fmt.Errorf("group: hello: %w", err)
	}
	var answer [answerLen]byte
	if _, err := io.ReadFull(c, answer[:]); err != nil {
		return fmt.Errorf("group: hello: %w", err)
	}
	copy(h.found[:], answer[1:])
	if !ed25519.Verify(h.acceptor[:], h.answered(answer[0]), answer[1+briefLen:]) {
		return refused(BadSignature)
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("group: hello: %w", err)
	}
	return refused(Reason(answer[0]))
}

// listen is the acceptor's part up to its answer.
func listen(c net.Conn, self Signer, now time.Time) (*hello, error) {
	if err := c.SetDeadline(now.Add(helloTime)); err != nil {
		return nil, fmt.Errorf("group: hello: %w", err)
	}
	h := &hello{acceptor: self.PeerID()}
	rand.Read(h.theirs[:])
	if _, err := c.Write(h.theirs[:]); err != nil {
		return nil, fmt.Errorf("group: hello: %w", err)
	}
	var b [helloLen]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return nil, fmt.Errorf("group: hello: %w", err)
	}
	signature := h.parse(b[:])
	if h.dialer == h.acceptor || !ed25519.Verify(h.dialer[:], h.intro(helloDomain), signature) {
		return nil, refused(BadSignature)
	}
	if h.purpose != forJoin {
		return h, nil
	}
	var j [joinLen]byte
	if _, err := io.ReadFull(c, j[:]); err != nil {
		return nil, fmt.Errorf("group: hello: %w", err)
	}
	var err error
	if h.join, err = ParseJoinRequest(j[:]); err != nil {
		return nil, err
	}
	if h.join.Card.Peer != h.dialer || h.join.Group != h.group {
		return nil, refused(BadSignature)
	}
	return h, nil
}

// parse reads what the dialer said and returns its signature.
func (h *hello) parse(b []byte) []byte {
	c := cursor{b: b}
	h.purpose = purpose(c.byte())
	c.fill(h.group[:])
	c.fill(h.dialer[:])
	c.fill(h.ours[:])
	c.fill(h.has[:])
	return c.take(signatureLen)
}

// answer tells the dialer whether it is let in.
func (h *hello) answer(c net.Conn, self Signer, why Reason) error {
	b := append([]byte{byte(why)}, h.found[:]...)
	b = append(b, self.Sign(h.answered(byte(why)))...)
	if _, err := c.Write(b); err != nil {
		return fmt.Errorf("group: hello: %w", err)
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("group: hello: %w", err)
	}
	return nil
}
