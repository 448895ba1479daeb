package natlab

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"filbert/nat/stun"
	"filbert/node"
)

// turnserver finds the program of coturn. Without, the test fails if all is required.
func turnserver(t *testing.T) (program string, err error) {
	t.Helper()
	if program, err = exec.LookPath("turnserver"); err != nil && os.Getenv("FILBERT_REQUIRE_ALL") == "1" {
		t.Fatal(err)
	}
	return program, err
}

// coturn runs one on a host until the test ends, and returns when it answers at all of these addresses.
func coturn(t *testing.T, host node.Network, program string, at []netip.AddrPort, args ...string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(program, append([]string{"-n", "--listening-port", fmt.Sprint(at[0].Port()),
		"--no-tcp", "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout",
		"--pidfile", filepath.Join(dir, "pid"), "--userdb", filepath.Join(dir, "db")}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() {
		if err := host.(*space).in(func() error {
			err := cmd.Start()
			if started <- err; err == nil {
				cmd.Wait() // it dies with the thread that began it
			}
			return nil
		}); err != nil {
			started <- err
		}
	})
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		running.Wait()
	})
	conn, err := host.ListenPacket(t.Context(), "udp", fmt.Sprint(at[0].Addr(), ":0"))
	if err != nil {
		t.Fatal(err)
	}
	up := stun.Open(conn, stun.Config{RTO: 50 * time.Millisecond, Sends: 10})
	defer up.Close()
	for _, a := range at {
		if _, err := up.Bind(t.Context(), a, stun.Options{}); err != nil {
			t.Fatal(err)
		}
	}
}
