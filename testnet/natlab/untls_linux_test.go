package natlab

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/crypto/chacha20poly1305"
)

// What crypto/tls has no words for, by RFC 8446: numbers of records, of handshake messages and of suites with SHA-256.
const (
	tlsHandshake, tlsApplication = 22, 23
	clientHello, serverHello     = 1, 2
	aes128GCM, chacha20          = 0x1301, 0x1303
	tlsHead                      = 5 // bytes before a record
)

// untls opens both directions of a connection of TLS 1.3 by its secrets. What it returns are tapes of what was said
// inside; ok is false if it is no TLS, or its secrets are not there.
func untls(client, server *tape, s secrets) (fromClient, fromServer *tape, ok bool) {
	random, suite := hello(client, clientHello), hello(server, serverHello)
	if random == nil || suite == nil || s[string(random.random)] == nil {
		return nil, nil, false
	}
	known := s[string(random.random)]
	if known["CLIENT_TRAFFIC_SECRET_0"] == nil || known["SERVER_TRAFFIC_SECRET_0"] == nil {
		return nil, nil, false
	}
	return unseal(client, known["CLIENT_TRAFFIC_SECRET_0"], suite.suite), unseal(server, known["SERVER_TRAFFIC_SECRET_0"], suite.suite), true
}

type helloWords struct {
	random []byte
	suite  uint16
}

// hello reads the first message of one side; nil if it is none.
func hello(t *tape, kind byte) *helloWords {
	const message, version, random = 4, 2, 32 // bytes: kind and length, version, the nonce
	b := t.data
	if len(b) < tlsHead+message+version+random+1 || b[0] != tlsHandshake || b[tlsHead] != kind {
		return nil
	}
	h := &helloWords{random: b[tlsHead+message+version:][:random]}
	if kind == serverHello {
		rest := b[tlsHead+message+version+random:]
		if session := int(rest[0]); len(rest) >= 1+session+2 {
			h.suite = binary.BigEndian.Uint16(rest[1+session:])
		}
	}
	return h
}

// expand is HKDF-Expand-Label without a context.
func expand(secret []byte, label string, n int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	label = "tls13 " + label
	info = append(append(info, byte(len(label))), label...)
	out, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), n)
	if err != nil {
		panic(err)
	}
	return out
}

// unseal opens the records that a side sent with the keys of its application data. Those before are of the handshake and
// do not open with them.
func unseal(t *tape, secret []byte, suite uint16) *tape {
	var aead cipher.AEAD
	var err error
	switch suite {
	case aes128GCM:
		var block cipher.Block
		if block, err = aes.NewCipher(expand(secret, "key", 16)); err == nil {
			aead, err = cipher.NewGCM(block)
		}
	case chacha20:
		aead, err = chacha20poly1305.New(expand(secret, "key", chacha20poly1305.KeySize))
	default:
		return new(tape)
	}
	if err != nil {
		panic(err)
	}
	iv := expand(secret, "iv", aead.NonceSize())
	out, number := new(tape), uint64(0)
	for at := 0; at+tlsHead <= len(t.data); {
		head := t.data[at : at+tlsHead]
		end := at + tlsHead + int(binary.BigEndian.Uint16(head[3:]))
		if end > len(t.data) {
			break
		}
		nonce := bytes.Clone(iv)
		for i := range 8 {
			nonce[len(nonce)-8+i] ^= byte(number >> (56 - 8*i))
		}
		plain, err := aead.Open(nil, nonce, t.data[at+tlsHead:end], head)
		if at = end; err != nil {
			continue
		}
		number++
		plain = bytes.TrimRight(plain, "\x00")
		if n := len(plain) - 1; n >= 0 && plain[n] == tlsApplication {
			out.data = append(out.data, plain[:n]...)
			out.ends, out.at = append(out.ends, len(out.data)), append(out.at, t.when(end))
		}
	}
	return out
}
