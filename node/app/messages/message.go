package messages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"filbert/overlay/group"
	"filbert/overlay/identity"
)

// Kind says what a conversation is with.
type Kind byte

// The kinds.
const (
	Peer  Kind = 1
	Group Kind = 2
)

func (k Kind) String() string {
	switch k {
	case Peer:
		return "peer"
	case Group:
		return "group"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Conversation is where a message belongs, as it is signed: the peer that it is to, or the
// group. In the history of a node it is that with a peer, to or by which messages are, or
// with a group.
type Conversation struct {
	Kind Kind
	ID   [32]byte
}

// To is the conversation with a peer.
func To(p identity.PeerID) Conversation { return Conversation{Peer, p} }

// In is the conversation of a group.
func In(g group.ID) Conversation { return Conversation{Group, g} }

// PeerID is the peer of a conversation with one.
func (c Conversation) PeerID() identity.PeerID { return c.ID }

// key is its bytes in the history.
func (c Conversation) key() []byte {
	if c.Kind == Peer {
		return c.ID[:]
	}
	return append([]byte{byte(c.Kind)}, c.ID[:]...)
}

// conversationOf reads a key.
func conversationOf(key []byte) (c Conversation) {
	c.Kind = Peer
	if len(key) > len(c.ID) {
		c.Kind, key = Kind(key[0]), key[1:]
	}
	copy(c.ID[:], key)
	return c
}

// Message is one text.
//
//	0   kind of the conversation, 1 byte: 1 = with a peer, 2 = in a group
//	1   conversation, 32 bytes: the ID of the peer that it is to, or of the group
//	33  author, 32 bytes
//	65  sequence of the author's message before it in this conversation, 0 = none
//	73  sequence: microseconds of Unix, and higher than all before
//	81  text, 1 to MaxText bytes of UTF-8
//	    signature of signedDomain and all before it, 64 bytes
type Message struct {
	In       Conversation
	Author   identity.PeerID
	Previous uint64
	Sequence uint64
	Text     string

	signature [signatureLen]byte
}

const (
	signedDomain = "filbert message 1\x00"
	signatureLen = 64
	headerLen    = 1 + 32 + 32 + 8 + 8
	maxMessage   = headerLen + MaxText + signatureLen
)

// Errors of messages.
var (
	// ErrText: it is empty, too long or no UTF-8.
	ErrText = fmt.Errorf("want a text of 1 to %d bytes of UTF-8", MaxText)
	// ErrMalformed: the bytes are no message.
	ErrMalformed = errors.New("malformed message")
)

// CheckText reports why a text cannot be sent.
func CheckText(text string) error {
	if text == "" || len(text) > MaxText || !utf8.ValidString(text) {
		return fmt.Errorf("messages: %d bytes: %w", len(text), ErrText)
	}
	return nil
}

// signer is an identity.
type signer interface {
	PeerID() identity.PeerID
	Sign(message []byte) []byte
}

// write is a message of ours, after the last one in the conversation.
func write(self signer, in Conversation, last uint64, text string, now time.Time) (Message, error) {
	if err := CheckText(text); err != nil {
		return Message{}, err
	}
	m := Message{In: in, Author: self.PeerID(), Previous: last, Sequence: max(uint64(now.UnixMicro()), last+1), Text: text}
	m.signature = [signatureLen]byte(self.Sign(m.signed()))
	return m, nil
}

// Sent is when the author says it was written.
func (m *Message) Sent() time.Time { return time.UnixMicro(int64(m.Sequence)) }

// AppendTo appends the bytes of a message.
func (m *Message) AppendTo(b []byte) []byte {
	b = append(b, byte(m.In.Kind))
	b = append(b, m.In.ID[:]...)
	b = append(b, m.Author[:]...)
	b = binary.BigEndian.AppendUint64(b, m.Previous)
	b = binary.BigEndian.AppendUint64(b, m.Sequence)
	b = append(b, m.Text...)
	return append(b, m.signature[:]...)
}

// Parse reads a message. Whether it is genuine, Genuine tells.
func Parse(b []byte) (Message, error) {
	var m Message
	if len(b) <= headerLen+signatureLen || len(b) > maxMessage {
		return m, fmt.Errorf("messages: %w: %d bytes", ErrMalformed, len(b))
	}
	m.In.Kind = Kind(b[0])
	copy(m.In.ID[:], b[1:33])
	copy(m.Author[:], b[33:65])
	m.Previous, m.Sequence = binary.BigEndian.Uint64(b[65:73]), binary.BigEndian.Uint64(b[73:81])
	m.Text = string(b[headerLen : len(b)-signatureLen])
	copy(m.signature[:], b[len(b)-signatureLen:])
	switch {
	case m.In.Kind != Peer && m.In.Kind != Group:
		return m, fmt.Errorf("messages: %w: %v", ErrMalformed, m.In.Kind)
	case m.Previous >= m.Sequence:
		return m, fmt.Errorf("messages: %w: sequence %d after %d", ErrMalformed, m.Sequence, m.Previous)
	case !utf8.ValidString(m.Text):
		return m, fmt.Errorf("messages: %w: the text is no UTF-8", ErrMalformed)
	}
	return m, nil
}

// Genuine reports whether the author wrote it.
func (m *Message) Genuine() bool { return m.Author.Signed(m.signed(), m.signature[:]) }

func (m *Message) signed() []byte {
	b := m.AppendTo([]byte(signedDomain))
	return b[:len(b)-signatureLen]
}
