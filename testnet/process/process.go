// Package process runs nodes as processes of their own, as users do: with a
// home, flags and signals. It is what tests of the whole program and
// measurements of whole processes stand on; the nodes are talked to through
// their control API only.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"filbert/node/api"
)

const (
	// startTimeout is how long a node may take until its API answers.
	startTimeout = 20 * time.Second

	// look is how often it is asked meanwhile.
	look = 20 * time.Millisecond

	// maxOutput bounds what is kept of a node's output, in bytes, newest first.
	maxOutput = 256 << 10
)

// Config says what to start.
type Config struct {
	Program string   // path of filbert
	Home    string   // its --home
	Args    []string // flags of start beside --home and --headless
	Env     []string // of the process; nil is ours
}

// Node is a node in a process of its own.
type Node struct {
	*api.Client
	Home   string
	cmd    *exec.Cmd
	output *tail
	ended  chan struct{}
	err    error // of Wait, valid when ended is closed
}

// Start starts `filbert start --headless` and waits until its API answers.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	args := append([]string{"start", "--headless", "--home", cfg.Home}, cfg.Args...)
	n := &Node{Home: cfg.Home, cmd: exec.Command(cfg.Program, args...), output: &tail{}, ended: make(chan struct{})}
	n.cmd.Env = cfg.Env
	n.cmd.Stdout, n.cmd.Stderr = n.output, n.output
	if err := n.cmd.Start(); err != nil {
		return nil, fmt.Errorf("process: start: %w", err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		n.err = n.cmd.Wait()
		close(n.ended)
	})
	if err := n.connect(ctx); err != nil {
		n.Kill()
		return nil, fmt.Errorf("process: %w; it said:\n%s", err, n.output)
	}
	return n, nil
}

// connect finds the node's socket and waits until it answers.
func (n *Node) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, n.cmd.Path, "paths", "--home", n.Home).Output()
	if err != nil {
		return fmt.Errorf("paths: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if name, path, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == "socket" {
			n.Client = api.Dial(strings.TrimSpace(path))
		}
	}
	if n.Client == nil {
		return errors.New("paths names no socket")
	}
	t := time.NewTicker(look)
	defer t.Stop()
	for {
		var v api.Version
		if v, err = n.Version(ctx); err == nil && v.PID == n.PID() {
			return nil
		}
		select {
		case <-t.C:
		case <-n.ended:
			return fmt.Errorf("ended while starting: %w", n.err)
		case <-ctx.Done():
			return err
		}
	}
}

// PID is the process.
func (n *Node) PID() int { return n.cmd.Process.Pid }

// Output is the end of what the node wrote to its standard output and error.
func (n *Node) Output() string { return n.output.String() }

// Kill ends the process at once, as kill -9 does, and waits until it is gone.
func (n *Node) Kill() {
	n.cmd.Process.Kill() // an error means that it has ended
	<-n.ended
	if n.Client != nil {
		n.Close()
	}
}

// Terminate asks the process to end, as SIGTERM does, and waits. It returns how
// long that took; the error is the process's.
func (n *Node) Terminate(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return 0, fmt.Errorf("process: terminate: %w", err)
	}
	select {
	case <-n.ended:
	case <-ctx.Done():
		return time.Since(began), ctx.Err()
	}
	n.Close()
	return time.Since(began), n.err
}

// Build builds filbert from the module the working directory is in, into dir.
func Build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "filbert")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "filbert").CombinedOutput(); err != nil {
		return "", fmt.Errorf("process: build: %w: %s", err, out)
	}
	return program, nil
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if len(t.buf) > 2*maxOutput {
		t.buf = append([]byte(nil), t.buf[len(t.buf)-maxOutput:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
