package wire

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

// golden returns the vendor message of a golden frame.
func golden(t *testing.T, name string) (GUID, *Vendor) {
	t.Helper()
	f := Frame(readGolden(t, "vendor.hex")[name])
	m, err := Parse(f.Type(), f.Payload())
	v, ok := m.(*Vendor)
	if err != nil || !ok {
		t.Fatalf("%s: %T, error %v", name, m, err)
	}
	return f.GUID(), v
}

// TestVendorData reads what the golden frames hold.
func TestVendorData(t *testing.T) {
	_, m := golden(t, "hops-flow")
	if below, err := m.HopsFlow(); below != 5 || err != nil {
		t.Errorf("hops flow %d, error %v", below, err)
	}
	for name, want := range map[string]GUID{
		"tcp-connect-back": {}, "udp-connect-back": guid(servent), "udp-connect-back-2": guid(pingMUID),
	} {
		muid, m := golden(t, name)
		if port, ping, err := m.ConnectBack(muid); port != 6346 || ping != want || err != nil {
			t.Errorf("%s: port %d, ping %v, error %v", name, port, ping, err)
		}
	}
	_, m = golden(t, "connect-back-redirect")
	if to, err := m.Redirect(); to != addr("192.0.2.17:6346") || err != nil {
		t.Errorf("redirect to %v, error %v", to, err)
	}
	_, m = golden(t, "push-proxy-answer-2")
	if ip, port, err := m.ProxyAnswer(); ip != netip.MustParseAddr("192.0.2.17") || port != 6346 || err != nil {
		t.Errorf("proxy at %v port %d, error %v", ip, port, err)
	}
	if ip, port, err := NewProxyAnswer(addr("[2001:db8::1]:6346")).ProxyAnswer(); ip.IsValid() || port != 6346 || err != nil {
		t.Errorf("proxy at %v port %d, error %v", ip, port, err)
	}
	_, m = golden(t, "status-response")
	if kept, err := m.StatusResponse(); kept != 42 || err != nil {
		t.Errorf("%d kept, error %v", kept, err)
	}
	hello := [20]byte(unhex(sha1Hello))
	for name, want := range map[string]HeadPing{
		"head-ping": {SHA1: hello}, "head-ping-2": {SHA1: hello, Servent: guid(servent)},
	} {
		_, m := golden(t, name)
		if p, err := m.HeadPing(); p != want || err != nil {
			t.Errorf("%s: %+v, error %v", name, p, err)
		}
	}
}

// TestVendorDataCut reads what is too short for each message.
func TestVendorDataCut(t *testing.T) {
	for _, id := range []VendorID{
		VendorHopsFlow, VendorTCPConnectBack, VendorUDPConnectBack, VendorUDPConnectBack2, VendorRedirect,
		VendorProxyAnswer, VendorProxyAnswer2, VendorStatusResponse, VendorHeadPing, VendorHeadPing2,
	} {
		read := func(m *Vendor) error {
			var err error
			switch id {
			case VendorHopsFlow:
				_, err = m.HopsFlow()
			case VendorTCPConnectBack, VendorUDPConnectBack, VendorUDPConnectBack2:
				_, _, err = m.ConnectBack(GUID{})
			case VendorRedirect:
				_, err = m.Redirect()
			case VendorProxyAnswer, VendorProxyAnswer2:
				_, _, err = m.ProxyAnswer()
			case VendorStatusResponse:
				_, err = m.StatusResponse()
			case VendorHeadPing, VendorHeadPing2:
				_, err = m.HeadPing()
			}
			return err
		}
		need := map[VendorID]int{
			VendorHopsFlow: 1, VendorTCPConnectBack: 2, VendorUDPConnectBack: 18, VendorUDPConnectBack2: 2, VendorRedirect: 6,
			VendorProxyAnswer: 2, VendorProxyAnswer2: 6, VendorStatusResponse: 2, VendorHeadPing: 42, VendorHeadPing2: 42,
		}[id]
		data := append([]byte{0}, "urn:sha1:EJMWGY5T3ZALA34YD64F3ARRF2GA5VIR and more"...)
		for n := range need {
			if read(&Vendor{ID: id, Data: data[:n]}) == nil {
				t.Errorf("%v of %d bytes was read", id, n)
			}
		}
		for _, n := range []int{need, need + 1} {
			if err := read(&Vendor{ID: id, Data: data[:n]}); err != nil {
				t.Errorf("%v of %d bytes: %v", id, n, err)
			}
		}
	}
	other := append([]byte{0}, "urn:tree:EJMWGY5T3ZALA34YD64F3ARRF2GA5VIR"...)
	if _, err := (&Vendor{ID: VendorHeadPing, Data: other}).HeadPing(); err == nil {
		t.Error("a head ping for another kind of URN was read")
	}
}

