package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"filbert/node/state"
)

const (
	stateNode   = "node" // bucket of the node's own values
	keyPort     = "port"
	stateHosts  = "hosts" // bucket of the host cache
	keyHosts    = "known"
	minPort     = 10_001 // of ports we choose: gtk-gnutella distrusts those around 6346
	portRange   = 50_000
	portTries   = 20 // before we give up to find a free one
	defaultHost = "::"
)

// all4 is where a node listens that is to be reached by IPv4 alone.
const all4 = "0.0.0.0"

// bind opens the node's TCP and UDP port on a network, the same number for both. Port 0 is
// the port of last time if it is free, else a random one, which is kept.
func bind(ctx context.Context, cfg Config, network Network) (net.Listener, net.PacketConn, error) {
	host, port, err := splitListen(cfg.Listen)
	if err != nil {
		return nil, nil, err
	}
	if port != 0 {
		return open(ctx, network, host, port)
	}
	kept, err := keptPort(cfg.State)
	if err != nil {
		return nil, nil, err
	}
	for i := range portTries {
		port = kept
		if i > 0 || port == 0 {
			port = minPort + uint16(cfg.Rand.IntN(portRange))
		}
		var l net.Listener
		var pc net.PacketConn
		if l, pc, err = open(ctx, network, host, port); err == nil {
			return l, pc, keepPort(cfg.State, port, kept)
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	return nil, nil, err
}

// splitListen reads "host:port"; an empty address is any host and port 0.
func splitListen(address string) (host string, port uint16, err error) {
	if address == "" {
		return defaultHost, 0, nil
	}
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("node: listen address %q: want HOST:PORT: %w", address, err)
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("node: listen address %q: the port must be a number from 0 to 65535", address)
	}
	if host == "" {
		host = defaultHost
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return "", 0, fmt.Errorf("node: listen address %q: the host must be an IP address of this machine, [::] for all, or 0.0.0.0 for those of IPv4", address)
	}
	return host, uint16(n), nil
}

// open listens at one port, TCP and UDP. The host :: stands for all addresses of
// both families, as far as the machine has them.
func open(ctx context.Context, n Network, host string, port uint16) (net.Listener, net.PacketConn, error) {
	l, pc, err := openAt(ctx, n, host, port)
	if host == defaultHost && (errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL)) {
		return openAt(ctx, n, all4, port)
	}
	return l, pc, err
}

func openAt(ctx context.Context, n Network, host string, port uint16) (net.Listener, net.PacketConn, error) {
	address := net.JoinHostPort(host, strconv.Itoa(int(port)))
	family := ""
	if host == all4 {
		family = "4" // else it would be taken for all of both
	}
	l, err := n.Listen(ctx, "tcp"+family, address)
	if err != nil {
		return nil, nil, inUse(err, address)
	}
	pc, err := n.ListenPacket(ctx, "udp"+family, address)
	if err != nil {
		l.Close()
		return nil, nil, inUse(err, address)
	}
	return l, pc, nil
}

// onlyIPv6 reports whether who listens at an address reaches IPv6 hosts alone.
func onlyIPv6(addr netip.Addr) bool { return addr.Is6() && !addr.IsUnspecified() }

// inUse adds the remedy to the error a user meets most often.
func inUse(err error, address string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("node: listen at %s: %w; another program uses the port: stop it, or choose another with --listen", address, err)
	}
	return fmt.Errorf("node: listen at %s: %w", address, err)
}

func keptPort(db *state.DB) (uint16, error) {
	b, err := db.Bucket(stateNode).Get(keyPort)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("node: %w", err)
	case len(b) != 2:
		return 0, nil
	}
	return binary.BigEndian.Uint16(b), nil
}

func keepPort(db *state.DB, port, kept uint16) error {
	if port == kept {
		return nil
	}
	if err := db.Bucket(stateNode).Put(keyPort, binary.BigEndian.AppendUint16(nil, port)); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}
