package natlab

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// The first words on a line, of who opens it and inside, and those of who was asked to call; docs/wire.md has them.
const (
	lineWords      = "FILBERT LINE/0.1\r\n"
	datagramsWords = "datagrams\r\n"
	fineWords      = "OK\r\n"
	callWords      = "GIV "
	callEnd        = "\n\n"
)

// datagram is one that went from one machine to another.
type datagram struct {
	from, to *machine
	at       time.Time // when the end of it was captured
	b        []byte
}

// overhear returns the datagrams inside the lines between machines that were captured, opened by the secrets of their
// TLS. Each is an envelope of a group.
func overhear(t *testing.T, wire *capture, keyLog string, machines []*machine) (out []datagram) {
	t.Helper()
	known, tapes := readKeyLog(t, keyLog), wire.tapes()
	at := func(a netip.AddrPort) *machine {
		i := slices.IndexFunc(machines, func(m *machine) bool { return m.seen == a.Addr() })
		if i < 0 {
			return nil
		}
		return machines[i]
	}
	for f, dialed := range tapes {
		from, to, accepted := at(f.from), at(f.to), tapes[f.back()]
		if from == nil || to == nil || accepted == nil || !bytes.HasPrefix(dialed.data, []byte(lineWords)) {
			continue
		}
		if bytes.HasPrefix(accepted.data, []byte(callWords)) {
			accepted = accepted.from(bytes.Index(accepted.data, []byte(callEnd)) + len(callEnd))
		}
		there, back, ok := untls(dialed.from(len(lineWords)), accepted, known)
		if !ok || !bytes.HasPrefix(there.data, []byte(datagramsWords)) || !bytes.HasPrefix(back.data, []byte(fineWords)) {
			continue
		}
		out = append(out, datagrams(from, to, there.from(len(datagramsWords)))...)
		out = append(out, datagrams(to, from, back.from(len(fineWords)))...)
	}
	return out
}

// datagrams cuts one direction of a line: two bytes of length, and as many bytes.
func datagrams(from, to *machine, said *tape) (out []datagram) {
	for start := 0; start+2 <= len(said.data); {
		end := start + 2 + int(binary.BigEndian.Uint16(said.data[start:]))
		if end > len(said.data) {
			break
		}
		out = append(out, datagram{from, to, said.when(end), said.data[start+2 : end]})
		start = end
	}
	return out
}
