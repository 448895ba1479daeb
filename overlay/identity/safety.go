package identity

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"strings"
)

// SafetyNumber is what two people compare, by reading it out to each other, to know that
// each has the other's ID and nobody stands between them. It is the same for both: 60
// digits in twelve groups, half of them of each key, the smaller half first.
//
// The half of a key is made as in Signal's numeric fingerprint: SHA-512 over safetyDomain
// and the key, then safetyRounds times over the digest and the key, of which 30 bytes give
// six numbers of five digits each. It takes some milliseconds, which is meant: who looks
// for a key with given digits pays for it each time.
func SafetyNumber(a, b PeerID) string {
	x, y := fingerprint(a), fingerprint(b)
	if strings.Compare(x, y) > 0 {
		x, y = y, x
	}
	return x + " " + y
}

// fingerprint is the half of one key.
func fingerprint(p PeerID) string {
	sum := sha512.Sum512(append([]byte(safetyDomain), p[:]...))
	var in [sha512.Size + len(p)]byte
	for range safetyRounds {
		copy(in[:], sum[:])
		copy(in[sha512.Size:], p[:])
		sum = sha512.Sum512(in[:])
	}
	var text bytes.Buffer
	for i := range safetyGroups {
		var wide [8]byte
		copy(wide[3:], sum[5*i:5*i+5])
		if i > 0 {
			text.WriteByte(' ')
		}
		fmt.Fprintf(&text, "%05d", binary.BigEndian.Uint64(wide[:])%100_000)
	}
	return text.String()
}
