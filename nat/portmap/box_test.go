package portmap

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"filbert/testnet/fabric"
)

// box is a router: one table of mappings, reached by the protocols it speaks.
type box struct {
	host   *fabric.Host
	addr   netip.Addr
	work   sync.WaitGroup
	ears   []net.PacketConn
	server *http.Server

	mu       sync.Mutex // never held across I/O
	speaks   []Method
	external netip.Addr
	born     time.Time
	table    map[slot]tenant
	asked    []string // what changed the table, in order

	mute     bool                                   // to PCP and NAT-PMP
	refuse   int                                    // by PCP and NAT-PMP
	longest  time.Duration                          // of leases
	mangle   func(answer []byte) (answers [][]byte) // those of PCP and NAT-PMP
	odd      uint16                                 // added to the port that is wanted by PCP and NAT-PMP, of UDP
	taken    func(port uint16) bool                 // by others
	igd2     bool
	forever  bool   // no leases that end
	once     bool   // a mapping is not renewed by asking again
	samePort bool   // external as internal
	ppp      bool   // the service is WANPPPConnection
	location string // instead of its own
	control  string // URL, instead of its own
	base     string // URLBase
	serve    http.HandlerFunc
	many     int // locations told, 0 is one
	got      int // questions by HTTP
}

// slot is an external port.
type slot struct {
	proto Proto
	port  uint16
}

// tenant is whom it leads to.
type tenant struct {
	client  netip.AddrPort
	nonce   nonce
	until   time.Time // zero: for ever
	by      Method
	renewed int
}

// boot starts a router that speaks some protocols.
func boot(t interface{ Fatal(...any) }, host *fabric.Host, addr, external netip.Addr, speaks ...Method) *box {
	b := &box{host: host, addr: addr, speaks: speaks, external: external, born: time.Now(), table: map[slot]tenant{}, longest: 2 * time.Hour}
	for port, answer := range map[uint16]func([]byte, netip.AddrPort) [][]byte{controlPort: b.answer, ssdpPort: b.ssdp} {
		conn, err := host.ListenPacket(context.Background(), "udp", netip.AddrPortFrom(addr, port).String())
		if err != nil {
			t.Fatal(err)
		}
		b.ears = append(b.ears, conn)
		b.work.Go(func() {
			buf := make([]byte, 2000)
			for {
				n, from, err := conn.ReadFrom(buf)
				if err != nil {
					return
				}
				for _, p := range answer(slices.Clone(buf[:n]), from.(*net.UDPAddr).AddrPort()) {
					conn.WriteTo(p, from)
				}
			}
		})
	}
	b.startHTTP(t)
	return b
}

func (b *box) shut() {
	for _, c := range b.ears {
		c.Close()
	}
	b.server.Close()
	b.work.Wait()
}

// set changes the box.
func (b *box) set(f func(b *box)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b)
}

// reboot loses the table; the external address is another.
func (b *box) reboot(external string) {
	b.set(func(b *box) {
		b.table, b.born, b.external = map[slot]tenant{}, time.Now(), netip.MustParseAddr(external)
	})
}

// leads reports whether somebody outside would get through.
func (b *box) leads(to netip.AddrPort, p Proto) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.table[slot{p, to.Port()}]
	return ok && to.Addr() == b.external && (e.until.IsZero() || time.Now().Before(e.until))
}

// entries counts the mappings that have not ended.
func (b *box) entries() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.table {
		if e.until.IsZero() || time.Now().Before(e.until) {
			n++
		}
	}
	return n
}

// gets counts the questions by HTTP.
func (b *box) gets() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got
}

func (b *box) seconds() uint32 { return uint32(time.Since(b.born) / time.Second) }

// findLocked is the external port of an internal one.
func (b *box) findLocked(p Proto, client netip.AddrPort) (uint16, bool) {
	for s, e := range b.table {
		if s.proto == p && e.client == client {
			return s.port, true
		}
	}
	return 0, false
}

