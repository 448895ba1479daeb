package turn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filbert/nat/stun"
)

// TestCoturn uses coturn on loopback, which gives a user one allocation at a time: what
// is allocated passes datagrams on, and is free when it was closed.
func TestCoturn(t *testing.T) {
	program, err := exec.LookPath("turnserver")
	if err != nil {
		if os.Getenv("FILBERT_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	at := coturn(t, program)
	code := func(err error) int {
		var refused *StatusError
		if errors.As(err, &refused) {
			return refused.Code
		}
		return 0
	}
	allocate := func(s Server) (a *Allocation, err error) {
		t.Helper()
		for range 3 { // one first answer in hundreds has no nonce (see chat), and no code is to be had of it
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			a, err = Allocate(ctx, loopback(t, "127.0.0.1:0"), at, s)
			cancel()
			if err == nil || code(err) != 0 {
				break
			}
			t.Log(err)
		}
		return a, err
	}
	if _, err := allocate(NewServer(at.String(), user, "guess")); code(err) != 401 {
		t.Errorf("a wrong password: %v", err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for i := range 2 {
		a, err := allocate(NewServer(at.String(), user, password))
		for code(err) == 486 && i > 0 { // coturn counts what is over once a second
			select {
			case <-tick.C:
			case <-t.Context().Done():
				t.Fatal("it was not freed")
			}
			a, err = allocate(NewServer(at.String(), user, password))
		}
		if err != nil {
			t.Fatal(err)
		}
		peer := loopback(t, "127.0.0.2:0")
		if err := a.Permit(t.Context(), netip.MustParseAddr("127.0.0.2")); err != nil {
			t.Fatal(err)
		}
		chat(t, a, peer, 200)
		if a.Addr().Addr() != at.Addr() {
			t.Errorf("relayed at %v", a.Addr())
		}
		if err := a.Permit(t.Context(), netip.MustParseAddr("127.0.0.9")); code(err) != 403 {
			t.Errorf("a host that coturn is told not to let in: %v", err)
		}
		stranger := loopback(t, "127.0.0.3:0")
		send(t, stranger, a.LocalAddr(), "let me in")
		chat(t, a, peer, 1) // what comes after it is there, and it is not
		if _, err := allocate(NewServer(at.String(), user, password)); code(err) != 486 {
			t.Errorf("two at a time: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		peer.Close()
		stranger.Close()
	}
}

// chat has datagrams go both ways for some times, and nothing else come. Coturn gives each
// client a socket of its own while datagrams are on their way to the common one, and loses
// some of these: a few are sent again.
func chat(t *testing.T, a *Allocation, peer net.PacketConn, times int) {
	t.Helper()
	read := func(conn net.PacketConn, kind, want string) net.Addr {
		t.Helper()
		b := make([]byte, 1452)
		for {
			conn.SetReadDeadline(time.Now().Add(time.Second)) // an error shows at the read
			n, from, err := conn.ReadFrom(b)
			var timeout net.Error
			switch text := string(b[:n]); {
			case errors.As(err, &timeout) && timeout.Timeout():
				return nil
			case err != nil || !strings.HasPrefix(text, kind):
				t.Fatalf("%v got %q, %v; want %q", conn.LocalAddr(), text, err, want)
			case text == want: // else one that was sent again
				return from
			}
		}
	}
	for i, again := 0, 0; i < times; {
		ask, answer := fmt.Sprint("ask ", i), fmt.Sprint("answer ", i)
		send(t, peer, a.LocalAddr(), ask)
		if from := read(a, "ask", ask); from != nil {
			send(t, a, from, answer)
			if by := read(peer, "answer", answer); by != nil {
				if by.String() != a.Addr().String() {
					t.Fatalf("answered by %v", by)
				}
				i++
				continue
			}
		}
		if again++; again > 5 {
			t.Fatalf("%d were lost of %d", again, i+again)
		}
	}
}

func loopback(t *testing.T, addr string) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("udp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// coturn runs one until the test ends.
func coturn(t *testing.T, program string) netip.AddrPort {
	t.Helper()
	free := loopback(t, "127.0.0.1:0")
	at := free.LocalAddr().(*net.UDPAddr).AddrPort()
	free.Close()
	dir := t.TempDir()
	cmd := exec.Command(program, "-n", "-L", "127.0.0.1", "-E", "127.0.0.1", "--listening-port", fmt.Sprint(at.Port()),
		"--lt-cred-mech", "--user", user+":"+password, "--realm", "filbert", "--user-quota", "1",
		"--allow-loopback-peers", "--denied-peer-ip", "127.0.0.9", "--min-port", "20000", "--max-port", "29999",
		"--no-tcp", "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout",
		"--pidfile", filepath.Join(dir, "pid"), "--userdb", filepath.Join(dir, "db"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	up := stun.Open(loopback(t, "127.0.0.1:0"), stun.Config{RTO: 50 * time.Millisecond, Sends: 10})
	defer up.Close()
	if _, err := up.Bind(t.Context(), at, stun.Options{}); err != nil {
		t.Fatal(err)
	}
	return at
}
