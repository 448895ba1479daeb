package overlay_test

import (
	"net/netip"
	"testing"
	"time"

	"filbert/overlay"
	"filbert/testnet/fabric"
)

// TestCallsBackThroughNATs: neighbors test one another at the same time, each as it is
// asked to. Those that are open find out that they are; one behind a NAT that lets in
// nobody but whom it sent to is not fooled by what it did for them.
func TestCallsBackThroughNATs(t *testing.T) {
	for name, box := range map[string]fabric.NATConfig{
		"restricted": fabric.RestrictedCone(), "port-restricted": fabric.PortRestricted(), "symmetric": fabric.Symmetric(),
	} {
		t.Run(name, func(t *testing.T) {
			inSquare(t, 0, func(t *testing.T, s *square) {
				boris := s.settle("boris", overlay.Config{})
				inside := netip.MustParseAddrPort("192.168.1.2:7000")
				outside := s.net.NAT(netip.MustParseAddr("9.50.1.1"), box)
				anna := s.settleAt(outside.Host(inside.Addr()), inside, "anna", overlay.Config{Mode: overlay.ModeLeaf}, boris)
				bruno := s.settle("bruno", overlay.Config{}, boris)
				s.pass(5 * time.Minute)
				for who, h := range map[string]*inhabitant{"boris": boris, "bruno": bruno, "anna": anna} {
					st, err := h.Status(t.Context())
					if err != nil || st.UDP.Open != (h != anna) {
						t.Errorf("%s: UDP %+v, %v", who, st.UDP, err)
					}
				}
			})
		})
	}
}
