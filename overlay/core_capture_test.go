package overlay

import (
	"bytes"
	"net/netip"
	"os"
	"reflect"
	"testing"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/hostcache"
	"filbert/overlay/wire"
)

// captured returns the messages that one end of a captured connection between
// two gtk-gnutella nodes sent: A, an ultrapeer at 203.0.113.1:6346, and L, a
// leaf at 203.0.113.3:6348 that nobody can connect to.
func captured(t *testing.T, name string) (frames []wire.Frame) {
	t.Helper()
	b, err := os.ReadFile("wire/testdata/captures/" + name + ".bin")
	if err != nil {
		t.Fatal(err)
	}
	for bytes.HasPrefix(b, []byte("GNUTELLA")) {
		_, b, _ = bytes.Cut(b, []byte("\r\n\r\n"))
	}
	for len(b) > 0 {
		f, rest, err := wire.SplitFrame(b)
		if err != nil {
			t.Fatal(err)
		}
		frames, b = append(frames, f), rest
	}
	return frames
}

var (
	capturedA = netip.MustParseAddrPort("203.0.113.1:6346")
	capturedB = netip.MustParseAddrPort("203.0.113.2:6347")
	capturedL = netip.MustParseAddrPort("203.0.113.3:6348")
	serventL  = wire.GUID{0xcd, 0xeb, 0x31, 0x02, 0xe7, 0xc5, 0xbc, 0x6f, 0x64, 0x8e, 0x06, 0x66, 0xac, 0xcc, 0xbb, 0xf9}
)

// TestCapturedLeaf takes the place of A: gtk-gnutella's leaf asks to be called
// back over TCP and UDP, and for a push proxy.
func TestCapturedLeaf(t *testing.T) {
	w := newWorld(t, Config{Hosts: hostcache.Config{AllowDocumentation: true}})
	l := w.greets(capturedL, handshake.Peer{Role: handshake.RoleUltrapeer, GUID: serventL})
	for _, f := range captured(t, "push-gnet-L-to-A.L") {
		if f.Type() == wire.TypeVendor {
			w.step(&Batch{Link: l.id, Frames: f})
		}
	}
	w.dropped()
	if got := w.called(); !reflect.DeepEqual(got, []Effect{&Probe{capturedL}, &Probe{capturedL}}) {
		t.Errorf("called %+v", got)
	}
	if len(w.replies) == 0 || w.replies[0].GUID() != serventL || w.replies[0].Type() != wire.TypePing {
		t.Errorf("sent %x over UDP", w.replies)
	}
	n := w.core.links[l.id]
	if len(n.vendor.handles) != 26 || !n.supports(wire.VendorHeadPong2) || n.feature("WHAT") != 1 || n.feature("TCPI") != 0 {
		t.Errorf("it handles %v and has %v", n.vendor.handles, n.vendor.features)
	}
	// We ask it to call us over UDP, as nobody did so far.
	l.wantVendor(wire.VendorUDPConnectBack2)
	if guid, m := l.wantVendor(wire.VendorProxyAnswer2); guid != serventL || len(m.Data) != 6 {
		t.Errorf("answered %v %x", guid, m.Data)
	}
	if w.core.proxied(serventL) != n {
		t.Error("is not its push proxy")
	}
}

// TestCapturedUltrapeer takes the place of L: gtk-gnutella's ultrapeer becomes
// our push proxy and brings the push of B.
func TestCapturedUltrapeer(t *testing.T) {
	w := newWorld(t, Config{Hosts: hostcache.Config{AllowDocumentation: true}})
	w.core.cfg.GUID = serventL
	a := w.dialed(capturedA)
	for _, f := range captured(t, "push-gnet-L-to-A.A") {
		m, err := wire.Parse(f.Type(), f.Payload())
		if err != nil {
			t.Fatal(err)
		}
		v, ok := m.(*wire.Vendor)
		if !ok && f.Type() != wire.TypePush {
			continue
		}
		if ok && v.ID == wire.VendorProxyAnswer2 {
			w.core.refresh = w.now.Add(time.Hour) // no pings
			w.pass(proxyDelay)
			a.wantVendor(wire.VendorTCPConnectBack)
			a.wantVendor(wire.VendorUDPConnectBack2)
			if guid, _ := a.wantVendor(wire.VendorProxyRequest); guid != serventL {
				t.Errorf("asked for a push proxy of %v", guid)
			}
		}
		w.step(&Batch{Link: a.id, Frames: f})
	}
	w.dropped()
	if at := w.core.links[a.id].vendor.proxy.at; at != capturedA {
		t.Errorf("the push proxy is at %v", at)
	}
	if got := w.called(); !reflect.DeepEqual(got, []Effect{&Call{capturedB, 0}}) {
		t.Errorf("called %+v", got)
	}
}

// TestCapturedStatus takes the place of A: gtk-gnutella's leaf asks, tells its
// route table, and tells twice how many results of its query it kept.
func TestCapturedStatus(t *testing.T) {
	w := newWorld(t, Config{Hosts: hostcache.Config{AllowDocumentation: true}})
	w.ring(8, time.Millisecond) // to ask for it
	l := w.greets(capturedL, handshake.Peer{Role: handshake.RoleLeaf, GUID: serventL})
	var told []uint16
	for _, f := range captured(t, "plain-gnet-L-to-A.L") {
		switch f.Type() {
		case wire.TypeVendor:
			m, err := wire.Parse(f.Type(), f.Payload())
			if err != nil {
				t.Fatal(err)
			}
			if v := m.(*wire.Vendor); v.ID == wire.VendorStatusResponse {
				kept, err := v.StatusResponse()
				if err != nil {
					t.Fatal(err)
				}
				told = append(told, kept)
			}
		case wire.TypeQuery, wire.TypeRoute:
		default:
			continue
		}
		w.step(&Batch{Link: l.id, Frames: f})
	}
	w.dropped()
	if n := w.core.links[l.id]; n.table() == nil || n.table().Empty() || w.core.View().Asking != 1 {
		t.Errorf("it has a table: %v; %d queries run", n.table() != nil, w.core.View().Asking)
	}
	if !reflect.DeepEqual(told, []uint16{2, 3}) {
		t.Errorf("it told %v", told)
	}
}
