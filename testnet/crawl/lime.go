package crawl

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strings"
	"time"

	"filbert/overlay/wire"
)

// Features of LIME/5 and LIME/6.
const (
	limeMinutes = 0x01 // LE16 minutes of the connection with each entry
	limeLocale  = 0x02 // two letters
	limeAgents  = 0x08 // user agents, after the entries
	limeUptime  = 0x10 // LE32 average uptime, seconds
	limeReplies = 0x20 // LE32 with each entry
	limeStatus  = 0x40 // a byte about the DHT
)

// crawlerPing is LIME/5v1: it asks for all neighbors, their agents, and the
// host's uptime.
//
//	+------------------+--------------+----------+
//	| ultrapeers, FF = | leaves, FF = | features |
//	| all              | all          |          |
//	+------------------+--------------+----------+
func crawlerPing(guid wire.GUID) wire.Frame {
	return wire.AppendFrame(nil, guid, 1, 0, &wire.Vendor{ID: wire.VendorCrawlerPing, Data: []byte{0xff, 0xff, limeAgents | limeUptime}})
}

var errLime = errors.New("malformed answer to a crawler ping")

// parseCrawlerPong reads the data of LIME/6v1.
//
//	+---+---+----------+-------------+--------+---------------+--------+
//	| u | l | features | uptime LE32 | status | u + l entries | agents |
//	|   |   | retained | if 10       | if 40  |               | if 08  |
//	+---+---+----------+-------------+--------+---------------+--------+
//
// An entry is IPv4 BE and port LE, minutes LE16 if 01, locale 2 if 02, replies
// LE32 if 20. Agents are one compressed text: see agents.
func parseCrawlerPong(data []byte) (Report, error) {
	r := Report{Way: ByUDP, Role: Ultrapeer}
	if len(data) < 3 {
		return r, errLime
	}
	ultrapeers, leaves, features := int(data[0]), int(data[1]), data[2]
	data = data[3:]
	if features&limeUptime != 0 {
		if len(data) < 4 {
			return r, errLime
		}
		r.Uptime = time.Duration(binary.LittleEndian.Uint32(data)) * time.Second
		data = data[4:]
	}
	if features&limeStatus != 0 {
		if len(data) < 1 {
			return r, errLime
		}
		data = data[1:]
	}
	size := 6
	for flag, extra := range map[byte]int{limeMinutes: 2, limeLocale: 2, limeReplies: 4} {
		if features&flag != 0 {
			size += extra
		}
	}
	count := ultrapeers + leaves
	if len(data) < count*size {
		return r, errLime
	}
	var names []string
	if features&limeAgents != 0 {
		names = agents(data[count*size:])
	}
	for i := range count {
		e := data[i*size:]
		l := Listed{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte(e[:4])), binary.LittleEndian.Uint16(e[4:]))}
		if i < len(names) {
			l.Agent = names[i]
		}
		switch {
		case l.Addr.Port() == 0:
		case i < ultrapeers:
			r.Ultrapeers = append(r.Ultrapeers, l)
		default:
			r.Leaves = append(r.Leaves, l)
		}
	}
	if count < len(names) {
		r.Agent = names[count]
	}
	return r, nil
}

// agents reads the list of user agents, in the order of the entries and the
// host's own at the end: separated by ";", which "\" escapes. gtk-gnutella writes
// a zlib stream, LimeWire the LE16 length of a gzip stream and the stream. What
// is neither, or too long, is no list.
func agents(data []byte) []string {
	text, err := inflate(zlib.NewReader(bytes.NewReader(data)))
	if err != nil {
		if len(data) < 2 {
			return nil
		}
		n := int(binary.LittleEndian.Uint16(data))
		if n > len(data)-2 {
			return nil
		}
		if text, err = inflate(gzip.NewReader(bytes.NewReader(data[2 : 2+n]))); err != nil {
			return nil
		}
	}
	var list []string
	var name strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			name.WriteByte(text[i])
		case c == ';':
			list = append(list, name.String())
			name.Reset()
		default:
			name.WriteByte(c)
		}
	}
	return append(list, name.String())
}

// inflate reads a stream of at most maxAgents bytes.
func inflate(r io.Reader, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxAgents+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxAgents {
		return nil, errLime
	}
	return text, nil
}
