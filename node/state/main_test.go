package state

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"
)

// role tells a copy of the test binary what to be instead of a test run.
const role = "FILBERT_STATE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		goleak.VerifyTestMain(m)
	case "writer":
		beWriter(os.Args[1])
	case "holder":
		beHolder(os.Args[1])
	default:
		fmt.Fprintln(os.Stderr, "unknown role")
		os.Exit(2)
	}
}

// process is a copy of the test binary that plays a role.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// begin starts a process; it is killed when the test ends.
func begin(t *testing.T, as, path string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], path)}
	p.cmd.Env = append(os.Environ(), role+"="+as)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	return p
}

// line is the next line the process says, empty when it is dead.
func (p *process) line() string {
	s, err := p.out.ReadString('\n')
	if err != nil {
		return ""
	}
	return s[:len(s)-1]
}

// kill ends the process as a crash would, and returns what it had yet to say.
func (p *process) kill() (lines []string) {
	p.cmd.Process.Kill()
	for line := p.line(); line != ""; line = p.line() {
		lines = append(lines, line)
	}
	p.cmd.Wait() // closes the pipe, so it comes last
	return lines
}
