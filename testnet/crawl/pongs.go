package crawl

import (
	"bufio"
	"errors"
	"math/bits"
	"net"
	"net/netip"
	"os"
	"time"

	"filbert/overlay/wire"
)

// askNeighbors confirms a handshake and asks with a ping of TTL 2: the host
// answers for itself with hops 0 and for each neighbor with hops 1.
func askNeighbors(conn net.Conn, r *bufio.Reader, guid wire.GUID, report *Report) error {
	out := append([]byte(nil), "GNUTELLA/0.6 200 OK\r\n\r\n"...)
	out = wire.AppendFrame(out, guid, 2, 0, &wire.Ping{})
	if _, err := conn.Write(out); err != nil {
		return err
	}
	report.Way = ByPings
	latest := time.Now().Add(pongWait)
	conn.SetReadDeadline(latest)
	frames := wire.NewReader(r)
	heard := false
	for {
		batch, err := frames.ReadBatch()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && heard:
			bye := wire.AppendFrame(nil, guid, 1, 0, &wire.Bye{Code: wire.ByeShutdown, Text: "Crawl is over"})
			conn.Write(bye) // it will notice in any case
			return nil
		case err != nil && heard:
			return nil
		case err != nil:
			return err
		}
		for len(batch) > 0 {
			frame, rest, err := wire.SplitFrame(batch)
			if err != nil {
				return err
			}
			batch = rest
			if frame.Type() == wire.TypePong && frame.GUID() == guid {
				heard = true
				report.pong(frame)
			}
		}
		if heard {
			if quiet := time.Now().Add(pongQuiet); quiet.Before(latest) {
				conn.SetReadDeadline(quiet)
			}
		}
	}
}

// pong takes one answer to a ping of TTL 2.
func (r *Report) pong(frame wire.Frame) {
	m, err := wire.Parse(frame.Type(), frame.Payload())
	p, ok := m.(*wire.Pong)
	if err != nil || !ok {
		return
	}
	ultrapeer := p.KiB >= 8 && bits.OnesCount32(p.KiB) == 1 || p.Info().Ultrapeer
	switch {
	case frame.Hops() == 0:
		if r.Files = p.Files; r.Role == Unknown && ultrapeer {
			r.Role = Ultrapeer
		}
	case frame.Hops() > 1 || p.Addr.Port() == 0:
	case ultrapeer && len(r.Ultrapeers) < maxListed:
		r.Ultrapeers = append(r.Ultrapeers, Listed{Addr: unmap(p.Addr)})
	case !ultrapeer && len(r.Leaves) < maxListed:
		r.Leaves = append(r.Leaves, Listed{Addr: unmap(p.Addr)})
	}
}

func unmap(addr netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}
