package portmap

import (
	"fmt"
	"io"
	"net/netip"
	"os"
)

// guessed tells that gateways guesses.
const guessed = false

// gateways lists the default gateways of the system.
func gateways() ([]netip.Addr, error) {
	four, err := readTable("/proc/net/route")
	if err != nil {
		return nil, err
	}
	six, err := readTable("/proc/net/ipv6_route")
	if err != nil && !os.IsNotExist(err) { // a kernel without IPv6
		return nil, err
	}
	return append(parseRoutes4(four), parseRoutes6(six)...), nil
}

func readTable(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxRoutes))
	if err != nil {
		return "", fmt.Errorf("portmap: %s: %w", name, err)
	}
	return string(b), nil
}
