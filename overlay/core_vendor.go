package overlay

import (
	"slices"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// vendorPeer is what was agreed with a neighbor by vendor messages.
type vendorPeer struct {
	handles  []wire.VendorID // what it handles; nil before it told; at most wire.MaxCapabilities
	features []wire.Feature  // what it can do; likewise
	flow     *wire.Hops      // it wants only queries with fewer hops; nil = all
	tested   time.Time       // when it was asked to call us, last
	proxy    proxying
}

// handled is what this servent handles of vendor messages over TCP, as it tells
// its neighbors. Each version is a message of its own.
var handled = []wire.VendorID{
	wire.VendorHopsFlow,
	wire.VendorTCPConnectBack, wire.VendorUDPConnectBack, wire.VendorUDPConnectBack2, wire.VendorRedirect,
	wire.VendorStatusRequest, wire.VendorStatusResponse,
	wire.VendorTimeRequest, wire.VendorOOBProxyVeto,
	wire.VendorProxyRequest, wire.VendorProxyRequest2, wire.VendorProxyAnswer, wire.VendorProxyAnswer2, wire.VendorProxyCancel,
	wire.VendorHeadPing, wire.VendorHeadPing2, wire.VendorHeadPong, wire.VendorHeadPong2,
	wire.VendorPunchWord,
}

// Names of features.
var (
	featureWhatsNew = wire.VendorCode{'W', 'H', 'A', 'T'}
	featureTLS      = wire.VendorCode{'T', 'L', 'S', '!'}
	featureTCP      = wire.VendorCode{'T', 'C', 'P', 'I'} // can be connected to
)

// speaksVendor reports whether vendor messages were agreed on in the handshake.
func (n *neighbor) speaksVendor() bool { return n.peer.VendorMessage != handshake.Version{} }

// supports reports whether a neighbor handles a vendor message.
func (n *neighbor) supports(id wire.VendorID) bool { return slices.Contains(n.vendor.handles, id) }

// feature is the version of a feature, such as "WHAT", that a neighbor has; 0 for
// none.
func (n *neighbor) feature(name string) uint16 {
	for _, f := range n.vendor.features {
		if string(f.Name[:]) == name {
			return f.Version
		}
	}
	return 0
}

// introduce tells a new neighbor what we handle and can do. It comes early: who
// claims vendor messages and stays silent is taken for a fake.
func (c *Core) introduce(n *neighbor) {
	if !n.speaksVendor() {
		return
	}
	c.tell(n, wire.GUID{}, wire.NewMessagesSupported(handled...))
	features := []wire.Feature{{Name: featureWhatsNew, Version: 1}, {Name: featureTCP}}
	if c.openTo(n) {
		features[1].Version = 1
	}
	if c.cfg.tls {
		features = append(features, wire.Feature{Name: featureTLS, Version: 1})
	}
	c.tell(n, wire.GUID{}, wire.NewFeatures(features...))
}

// tell sends a vendor message to a neighbor.
func (c *Core) tell(n *neighbor, guid wire.GUID, m *wire.Vendor) { c.send(n, c.out.frame(guid, 1, m)) }

// vendorMessage handles a vendor message of a neighbor. What is not in the
// switch is ignored, as is everything of those who did not agree on vendor
// messages.
func (c *Core) vendorMessage(now time.Time, n *neighbor, f wire.Frame) {
	m, err := wire.Parse(f.Type(), f.Payload())
	v, ok := m.(*wire.Vendor)
	switch {
	case err != nil || !ok:
		c.drop(n, DropMalformed)
		return
	case !n.speaksVendor():
		c.drop(n, DropUnsupported)
		return
	}
	switch v.ID {
	case wire.VendorMessagesSupported:
		err = c.messagesSupported(now, n, v)
	case wire.VendorFeatures, wire.VendorFeatures1:
		n.vendor.features, err = v.Features()
	case wire.VendorHopsFlow:
		err = n.hopsFlow(v)
	case wire.VendorTCPConnectBack, wire.VendorUDPConnectBack, wire.VendorUDPConnectBack2:
		err = c.connectBack(now, n, f.GUID(), v)
	case wire.VendorRedirect:
		err = c.redirect(now, n, v)
	case wire.VendorStatusRequest:
		c.statusRequest(n, f.GUID())
	case wire.VendorStatusResponse:
		var kept uint16
		if kept, err = v.StatusResponse(); err == nil {
			c.statusResponse(now, n, f.GUID(), kept)
		}
	case wire.VendorTimeRequest:
		guid, reply := wire.NewTimeReply(f.GUID(), now, now)
		c.tell(n, guid, reply)
	case wire.VendorProxyRequest, wire.VendorProxyRequest2:
		c.proxyRequest(n, f.GUID())
	case wire.VendorProxyAnswer, wire.VendorProxyAnswer2:
		err = c.proxyAnswer(n, f.GUID(), v)
	case wire.VendorOOBProxyVeto:
		n.keepsOOB = true
	case wire.VendorProxyCancel:
		n.vendor.proxy.servent = wire.GUID{}
	case wire.VendorHeadPing, wire.VendorHeadPing2:
		err = c.headPing(n, f.GUID(), v)
	case wire.VendorHeadPong, wire.VendorHeadPong2:
		c.headPong(now, n, f)
	case wire.VendorPunchWord:
		err = c.punchWord(n, f.GUID(), v)
	default:
		c.drop(n, DropUnsupported)
	}
	if err != nil {
		c.drop(n, DropMalformed)
	}
}

// messagesSupported takes the list of what a neighbor handles. The first one is
// the moment to ask for what depends on it.
func (c *Core) messagesSupported(now time.Time, n *neighbor, v *wire.Vendor) error {
	ids, err := v.MessagesSupported()
	if err != nil {
		return err
	}
	first := n.vendor.handles == nil
	n.vendor.handles = ids
	if first {
		c.testWith(now, n)
	}
	return nil
}
