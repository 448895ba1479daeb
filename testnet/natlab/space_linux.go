package natlab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"filbert/node"
)

// space is a network namespace. It has no name, and is gone with what holds it: this process, however it ends.
type space struct {
	file   *os.File
	system node.System
}

// onThread calls f on a thread that ends with it, for it may not do for others any more.
func onThread(f func() error) (err error) {
	var work sync.WaitGroup
	work.Go(func() {
		runtime.LockOSThread()
		err = f()
	})
	work.Wait()
	return err
}

// newSpace makes one without any way out.
func newSpace() (*space, error) {
	s := &space{}
	err := onThread(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("natlab: a network namespace, which needs root: %w", err)
		}
		s.file, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		return nil, err
	}
	// Addresses are used at once: nobody else has them.
	return s, s.run(nil, "ip link set lo up", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
}

// in calls f in the namespace. Sockets it makes stay there.
func (s *space) in(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(s.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("natlab: enter a network namespace: %w", err)
		}
		return f()
	})
}

// run has a shell run lines there. In them $OTHER is another namespace.
func (s *space) run(other *space, lines ...string) error {
	return s.in(func() error {
		cmd := exec.Command("sh", "-ec", strings.Join(lines, "\n"))
		cmd.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin:/sbin", "OTHER=/proc/self/fd/3"}
		if other != nil {
			cmd.ExtraFiles = []*os.File{other.file}
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("natlab: set up a network namespace: %w: %s", err, out)
		}
		return nil
	})
}

// Listen implements node.Network.
func (s *space) Listen(ctx context.Context, network, address string) (l net.Listener, err error) {
	err = s.in(func() (err error) {
		l, err = s.system.Listen(ctx, network, address)
		return err
	})
	return l, err
}

// ListenPacket implements node.Network.
func (s *space) ListenPacket(ctx context.Context, network, address string) (c net.PacketConn, err error) {
	err = s.in(func() (err error) {
		c, err = s.system.ListenPacket(ctx, network, address)
		return err
	})
	return c, err
}

// DialContext implements node.Network.
func (s *space) DialContext(ctx context.Context, network, address string) (c net.Conn, err error) {
	err = s.in(func() (err error) {
		c, err = s.system.DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// Addrs lists the addresses of the namespace.
func (s *space) Addrs() (own []netip.Prefix, err error) {
	err = s.in(func() (err error) {
		own, err = s.system.Addrs()
		return err
	})
	return own, err
}
