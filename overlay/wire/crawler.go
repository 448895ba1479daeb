package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// CrawlerPing asks for the neighbors of a host by UDP (LIME/5).
//
//	+------------+--------+----------+
//	| ultrapeers | leaves | features |
//	| 1          | 1      | 1        |
//	+------------+--------+----------+
type CrawlerPing struct {
	Ultrapeers, Leaves uint8 // wanted; 255 all
	Features           CrawlerFeatures
}

// CrawlerFeatures are what a crawler wants to know of each neighbor.
type CrawlerFeatures uint8

// Bits of CrawlerFeatures that are known here.
const (
	CrawlTime   CrawlerFeatures = 0x01 // minutes a link is up
	CrawlAgents CrawlerFeatures = 0x08 // User-Agents
	CrawlUptime CrawlerFeatures = 0x10 // the answering host's mean daily uptime
)

// CrawlerPing reads a VendorCrawlerPing.
func (m *Vendor) CrawlerPing() (CrawlerPing, error) {
	if len(m.Data) < 3 {
		return CrawlerPing{}, malformed(m.Type(), fmt.Sprint(m.ID), vendorIDLen, reasonShort)
	}
	return CrawlerPing{m.Data[0], m.Data[1], CrawlerFeatures(m.Data[2])}, nil
}

// CrawledHost is one neighbor in a CrawlerPong.
type CrawledHost struct {
	Addr netip.AddrPort // IPv4
	Up   time.Duration  // of the link, whole minutes
}

// CrawlerPong answers a CrawlerPing (LIME/6).
//
//	+------------+--------+----------+--------+---------+------------------------+--------+
//	| ultrapeers | leaves | features | uptime | u + l × | IPv4 BE | port | mins  | agents |
//	| 1          | 1      | 1        | 4 LE   |         | 4       | 2 LE | 2 LE  | rest   |
//	+------------+--------+----------+--------+---------+------------------------+--------+
//	uptime, mins, agents: only with their feature
type CrawlerPong struct {
	Features           CrawlerFeatures // that the answer has
	Uptime             time.Duration
	Ultrapeers, Leaves []CrawledHost // the first MaxCrawled of each are sent
	Agents             []byte        // one zlib stream: User-Agents in the order of the hosts, then our own, joined by ";"
}

// Message makes the vendor message.
func (p *CrawlerPong) Message() *Vendor {
	u, l := p.Ultrapeers[:min(len(p.Ultrapeers), MaxCrawled)], p.Leaves[:min(len(p.Leaves), MaxCrawled)]
	data := []byte{byte(len(u)), byte(len(l)), byte(p.Features)}
	if p.Features&CrawlUptime != 0 {
		data = binary.LittleEndian.AppendUint32(data, uint32(p.Uptime/time.Second))
	}
	for _, hosts := range [...][]CrawledHost{u, l} {
		for _, h := range hosts {
			data = appendIP4(data, h.Addr.Addr())
			data = binary.LittleEndian.AppendUint16(data, h.Addr.Port())
			if p.Features&CrawlTime != 0 {
				data = binary.LittleEndian.AppendUint16(data, uint16(min(h.Up/time.Minute, 1<<16-1)))
			}
		}
	}
	if p.Features&CrawlAgents != 0 {
		data = append(data, p.Agents...)
	}
	return &Vendor{ID: VendorCrawlerPong, Data: data}
}
