//go:build !linux

package portmap

// node is the node of TestRealRouter, which is of Linux.
func node(string) { panic("no real router on this system") }