// TestTimeReply answers at 1700000001.1005 what was asked at 1700000000.25 and
// came at 1700000001.1.
func TestTimeReply(t *testing.T) {
	asked, _ := golden(t, "time-request")
	at := func(us int64) time.Time { return time.UnixMicro(us) }
	guid, reply := NewTimeReply(asked, at(1700000001_100000), at(1700000001_100500))
	wantGUID, want := golden(t, "time-reply")
	want.Data[0] = 0 // its sender's clock is disciplined, ours is not known to be
	if guid != wantGUID || !reflect.DeepEqual(reply, want) {
		t.Errorf("%v %+v, want %v %+v", guid, reply, wantGUID, want)
	}
}

// TestHeadPong tells a whole file and three free slots.
func TestHeadPong(t *testing.T) {
	p := HeadPong{Code: HeadComplete, Vendor: VendorCode{'T', 'E', 'S', 'T'}, Queue: -3}
	if got := NewHeadPong(VendorHeadPing, p).Data; !bytes.Equal(got, unhex("000154455354fd")) {
		t.Errorf("version 1: %x", got)
	}
	if got := NewHeadPong(VendorHeadPing2, p).Data; !bytes.Equal(got, unhex("c30143410101564454455354815141fd")) {
		t.Errorf("version 2: %x", got)
	}
	if got := NewHeadPong(VendorHeadPing2, HeadPong{}).Data; !bytes.Equal(got, unhex("c381434100")) {
		t.Errorf("version 2, nothing: %x", got)
	}
}

// TestPushProxies reads the trailer of a published hit and bounds the list.
func TestPushProxies(t *testing.T) {
	f := Frame(readGolden(t, "messages.hex")["hit-large"])
	m, err := Parse(f.Type(), f.Payload())
	if err != nil {
		t.Fatal(err)
	}
	if got := m.(*QueryHit).Trailer.PushProxies(); !reflect.DeepEqual(got, []netip.AddrPort{addr("198.51.100.7:6346")}) {
		t.Errorf("push proxies %v", got)
	}
	for n := range MaxPushProxies + 2 {
		var at []netip.AddrPort
		for i := range n {
			at = append(at, netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 0, 0, byte(i)}), 6346))
		}
		ext, ok := PushProxies(append([]netip.AddrPort{addr("[2001:db8::1]:6346")}, at...))
		if ok != (n > 0) {
			t.Fatalf("%d proxies: %v", n, ok)
		}
		trailer := NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, HitPush)
		if ok {
			trailer = NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, HitPush, ext)
		}
		if got := trailer.PushProxies(); !reflect.DeepEqual(got, at[:min(n, MaxPushProxies)]) {
			t.Errorf("told %v, read %v", at, got)
		}
	}
	cut := NewTrailer(VendorCode{'T', 'E', 'S', 'T'}, HitPush, ext("PUSH", 1, 2, 3, 4, 5))
	if got := cut.PushProxies(); got != nil {
		t.Errorf("half an address was read as %v", got)
	}
}

// TestPushTarget tells both families.
func TestPushTarget(t *testing.T) {
	for _, to := range []string{"9.1.1.1:6346", "[2001:db8::1]:6346"} {
		m, err := Parse(TypePush, NewPush(guid(servent), 7, addr(to)).AppendTo(nil))
		if push, ok := m.(*Push); err != nil || !ok || push.Target() != addr(to) || push.Index != 7 {
			t.Errorf("push to %s became %+v, error %v", to, m, err)
		}
	}
	mapped := netip.MustParseAddr("::ffff:10.0.0.1").As16()
	hidden := &Push{Addr: addr("9.1.1.1:6346"), Ext: append([]byte{0xc3, 0x81, '6', 0x50}, mapped[:]...)}
	if got := hidden.Target(); got != addr("10.0.0.1:6346") {
		t.Errorf("an IPv4 address in an IPv6 one became %v", got)
	}
}

// TestPunchWord: a word has at least one byte, and at most MaxPunchWord.
func TestPunchWord(t *testing.T) {
	if _, m := golden(t, "punch-word"); m.ID.String() != "FLBT/1v1" {
		t.Errorf("it is %v", m.ID)
	}
	for n, ok := range map[int]bool{0: false, 1: true, MaxPunchWord: true, MaxPunchWord + 1: false} {
		word := bytes.Repeat([]byte{5}, n)
		if got, err := NewPunchWord(word).PunchWord(); (err == nil) != ok || ok && !bytes.Equal(got, word) {
			t.Errorf("%d bytes: read %d, %v", n, len(got), err)
		}
	}
}
