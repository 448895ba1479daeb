package node

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"filbert/transfer/store"
)

// splitSeeds tells addresses from names that must be looked up.
func splitSeeds(seeds []string) (addrs []netip.AddrPort, names []string, err error) {
	for _, seed := range seeds {
		if addr, err := netip.ParseAddrPort(seed); err == nil {
			if addr.Port() == 0 {
				return nil, nil, fmt.Errorf("node: seed %q: port 0 cannot be connected to", seed)
			}
			addrs = append(addrs, netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()))
			continue
		}
		host, port, err := net.SplitHostPort(seed)
		if n, perr := strconv.ParseUint(port, 10, 16); err != nil || host == "" || perr != nil || n == 0 {
			return nil, nil, fmt.Errorf("node: seed %q: want HOST:PORT, such as 192.0.2.1:6346", seed)
		}
		names = append(names, seed)
	}
	return addrs, names, nil
}

// lookUpSeeds connects to the seeds that were given by name, and tries names
// that cannot be looked up again now and then.
func (n *Node) lookUpSeeds(ctx context.Context) error {
	left := n.named
	for pause := lookupPause; len(left) > 0; pause = min(2*pause, maxLookupPause) {
		var failed []string
		for _, seed := range left {
			addr, err := LookUp(ctx, seed)
			if err != nil {
				n.log.Warn().Err(err).Str("seed", seed).Dur("again_in", pause).Msg("seed cannot be looked up")
				failed = append(failed, seed)
			} else if n.overlay.Seed(addr) != nil {
				break // it has ended
			}
		}
		if left = failed; len(left) == 0 {
			break
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
	<-ctx.Done()
	return nil
}

// LookUp finds the address of a host, "HOST:PORT" with a name or an address.
func LookUp(ctx context.Context, host string) (netip.AddrPort, error) {
	name, digits, err := net.SplitHostPort(host)
	port, perr := strconv.ParseUint(digits, 10, 16)
	if err != nil || name == "" || perr != nil || port == 0 {
		return netip.AddrPort{}, fmt.Errorf("node: host %q: want HOST:PORT, such as 192.0.2.1:6346", host)
	}
	addr, err := netip.ParseAddr(name)
	if err != nil {
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("node: host %q: %w", host, err)
		}
		addr = addrs[0]
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), nil
}

// folderLock is the name of the lock that a node holds on its download folder,
// where dotfiles are neither shared nor shown.
const folderLock = ".filbert.lock"

// openFolder opens the download folder, making it if it is not there.
func openFolder(dir string) (*store.Disk, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return store.OpenDisk(dir)
}

func addrPortOf(a net.Addr) netip.AddrPort {
	if a, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}
