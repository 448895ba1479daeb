package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"filbert/node/api"
)

// typist is somebody at a pseudo-terminal on which the program runs.
type typist struct {
	t      *testing.T
	master *os.File
	shown  tail
	ended  chan error
}

// sit starts the program on a terminal that is too dumb for an editor.
func sit(t *testing.T, args ...string) *typist {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	conn, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if failed := conn.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	}); failed != nil || err != nil {
		t.Fatal(failed, err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &typist{t: t, master: master, ended: make(chan error, 1)}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "TERM=dumb")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			s.shown.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	go func() { s.ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill() // an error means that it has ended
		master.Close()
		<-read
	})
	return s
}

func (s *typist) types(keys string) {
	s.t.Helper()
	if _, err := s.master.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// sees waits until a text has been shown n times.
func (s *typist) sees(text string, n int) {
	s.t.Helper()
	defer func() {
		if s.t.Failed() {
			s.t.Logf("the terminal shows:\n%s", s.shown.String())
		}
	}()
	until(s.t, 30*time.Second, text, func() bool { return strings.Count(s.shown.String(), text) >= n })
}

// TestInterruptAtPrompt presses Ctrl-C while a search runs: the search ends, the
// node and its prompt do not. So it is with a node of one's own, the prompt of
// another process, and a testnet.
func TestInterruptAtPrompt(t *testing.T) {
	homes := t.TempDir()
	other := start(t, filepath.Join(homes, "other"))
	for _, tt := range []struct {
		name, socket string
		args         []string
	}{
		{"start", filepath.Join(homes, "own", "api.sock"), []string{"start", "--home", filepath.Join(homes, "own"), "--listen", "127.0.0.1:0"}},
		{"shell", filepath.Join(other.Home, "api.sock"), []string{"shell", "--home", other.Home}},
		{"testnet", filepath.Join(homes, "net", "api-0.sock"), []string{"testnet", "--nodes", "2", "--keep", filepath.Join(homes, "net")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sit(t, tt.args...)
			s.sees("filbert> ", 1)
			node := api.Dial(tt.socket)
			defer node.Close()
			searches := func(n int) func() bool {
				return func() bool {
					st, err := node.Status(context.Background())
					return err == nil && st.Searches == n
				}
			}
			for round := 1; round <= 2; round++ { // the second Ctrl-C is one too many for a program that caught the first
				s.types("search blue --wait 1m\n")
				until(t, 10*time.Second, "the search runs", searches(1))
				s.types("\x03")
				until(t, 10*time.Second, "the search has ended", searches(0))
				s.sees("filbert> ", 1+round)
			}
			s.types("status\n")
			s.sees("servent GUID", 1)
			s.types("quit\n")
			select {
			case err := <-s.ended:
				if err != nil {
					t.Errorf("it ended with %v:\n%s", err, s.shown.String())
				}
			case <-time.After(20 * time.Second):
				t.Errorf("it did not end:\n%s", s.shown.String())
			}
		})
	}
}
