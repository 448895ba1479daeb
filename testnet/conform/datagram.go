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
	mute  bool // answers no pings
}

// datagrams opens a UDP port at an address.
func (t *trial) datagrams(at netip.Addr) *datagrams {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
	if err != nil {
		t.failf("a UDP port of ours", "%v", err)
	}
	t.later(conn)
	bound, _ := conn.LocalAddr().(*net.UDPAddr)
	return &datagrams{t: t, conn: conn, local: bound.AddrPort()}
}

// stranger opens a UDP port whose pings the servent owes an answer: servents
// answer one datagram of an address a minute. On loopback there are addresses
// enough, and a filbert tells who shares a host with it apart by their ports;
// elsewhere the minute is waited for.
func (t *trial) stranger() *datagrams {
	at := t.one().c.local.Addr()
	switch {
	case at.Is4() && at.IsLoopback():
		t.sources++
		return t.datagrams(netip.AddrFrom4([4]byte{127, 1, t.sources, 1}))
	case at.IsLoopback() && t.isFilbert():
		return t.datagrams(at)
	}
	if wait := time.Until(t.lastDatagram.Add(datagramPause)); wait > 0 {
		t.cfg.Tell(fmt.Sprintf("waiting %v before the next datagram", wait.Round(time.Second)))
		t.pause(wait)
	}
	t.lastDatagram = time.Now()
	return t.datagrams(at)
}

// needStrange ends the case, in which the servent sent more than it may send to a
// stranger, if it may take us for its neighbor, whose address is proven.
func (d *datagrams) needStrange() {
	if d.local.Addr() == d.t.one().c.local.Addr() {
		d.t.notOffered("this is the address of a neighbor, and not that of a stranger, which gets less")
	}
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
		d.t.check(err == nil && len(rest) == 0, "datagrams that are one message each", "one of %d bytes: %x", n, clipBytes(buf[:n]))
		if match(f) {
			return append(wire.Frame(nil), f...), true
		}
		if f.Type() == wire.TypePing && !d.mute {
			d.send(wire.AppendFrame(nil, f.GUID(), 1, 0, &wire.Pong{Addr: d.local, Files: 1, KiB: 8}))
		}
	}
}

// all returns what comes until nothing more does for a while.
func (d *datagrams) all() (got []wire.Frame) {
	limit := d.t.cfg.Timeout
	for {
		f, ok := d.wait(limit, func(wire.Frame) bool { return true })
		if !ok {
			return got
		}
		got, limit = append(got, f), quietTime
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