// mapLocked enters a mapping by PCP or NAT-PMP: the port that is wanted or the
// next that is free, and for one that it has the port it has.
func (b *box) mapLocked(p Proto, client netip.AddrPort, want uint16, life time.Duration, n nonce, by Method) (uint16, time.Duration) {
	life = min(life, b.longest)
	port, ok := b.findLocked(p, client)
	if !ok {
		port = want
		if p == UDP {
			port += b.odd
		}
		for b.taken != nil && b.taken(port) {
			port++
		}
	}
	old := b.table[slot{p, port}]
	b.table[slot{p, port}] = tenant{client, n, time.Now().Add(life), by, old.renewed + 1}
	b.asked = append(b.asked, by.String()+" "+p.String())
	return port, life
}

// answer is that of port 5351.
func (b *box) answer(p []byte, from netip.AddrPort) [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []byte
	switch {
	case b.mute || len(p) < 2:
		return nil
	case p[0] == pcpVersion && slices.Contains(b.speaks, PCP):
		out = b.pcpLocked(p, from)
	case p[0] == 0 && slices.Contains(b.speaks, NATPMP):
		out = b.natpmpLocked(p, from)
	case slices.Contains(b.speaks, NATPMP): // version not supported
		out = binary.BigEndian.AppendUint32([]byte{0, answerBit | p[1], 0, 1}, b.seconds())
	case slices.Contains(b.speaks, PCP):
		out = append([]byte{pcpVersion, answerBit | p[1], 0, 1}, make([]byte, 20)...)
	default:
		return nil
	}
	if b.mangle != nil {
		return b.mangle(out)
	}
	return [][]byte{out}
}

func (b *box) pcpLocked(p []byte, from netip.AddrPort) []byte {
	out := append(slices.Clone(p), make([]byte, max(0, pcpHeader-len(p)))...)
	out[1] |= answerBit
	out[3] = byte(b.refuse)
	binary.BigEndian.PutUint32(out[8:], b.seconds())
	clear(out[12:24])
	client := netip.AddrFrom16([16]byte(p[8:24])).Unmap()
	if client != from.Addr() {
		out[3] = 12 // address mismatch
	}
	if p[1] != pcpMap || out[3] != 0 {
		binary.BigEndian.PutUint32(out[4:], 1800)
		return out
	}
	proto := TCP
	if p[36] == UDP.number() {
		proto = UDP
	}
	internal := netip.AddrPortFrom(client, binary.BigEndian.Uint16(p[40:]))
	n, life := nonce(p[24:36]), time.Duration(binary.BigEndian.Uint32(p[4:]))*time.Second
	if port, ok := b.findLocked(proto, internal); ok {
		if b.table[slot{proto, port}].nonce != n {
			out[3] = 2
			return out
		}
		if life == 0 {
			delete(b.table, slot{proto, port})
			b.asked = append(b.asked, "PCP "+proto.String()+" end")
		}
	}
	if life > 0 {
		port, given := b.mapLocked(proto, internal, binary.BigEndian.Uint16(p[42:]), life, n, PCP)
		binary.BigEndian.PutUint16(out[42:], port)
		binary.BigEndian.PutUint32(out[4:], seconds(given))
		copy(out[44:], append16(nil, b.external))
	}
	return out
}

func (b *box) natpmpLocked(p []byte, from netip.AddrPort) []byte {
	out := binary.BigEndian.AppendUint32([]byte{0, answerBit | p[1], 0, byte(b.refuse)}, b.seconds())
	switch {
	case b.refuse != 0:
	case p[1] == natpmpAddress:
		out = append(out, b.external.AsSlice()...)
	default:
		proto := TCP
		if p[1] == natpmpOpcode(UDP) {
			proto = UDP
		}
		internal := netip.AddrPortFrom(from.Addr(), binary.BigEndian.Uint16(p[4:]))
		life := time.Duration(binary.BigEndian.Uint32(p[8:])) * time.Second
		port := uint16(0)
		if life == 0 {
			if port, ok := b.findLocked(proto, internal); ok {
				delete(b.table, slot{proto, port})
				b.asked = append(b.asked, "NAT-PMP "+proto.String()+" end")
			}
		} else {
			port, life = b.mapLocked(proto, internal, binary.BigEndian.Uint16(p[6:]), life, nonce{}, NATPMP)
		}
		out = binary.BigEndian.AppendUint16(out, internal.Port())
		out = binary.BigEndian.AppendUint16(out, port)
		out = binary.BigEndian.AppendUint32(out, seconds(life))
	}
	return out
}
