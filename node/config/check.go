package config

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
)

// contradictions notes values that are right alone but not together.
func (c *Config) contradictions(p *Problems) {
	if c.Neighbors > c.MaxNeighbors {
		p.add(c.origins["neighbors"], "neighbors", "%d are more than max-neighbors, which is %d (%s): lower it or raise max-neighbors",
			c.Neighbors, c.MaxNeighbors, c.origins["max-neighbors"])
	}
	if c.API != "" && sameSocket(c.Listen, c.API) {
		p.add(c.origins["api"], "api", "%q is where we listen for servents, %q (%s): give another port",
			c.API, c.Listen, c.origins["listen"])
	}
}

// sameSocket reports whether two sockets, one at listen and one at the loopback
// address api, would be in each other's way.
func sameSocket(listen, api string) bool {
	host, port, err := splitPort(listen)
	apiHost, apiPort, apiErr := splitPort(api)
	if err != nil || apiErr != nil || port != apiPort || port == 0 {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified() || host == apiHost || apiHost == "localhost" && addr.IsLoopback()
}

// Check looks for what Load cannot see: whether the folders are there. It returns
// what is wrong, nil if nothing is.
func (c *Config) Check() Problems {
	var p Problems
	for _, share := range c.Shares {
		info, err := os.Stat(share)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			p.add(c.origins["shares"], "shares", "%s does not exist: make it, or remove it from the list", share)
		case err != nil:
			p.add(c.origins["shares"], "shares", "%v: make it readable, or remove it from the list", err)
		case !info.IsDir():
			p.add(c.origins["shares"], "shares", "%s is no folder: share the folder it is in", share)
		}
	}
	if info, err := os.Stat(c.Downloads); err == nil && !info.IsDir() {
		p.add(c.origins["downloads"], "downloads", "%s is no folder: give another", c.Downloads)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.add(c.origins["downloads"], "downloads", "%v: give another", err)
	}
	return p
}
