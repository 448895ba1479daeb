package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/term"
)

// Executor runs the commands of the prompt.
type Executor interface {
	// Run runs one line, split into words, of which there is at least one. It
	// prints by itself and returns what went wrong, an error without text when
	// it has told that too, or ErrExit to end the prompt. ctx ends when the
	// user presses Ctrl-C.
	Run(ctx context.Context, words []string) error

	// Complete returns what last, which may be "", can be continued to, given
	// the words before it. What does not begin with last is left out. The
	// prompt waits for it; ctx ends after a time a user waits.
	Complete(ctx context.Context, words []string, last string) []Completion
}

// Completion is one choice for a word.
type Completion struct {
	Value string // the whole word, unquoted
	Help  string // a few words on it, may be ""
	Group string // the heading it is listed under, such as "peers"; may be ""
}

// ErrExit ends the prompt when Executor.Run returns it.
var ErrExit = errors.New("exit")

// LineError is the failure of a line. The user has been told of it.
type LineError struct {
	Line int // its number, from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// Config says what a prompt works on.
type Config struct {
	Executor Executor

	In  *os.File // nil: os.Stdin
	Out *os.File // nil: os.Stdout
	Err *os.File // nil: os.Stderr; errors of commands go there

	// History is the path of the file that keeps the lines of the editor, ""
	// for none. It is made if need be, readable by its owner alone.
	History string

	// Greeting is printed once before the first prompt of a terminal.
	Greeting string

	// Prompt returns the prompt, of one line, and is called once for each line.
	// nil stands for "> ".
	Prompt func() string

	// Printer, if any, prints its notices above the prompt from now on.
	Printer *Printer
}

// Run reads and runs lines until the user leaves, the input or ctx ends.
//
// On a terminal it returns nil when the user leaves. Without a terminal it
// goes on after a command that fails, and in the end returns the last failure
// as a *LineError. When ctx ends it returns the error of ctx at once,
// with the terminal as it was before.
//
// On a terminal SIGINT belongs to Run, which ends the running command with it
// and nothing else; the caller must not end ctx on SIGINT meanwhile.
func Run(ctx context.Context, cfg Config) error {
	cfg = cfg.withDefaults()
	s := &session{cfg: cfg}
	if !isTerminal(cfg.In) || !isTerminal(cfg.Out) {
		s.in = &lines{in: cfg.In, out: cfg.Out}
		return s.run(ctx)
	}

	if before, err := term.GetState(int(cfg.In.Fd())); err == nil {
		defer term.Restore(int(cfg.In.Fd()), before)
	}
	s.catch = catchInterrupts()
	defer s.catch.stop()
	if cfg.Greeting != "" {
		fmt.Fprintln(cfg.Out, cfg.Greeting)
	}
	if !cfg.canEdit() {
		s.in = s.plain()
		return s.run(ctx)
	}
	history, err := openHistory(cfg.History)
	if err != nil {
		s.complain(err)
	}
	s.history = history
	if s.in, err = newEditor(cfg, history); err != nil {
		s.complain(err)
		s.in = s.plain()
	}
	return s.run(ctx)
}

func (cfg Config) withDefaults() Config {
	if cfg.In == nil {
		cfg.In = os.Stdin
	}
	if cfg.Out == nil {
		cfg.Out = os.Stdout
	}
	if cfg.Err == nil {
		cfg.Err = os.Stderr
	}
	if cfg.Prompt == nil {
		cfg.Prompt = func() string { return "> " }
	}
	return cfg
}

// canEdit tells whether the line editor works here. It reads and writes the
// standard files, takes the size of the terminal from standard error, and
// moves the cursor.
func (cfg Config) canEdit() bool {
	name := os.Getenv("TERM")
	return name != "dumb" && (name != "" || runtime.GOOS == "windows") &&
		cfg.In == os.Stdin && cfg.Out == os.Stdout && isTerminal(os.Stderr)
}

func isTerminal(file *os.File) bool { return term.IsTerminal(int(file.Fd())) }
