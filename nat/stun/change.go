package stun

import (
	"net/netip"
	"strconv"
)

// Change asks a server to answer from another address or port of its own.
type Change uint8

// The changes.
const (
	SameAddress     Change = 0
	ChangePort      Change = changePort
	ChangeIP        Change = changeIP
	ChangeIPAndPort Change = changeIP | changePort
)

// String names the change.
func (c Change) String() string {
	switch c {
	case SameAddress:
		return "same address"
	case ChangePort:
		return "other port"
	case ChangeIP:
		return "other address"
	case ChangeIPAndPort:
		return "other address and port"
	}
	return "Change(" + strconv.Itoa(int(c)) + ")"
}

// of returns the address a server answers from that has these two.
func (c Change) of(server, other netip.AddrPort) netip.AddrPort {
	addr, port := server.Addr(), server.Port()
	if c&ChangeIP != 0 {
		addr = other.Addr()
	}
	if c&ChangePort != 0 {
		port = other.Port()
	}
	return netip.AddrPortFrom(addr, port)
}
