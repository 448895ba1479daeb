package proxy

import (
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"filbert/nat/punch"
)

// Kinds of words.
const (
	kindOffer  = byte(punch.Offer)
	kindAnswer = byte(punch.Answer)
	kindSync   = byte(punch.Sync)
)

// A word is a message of nat/punch, sealed:
//
//	Offer   0  1
//	        1  ephemeral X25519 key, 32 bytes
//	       33  the message, sealed to B's key (HPKE base mode, X25519, HKDF-SHA256,
//	           ChaCha20-Poly1305, info "filbert punch words 1"), and 16 bytes of tag
//	Answer  0  2
//	        1  random, 16 bytes
//	       17  the message, and 16 bytes of tag: sealed with HKDF-SHA256 of what the context
//	           of the Offer exports ("filbert punch answer 1"), salted by the ephemeral key
//	           and the random
//	Sync    0  3
//	        1  the message, sealed in the same context as the Offer, bound to SHA-256 of the
//	           Answer, and 16 bytes of tag
//
// Nobody but B can open an Offer, and so nobody else can make an Answer to it. An Offer that
// is played again has B answer, which nobody can read but A who has long gone, and no Sync
// fits to that Answer: B sends no probe. A is anonymous.

// Errors of opening words.
var (
	errNotSealed = errors.New("it is not sealed by the peer")
	errTurn      = errors.New("it is out of turn")
)

// Asker seals and opens the words of an initiator.
type Asker struct {
	to      hpke.PublicKey
	context *hpke.Sender // of the last Offer
	key     []byte       // ephemeral, of that
	answer  []byte       // digest of the Answer to it, nil before that
}

// NewAsker talks to the owner of a key.
func NewAsker(to *ecdh.PublicKey) (*Asker, error) {
	key, err := hpke.NewDHKEMPublicKey(to)
	if err != nil {
		return nil, fmt.Errorf("proxy: key of the peer: %w", err)
	}
	return &Asker{to: key}, nil
}

// Seal makes a word of a message.
func (a *Asker) Seal(message []byte) (word []byte, err error) {
	m, err := punch.Parse(message)
	if err != nil {
		return nil, err
	}
	switch {
	case m.Type == punch.Offer:
		a.answer = nil
		if a.key, a.context, err = hpke.NewSender(a.to, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte(sealInfo)); err != nil {
			return nil, fmt.Errorf("proxy: seal: %w", err)
		}
		word = append([]byte{kindOffer}, a.key...)
	case m.Type == punch.Sync && a.answer != nil:
		word = []byte{kindSync}
	default:
		return nil, fmt.Errorf("proxy: seal: %w", errTurn)
	}
	sealed, err := a.context.Seal(a.answer, message)
	if err != nil {
		return nil, fmt.Errorf("proxy: seal: %w", err)
	}
	return append(word, sealed...), nil
}

// Open reads a word of the responder.
func (a *Asker) Open(word []byte) (message []byte, err error) {
	switch {
	case len(word) > MaxWord, len(word) < 1+nonceLen+chacha20poly1305.Overhead, word[0] != kindAnswer:
		return nil, &FormatError{"word"}
	case a.context == nil || a.answer != nil:
		return nil, fmt.Errorf("proxy: open: %w", errTurn)
	}
	box, err := answerBox(a.context, a.key, word[1:1+nonceLen])
	if err != nil {
		return nil, err
	}
	message, err = box.Open(nil, make([]byte, box.NonceSize()), word[1+nonceLen:], nil)
	if err != nil {
		return nil, fmt.Errorf("proxy: open: %w", errNotSealed)
	}
	a.answer = digest(word)
	return message, nil
}

// Asked opens and seals the words of a responder.
type Asked struct {
	key     hpke.PrivateKey
	context *hpke.Recipient // of the last Offer
	theirs  []byte          // ephemeral key of that
	answer  []byte          // digest of ours, nil before that
}

// NewAsked talks as the owner of a key.
func NewAsked(own *ecdh.PrivateKey) (*Asked, error) {
	key, err := hpke.NewDHKEMPrivateKey(own)
	if err != nil {
		return nil, fmt.Errorf("proxy: own key: %w", err)
	}
	return &Asked{key: key}, nil
}

// Open reads a word of the initiator.
func (a *Asked) Open(word []byte) (message []byte, err error) {
	switch {
	case len(word) > MaxWord || len(word) == 0:
		return nil, &FormatError{"word"}
	case word[0] == kindOffer && len(word) > 1+encLen:
		context, err := hpke.NewRecipient(word[1:1+encLen], a.key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte(sealInfo))
		if err != nil {
			return nil, fmt.Errorf("proxy: open: %w", errNotSealed)
		}
		if message, err = context.Open(nil, word[1+encLen:]); err != nil {
			return nil, fmt.Errorf("proxy: open: %w", errNotSealed)
		}
		a.context, a.theirs, a.answer = context, append([]byte(nil), word[1:1+encLen]...), nil
		return message, nil
	case word[0] == kindSync:
		if a.answer == nil {
			return nil, fmt.Errorf("proxy: open: %w", errTurn)
		}
		if message, err = a.context.Open(a.answer, word[1:]); err != nil {
			return nil, fmt.Errorf("proxy: open: %w", errNotSealed)
		}
		return message, nil
	}
	return nil, &FormatError{"word"}
}

// Seal makes a word of an Answer, one for each Offer.
func (a *Asked) Seal(message []byte) (word []byte, err error) {
	if a.context == nil || a.answer != nil {
		return nil, fmt.Errorf("proxy: seal: %w", errTurn)
	}
	word = make([]byte, 1+nonceLen, MaxWord)
	word[0] = kindAnswer
	rand.Read(word[1:])
	box, err := answerBox(a.context, a.theirs, word[1:])
	if err != nil {
		return nil, err
	}
	word = box.Seal(word, make([]byte, box.NonceSize()), message, nil)
	a.answer = digest(word)
	return word, nil
}

// answerBox is what the one answer with a random number is sealed in (RFC 9180 9.8).
func answerBox(context interface {
	Export(string, int) ([]byte, error)
}, key, random []byte) (cipher.AEAD, error) {
	secret, err := context.Export(answerInfo, keyLen)
	if err != nil {
		return nil, fmt.Errorf("proxy: answer: %w", err)
	}
	salt := append(append([]byte(nil), key...), random...)
	if secret, err = hkdf.Key(sha256.New, secret, salt, answerInfo, keyLen); err != nil {
		return nil, fmt.Errorf("proxy: answer: %w", err)
	}
	return chacha20poly1305.New(secret)
}

func digest(word []byte) []byte {
	sum := sha256.Sum256(word)
	return sum[:]
}
