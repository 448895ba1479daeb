//go:build !linux

package natlab

import (
	"errors"
	"net/netip"

	"filbert/node"
)

// spaces is not there.
type spaces struct{}

func newSpaces(bool) (*spaces, error) {
	return nil, errors.New("natlab: network namespaces need Linux")
}

func (*spaces) host(Kind, spot) (node.Network, netip.Addr, error) {
	return nil, netip.Addr{}, errors.New("natlab: no namespaces")
}

func (*spaces) Close() error { return nil }
