package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// process is a relay under test as seen from the load: this program once more,
// as RelayTarget.
type process struct {
	kind   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
	hello  hello
}

// startProcess starts a relay and waits until it listens. It is killed when ctx
// ends.
func startProcess(ctx context.Context, kind string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	p := &process{kind: kind, cmd: exec.CommandContext(ctx, program, "bench", "relay-target", "--kind", kind)}
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = exitTimeout
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("bench: start %s relay: %w", kind, err)
	}
	if err := p.answer(&p.hello); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// ask sends a request and returns what the relay has used so far.
func (p *process) ask(request string) (counters, error) {
	if _, err := io.WriteString(p.in, request+"\n"); err != nil {
		return counters{}, fmt.Errorf("bench: ask %s relay: %w", p.kind, err)
	}
	var c counters
	if err := p.answer(&c); err != nil {
		return counters{}, err
	}
	if c.Error != "" {
		return counters{}, fmt.Errorf("bench: %s relay ended: %s", p.kind, c.Error)
	}
	return c, nil
}

func (p *process) answer(v any) error {
	line, err := p.out.ReadSlice('\n')
	if err == nil {
		err = json.Unmarshal(line, v)
	}
	if err != nil {
		return fmt.Errorf("bench: answer of %s relay: %w", p.kind, err)
	}
	return nil
}

// close lets the relay end and waits for it; one that does not is killed. The
// error holds what it said.
func (p *process) close() error {
	p.in.Close() // when it fails there is nobody to tell
	kill := time.AfterFunc(exitTimeout, func() { p.cmd.Process.Kill() })
	defer kill.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("bench: %s relay: %w: %s", p.kind, err, bytes.TrimSpace(p.stderr.Bytes()))
	}
	return nil
}
