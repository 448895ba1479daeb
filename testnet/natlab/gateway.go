package natlab

import (
	"context"
	"encoding/binary"
	"maps"
	"net"
	"net/netip"
	"sync"
	"time"

	"filbert/testnet/fabric"
)

// gateway answers for a box of the fabric by PCP (RFC 6887): whoever is behind it gets the port that he asks for.
type gateway struct {
	box  *fabric.NAT
	conn net.PacketConn
	work sync.WaitGroup

	mu    sync.Mutex
	born  time.Time                  // when the box last lost its mappings
	table map[mapping]netip.AddrPort // whom each leads to
}

// mapping is an outer port.
type mapping struct {
	proto fabric.Kind
	port  uint16
}

// newGateway gives the box an address on the side of its hosts.
func newGateway(box *fabric.NAT, at netip.Addr) (*gateway, error) {
	conn, err := box.Gateway(at).ListenPacket(context.Background(), "udp", netip.AddrPortFrom(at, pcpPort).String())
	if err != nil {
		return nil, err
	}
	g := &gateway{box: box, conn: conn, born: time.Now(), table: make(map[mapping]netip.AddrPort)}
	g.work.Go(g.serve)
	return g, nil
}

func (g *gateway) close() {
	g.conn.Close()
	g.work.Wait()
}

// lost tells that the box has lost its mappings.
func (g *gateway) lost() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.born = time.Now()
	clear(g.table)
}

func (g *gateway) serve() {
	b := make([]byte, 2000)
	for {
		n, from, err := g.conn.ReadFrom(b)
		if err != nil {
			return
		}
		if answer := g.answer(b[:n], from.(*net.UDPAddr).AddrPort()); answer != nil {
			g.conn.WriteTo(answer, from)
		}
	}
}

// answer does what a request of PCP wants: ANNOUNCE or MAP; others are left alone.
//
//	0  version 2, R and opcode, 2 bytes of which the second is the result
//	4  lifetime, epoch, 12 bytes of the client or reserved
//	24 nonce, 12 bytes
//	36 protocol, 3 bytes, internal port, external port, external address
func (g *gateway) answer(b []byte, from netip.AddrPort) []byte {
	const header, whole, isAnswer = 24, 60, 0x80
	if len(b) < header || b[0] != 2 || b[1] > 1 || b[1] == 1 && len(b) < whole {
		return nil
	}
	out := append([]byte(nil), b...)
	out[1] |= isAnswer
	g.mu.Lock()
	defer g.mu.Unlock()
	binary.BigEndian.PutUint32(out[8:], uint32(time.Since(g.born)/time.Second))
	clear(out[12:header])
	if b[1] == 0 {
		return out
	}
	proto := fabric.Syn
	if b[36] == 17 {
		proto = fabric.Datagram
	}
	in := netip.AddrPortFrom(from.Addr(), binary.BigEndian.Uint16(b[40:]))
	at := mapping{proto, binary.BigEndian.Uint16(b[42:])}
	if binary.BigEndian.Uint32(b[4:]) == 0 {
		g.box.Unmap(proto, in)
		maps.DeleteFunc(g.table, func(m mapping, of netip.AddrPort) bool { return m.proto == proto && of == in })
		return out
	}
	for other, taken := g.table[at]; taken && other != in; other, taken = g.table[at] {
		at.port++ // somebody else's
	}
	g.table[at] = in
	g.box.Map(proto, at.port, in)
	outside := g.box.Addr().As16()
	binary.BigEndian.PutUint16(out[42:], at.port)
	copy(out[44:], outside[:])
	return out
}
