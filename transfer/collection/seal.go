package collection

import (
	"bytes"
	"encoding/base64"
	"strings"
)

const (
	// sealPrefix begins the last line of a text that somebody signed.
	sealPrefix = "#signed "

	// sealDomain is what only the signatures of collections begin with.
	sealDomain = "filbert collection\x00"
)

// Seal appends a line with who made the text of a collection, a word, and the signature of
// it. Who knows nothing of seals reads a comment.
func Seal(text []byte, by string, sign func(message []byte) []byte) []byte {
	signature := sign(sealed(text, by))
	return append(text, sealPrefix+by+" "+base64.RawStdEncoding.EncodeToString(signature)+"\n"...)
}

// Sealed reads the last line that Seal appended: who made the text, the message that was
// signed and the signature, which is for the caller to check. There is none if ok is false.
func Sealed(text []byte) (by string, message, signature []byte, ok bool) {
	trimmed := bytes.TrimRight(text, "\r\n")
	at := bytes.LastIndexByte(trimmed, '\n') + 1
	line, found := strings.CutPrefix(string(trimmed[at:]), sealPrefix)
	if !found {
		return "", nil, nil, false
	}
	by, encoded, _ := strings.Cut(line, " ")
	signature, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil {
		signature = nil // which no key makes
	}
	return by, sealed(text[:at], by), signature, true
}

// sealed is what is signed.
func sealed(text []byte, by string) []byte {
	return append([]byte(sealDomain+by+"\x00"), text...)
}
