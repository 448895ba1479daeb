package crawl

import (
	"net/netip"
	"time"
)

// Report is what one visit brought. Text is as received.
type Report struct {
	Way        Way
	Role       Role // of the host; Unknown when it does not say
	Agent      string
	Uptime     time.Duration // 0 when it does not say
	Files      uint32
	Ultrapeers []Listed
	Leaves     []Listed
}

// Listed is one neighbor of a host.
type Listed struct {
	Addr  netip.AddrPort
	Agent string // when the host tells it
}
