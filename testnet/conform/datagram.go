package conform

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"filbert/overlay/wire"
)

// datagrams is a UDP port of ours.
type datagrams struct {
	t     *trial
	conn  *net.UDPConn
	local netip.AddrPort
}

// datagrams opens a UDP port at an address.
func (t *trial) datagrams(at netip.Addr) *datagrams {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
	if err != nil {
		t.failf("a UDP port of ours", "%v", err)
	}
	t.later(conn)
	bound, _ := conn.LocalAddr().(*net.UDPAddr)
	return &datagrams{t, conn, bound.AddrPort()}
}

// stranger opens a UDP port whose pings the servent owes an answer: servents
// answer one datagram of an address a minute. On loopback there are addresses
// enough; elsewhere the minute is waited for.
func (t *trial) stranger() *datagrams {
	at := t.one().c.local.Addr()
	if at.Is4() && at.IsLoopback() {
		t.sources++
		return t.datagrams(netip.AddrFrom4([4]byte{127, 1, t.sources, 1}))
	}
	if wait := time.Until(t.lastDatagram.Add(datagramPause)); wait > 0 {
		t.cfg.Tell(fmt.Sprintf("waiting %v before the next datagram", wait.Round(time.Second)))
		t.pause(wait)
	}
	t.lastDatagram = time.Now()
	return t.datagrams(at)
}

// send sends one datagram to the servent.
func (d *datagrams) send(b []byte) {
	if _, err := d.conn.WriteToUDPAddrPort(b, d.t.cfg.Addr); err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			d.t.notOffered("its UDP port is closed")
		}
		d.t.failf("a datagram to be sent", "%v", err)
	}
}

// wait returns the first message that match wants. Pings are answered, as every
// servent must: some want to see that an address is not forged.
func (d *datagrams) wait(limit time.Duration, match func(wire.Frame) bool) (wire.Frame, bool) {
	d.conn.SetReadDeadline(time.Now().Add(limit))
	buf := make([]byte, 1<<16)
	for {
		n, from, err := d.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return nil, false
		}
		if from.Addr().Unmap() != d.t.cfg.Addr.Addr() {
			continue
		}
		f, rest, err := wire.SplitFrame(buf[:n:n])
		d.t.check(err == nil && len(rest) == 0, "datagrams that are one message each", "%x", clipBytes(buf[:n]))
		if match(f) {
			return append(wire.Frame(nil), f...), true
		}
		if f.Type() == wire.TypePing {
			d.send(wire.AppendFrame(nil, f.GUID(), 1, 0, &wire.Pong{Addr: d.local, Files: 1, KiB: 8}))
		}
	}
}

// want waits for a message.
func (d *datagrams) want(what string, match func(wire.Frame) bool) wire.Frame {
	f, ok := d.wait(d.t.cfg.Timeout, match)
	d.t.check(ok, what, "none within %v", d.t.cfg.Timeout)
	return f
}

// wantNone checks that nothing comes for a while after the servent has answered
// elsewhere.
func (d *datagrams) wantNone(what string, match func(wire.Frame) bool) {
	d.t.one().alive()
	if f, ok := d.wait(quietTime, match); ok {
		d.t.failf("no "+what, "%s", describe(f))
	}
}
