package node

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"filbert/overlay/hostcache"
	"filbert/transfer/mesh"
	"filbert/transfer/urn"
)

// TestMeshTable follows alternates from hits to a download and to hits of ours.
func TestMeshTable(t *testing.T) {
	ip, at := netip.MustParseAddr, netip.MustParseAddrPort
	sum := urn.SHA1{1}
	m := newMeshTable(hostcache.Config{}, at("0.0.0.0:7000"), ip("9.8.7.6"), rand.New(rand.NewPCG(1, 2)))
	told := []netip.AddrPort{
		at("5.5.5.5:6346"), at("9.8.7.6:7000"), at("9.8.7.6:7001"), // two of a house, one of which we are
		at("192.168.0.9:6346"), at("127.0.0.1:6346"), at("169.254.169.254:6346"), at("192.0.2.1:6346"), at("6.6.6.6:25"),
	}
	m.heardHit(sum, ip("1.1.1.1"), told)
	if got := m.Alternates(sum); got != nil {
		t.Errorf("on the word of one neighbor our hits name %v", got)
	}
	var tried []string
	for _, s := range m.Sources(sum, 10) {
		tried = append(tried, s.Addr.String())
	}
	if len(tried) != 2 {
		t.Errorf("we try %v, want 5.5.5.5 and the other one of our house", tried)
	}
	m.heardHit(sum, ip("2.2.2.2"), told[:1])
	if got := fmt.Sprint(m.Alternates(sum)); got != "[5.5.5.5:6346]" {
		t.Errorf("on the word of two our hits name %v", got)
	}
	m.am(ip("5.5.5.5"))
	m.port = 6346
	if got := m.Alternates(sum); got != nil {
		t.Errorf("our hits name ourselves: %v", got)
	}
}

// TestMeshTableInALab works where all are on one machine or network, and tells
// nobody outside.
func TestMeshTableInALab(t *testing.T) {
	ip, at := netip.MustParseAddr, netip.MustParseAddrPort
	sum := urn.SHA1{1}
	m := newMeshTable(hostcache.Config{}, at("127.0.0.1:7000"), netip.Addr{}, rand.New(rand.NewPCG(1, 2)))
	for _, via := range []string{"127.0.0.1", "127.0.0.2"} {
		m.heardHit(sum, ip(via), []netip.AddrPort{at("127.0.0.1:7000"), at("127.0.0.1:7001")})
	}
	if got := m.Sources(sum, 10); len(got) != 1 || got[0].Addr != at("127.0.0.1:7001") {
		t.Errorf("we try %v", got)
	}
	if got := m.Alternates(sum); got != nil {
		t.Errorf("anybody is told %v", got)
	}
	if got := m.Offer(sum, ip("127.0.0.1")); len(got) != 1 {
		t.Errorf("a neighbor in the lab is told %v", got)
	}
	if got := m.Offer(sum, ip("8.8.8.8")); len(got) != 0 {
		t.Errorf("somebody outside is told %v", got)
	}
}

// TestMeshTableLearns follows what downloads and uploads tell of sources.
func TestMeshTableLearns(t *testing.T) {
	ip := netip.MustParseAddr
	sum, to := urn.SHA1{1}, ip("8.8.8.8")
	m := newMeshTable(hostcache.Config{}, netip.MustParseAddrPort("0.0.0.0:7000"), netip.Addr{}, rand.New(rand.NewPCG(1, 2)))
	one, two := mesh.ParseAlt("5.5.5.5"), mesh.ParseAlt("6.6.6.6")
	m.Worked(sum, one[0])
	for _, from := range []string{"1.1.1.1", "2.2.2.2"} {
		m.Heard(sum, ip(from), two)
	}
	if got := m.Offer(sum, to); len(got) != 2 {
		t.Errorf("a peer is told of %v", got)
	}
	for _, from := range []string{"1.1.1.1", "2.2.2.2", "3.3.3.3"} {
		m.Reported(sum, ip(from), append(two, one...))
	}
	if got := string(mesh.AppendAlt(nil, m.Offer(sum, to))); got != "5.5.5.5" {
		t.Errorf("after three reports a peer is told of %q", got)
	}
	m.Failed(sum, one[0])
	if got := string(mesh.AppendAlt(nil, m.Bad(sum, to))); got != "5.5.5.5" || len(m.Offer(sum, to)) != 0 {
		t.Errorf("after a failure %q is called failed, and %v is offered", got, m.Offer(sum, to))
	}
}

// TestMeshTableForgetsAddresses bounds the addresses that are ours.
func TestMeshTableForgetsAddresses(t *testing.T) {
	m := newMeshTable(hostcache.Config{}, netip.MustParseAddrPort("0.0.0.0:7000"), netip.Addr{}, rand.New(rand.NewPCG(1, 2)))
	for i := range 100 {
		m.am(netip.AddrFrom4([4]byte{9, 9, 9, byte(i)}))
	}
	if len(m.own) != maxOwnAddrs || m.own[maxOwnAddrs-1] != netip.MustParseAddr("9.9.9.99") {
		t.Errorf("%d addresses are ours: %v", len(m.own), m.own)
	}
}
