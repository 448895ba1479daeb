package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rs/zerolog"
)

// State is where the command of a file stands.
type State uint8

// The states: Waiting, Running, then Done or Failed.
const (
	None    State = iota // there is none
	Waiting              // for others to end
	Running
	Done
	Failed // Outcome.Err says why
)

// String is the state in lower case.
func (s State) String() string {
	switch s {
	case None:
		return "none"
	case Waiting:
		return "waiting"
	case Running:
		return "running"
	case Done:
		return "done"
	case Failed:
		return "failed"
	}
	return fmt.Sprintf("State(%#x)", uint8(s))
}

// Outcome is how the command of a file went.
type Outcome struct {
	State State
	Err   error
}

// Runner runs one command for many files. Safe for concurrent use.
type Runner struct {
	argv []string
	log  zerolog.Logger
	wake chan struct{} // something waits; holds one

	mu       sync.Mutex
	waiting  []File
	outcomes map[string]Outcome // by SHA-1
	order    []string           // of outcomes that are over, oldest first
}

// New makes a Runner of a command that Check takes. An empty one runs nothing.
func New(argv []string, log zerolog.Logger) *Runner {
	return &Runner{argv: argv, log: log, wake: make(chan struct{}, 1), outcomes: map[string]Outcome{}}
}

// Add has the command run for a file. It does not wait for that.
func (r *Runner) Add(f File) {
	if len(r.argv) == 0 {
		return
	}
	r.mu.Lock()
	full := len(r.waiting) == maxWaiting
	if !full {
		r.waiting = append(r.waiting, f)
		r.outcomes[f.SHA1] = Outcome{State: Waiting}
	}
	r.mu.Unlock()
	if full {
		r.end(f, fmt.Errorf("hook: %d files wait for the command already", maxWaiting))
		return
	}
	r.kick()
}

// Outcome tells how the command of a file went, by its SHA-1.
func (r *Runner) Outcome(sha1 string) Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.outcomes[sha1]
}

// Run runs commands until ctx ends; those that run then are killed. It is called
// once.
func (r *Runner) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	running := make(chan struct{}, maxRunning)
	for {
		select {
		case <-r.wake:
		case <-ctx.Done():
			return nil
		}
		for f, ok := r.next(); ok; f, ok = r.next() {
			select {
			case running <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
			r.set(f, Outcome{State: Running})
			work.Go(func() {
				r.end(f, r.run(ctx, f))
				<-running
			})
		}
	}
}

func (r *Runner) kick() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// next takes the file that waits longest.
func (r *Runner) next() (File, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		r.waiting = nil
		return File{}, false
	}
	f := r.waiting[0]
	r.waiting = r.waiting[1:]
	return f, true
}

func (r *Runner) set(f File, o Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes[f.SHA1] = o
}

// end notes how a command went, and says so if it failed.
func (r *Runner) end(f File, err error) {
	o := Outcome{State: Done}
	if err != nil {
		o = Outcome{Failed, err}
		r.log.Warn().Err(err).Str("path", f.Path).Msg("the command for a complete download failed")
	} else {
		r.log.Info().Str("path", f.Path).Msg("the command for a complete download is done")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes[f.SHA1] = o
	r.order = append(r.order, f.SHA1)
	for len(r.order) > maxOutcomes {
		if old := r.outcomes[r.order[0]]; old.State >= Done {
			delete(r.outcomes, r.order[0])
		}
		r.order = r.order[1:]
	}
}

// run runs the command for one file and waits for it.
func (r *Runner) run(ctx context.Context, f File) error {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	argv := arguments(r.argv, f)
	var said tail
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Dir, c.Stderr, c.WaitDelay = filepath.Dir(f.Path), &said, killGrace
	alone(c)
	err := c.Run()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // what it left running is its own business
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("killed after %v", maxTime)
	case ctx.Err() != nil:
		err = errors.New("killed, as the node ended")
	}
	if text := said.String(); text != "" {
		err = fmt.Errorf("%w; it said %q", err, text)
	}
	return fmt.Errorf("hook: %s: %w", filepath.Base(argv[0]), err)
}

// tail keeps the end of what is written.
type tail struct{ b []byte }

var _ io.Writer = (*tail)(nil)

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p[max(0, len(p)-maxSaid):]...)
	if over := len(t.b) - maxSaid; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

// String is the last lines, without spaces at their ends.
func (t *tail) String() string { return strings.TrimSpace(string(t.b)) }
