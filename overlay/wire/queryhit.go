package wire

import (
	"encoding/binary"
	"net/netip"
)

const (
	hitRecords = 11 // offset of the first record
	serventLen = 16
	minHit     = hitRecords + serventLen
)

// QueryHit answers a query with files; it travels back under the query's GUID.
//
//	+-------+------+---------+---------+---------+---------+--------------+
//	| count | port | IPv4 BE | speed   | records | trailer | servent GUID |
//	| 1     | 2 LE | 4       | 4 LE    | count   | rest    | 16, at end   |
//	+-------+------+---------+---------+---------+---------+--------------+
type QueryHit struct {
	Addr    netip.AddrPort // where the files are; IPv6 only if there is no other: encoding writes 127.0.0.0, and Trailer must tell it
	Speed   uint32         // kbit/s
	Records []Record       // 1–MaxRecords
	Trailer Trailer
	Servent GUID // for a Push
}

// HitHead is what a relay has to know of a query hit.
type HitHead struct {
	Count   int // of records, as claimed
	Addr    netip.AddrPort
	Servent GUID
}

// ParseHitHead reads the fixed parts of a query hit's payload, without
// allocating and without a look at its records.
func ParseHitHead(payload []byte) (HitHead, error) {
	if len(payload) < minHit {
		return HitHead{}, malformed(TypeQueryHit, "fixed parts", len(payload), reasonShort)
	}
	if payload[0] == 0 {
		return HitHead{}, malformed(TypeQueryHit, "count", 0, "no records")
	}
	return HitHead{
		Count:   int(payload[0]),
		Addr:    addrPort4(payload[3:], payload[1:]),
		Servent: GUID(payload[len(payload)-serventLen:]),
	}, nil
}

// CheckHit is ParseHitHead for a relay that passes on nothing malformed: it also
// walks over the records, as many as the count claims, without allocating.
func CheckHit(payload []byte) (HitHead, error) {
	head, err := ParseHitHead(payload)
	if err != nil {
		return HitHead{}, err
	}
	body := payload[hitRecords : len(payload)-serventLen]
	at := 0
	for range head.Count {
		_, _, n, err := cutRecord(body[at:], hitRecords+at)
		if err != nil {
			return HitHead{}, err
		}
		at += n
	}
	return head, nil
}

// Type returns TypeQueryHit.
func (m *QueryHit) Type() Type { return TypeQueryHit }

// AppendTo appends the payload, with the first MaxRecords records.
func (m *QueryHit) AppendTo(b []byte) []byte {
	records := m.Records[:min(len(m.Records), MaxRecords)]
	b = append(b, byte(len(records)))
	b = binary.LittleEndian.AppendUint16(b, m.Addr.Port())
	b = appendIP4(b, m.Addr.Addr())
	b = binary.LittleEndian.AppendUint32(b, m.Speed)
	for i := range records {
		b = records[i].appendTo(b)
	}
	b = m.Trailer.appendTo(b)
	return append(b, m.Servent[:]...)
}

// parseQueryHit reads records forward and takes what is left for the trailer.
func parseQueryHit(p []byte) (Message, error) {
	head, err := ParseHitHead(p)
	if err != nil {
		return nil, err
	}
	body := p[hitRecords : len(p)-serventLen]
	if head.Count > len(body)/minRecord {
		return nil, malformed(TypeQueryHit, "count", 0, "more records than room")
	}
	m := &QueryHit{
		Addr:    head.Addr,
		Speed:   binary.LittleEndian.Uint32(p[7:]),
		Records: make([]Record, head.Count),
		Servent: head.Servent,
	}
	at := 0
	for i := range m.Records {
		n, err := m.Records[i].parse(body[at:], hitRecords+at)
		if err != nil {
			return nil, err
		}
		at += n
	}
	m.Trailer = parseTrailer(body[at:])
	if ip := m.IPv6(); m.Addr.Addr() == no4 && ip.IsValid() {
		m.Addr = netip.AddrPortFrom(ip, m.Addr.Port())
	}
	return m, nil
}
