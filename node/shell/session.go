package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// lineReader is the editor or lines. It returns io.EOF at the end of input,
// errInterrupt for Ctrl-C, errLineTooLong, errEditor, or the error that ends
// the session; any error when ctx has ended.
type lineReader interface {
	ReadLine(ctx context.Context) (string, error)
}

// session is one Run.
type session struct {
	cfg     Config
	in      lineReader
	catch   *interrupts // nil without a terminal
	history *history    // nil without an editor

	number     int   // of the line, from 1
	interrupts int   // Ctrl-C pressed in a row
	failed     error // the last failure, for a caller without a terminal
}

// run is the loop: read, split, execute.
func (s *session) run(ctx context.Context) error {
	for {
		line, err := s.readLine(ctx)
		s.number++
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF):
			return s.outcome()
		case errors.Is(err, errInterrupt):
			if s.interrupts++; s.interrupts > 1 {
				fmt.Fprintln(s.cfg.Out, "(exit or Ctrl-D leaves)")
			}
			continue
		case errors.Is(err, errLineTooLong):
			s.fail(err)
			continue
		case errors.Is(err, errEditor):
			s.complain(err)
			s.in = s.plain()
			continue
		case err != nil:
			return fmt.Errorf("shell: %w", err)
		}
		s.interrupts = 0
		line = strings.TrimRight(clean(line), " ")
		s.remember(line)
		if line = strings.TrimLeft(line, " "); line == "" || line[0] == '#' {
			continue
		}
		if done := s.execute(ctx, line); done {
			return s.outcome()
		}
	}
}

// execute runs one line and reports whether it was the last.
func (s *session) execute(ctx context.Context, line string) (done bool) {
	words, err := split(line)
	if err != nil {
		s.fail(err)
		return false
	}
	interrupted, err := s.catch.guard(ctx, func(ctx context.Context) error {
		return s.cfg.Executor.Run(ctx, words)
	})
	if interrupted {
		fmt.Fprintln(s.cfg.Out) // behind the ^C that the terminal shows
	}
	switch {
	case errors.Is(err, ErrExit):
		return true
	case err != nil && !(interrupted && errors.Is(err, context.Canceled)):
		s.fail(err)
	}
	return false
}

// readLine reads one line. When ctx ends it gives the reader a moment to put
// the terminal in order and then leaves it behind: it may wait for the second
// key of a command or for a terminal that takes no output, and ends with the
// next key or with the process.
func (s *session) readLine(ctx context.Context) (string, error) {
	type result struct {
		line string
		err  error
	}
	var reading sync.WaitGroup
	read := make(chan result, 1)
	in := s.in
	reading.Go(func() {
		line, err := in.ReadLine(ctx)
		read <- result{line, err}
	})
	select {
	case got := <-read:
		return got.line, got.err
	case <-ctx.Done():
	}
	select {
	case <-read:
	case <-time.After(leaveTime):
	}
	return "", ctx.Err()
}

// remember adds a line to the history, whose file is given up when it fails.
func (s *session) remember(line string) {
	if s.history == nil {
		return
	}
	if err := s.history.add(line); err != nil {
		s.history.path = ""
		s.complain(err)
	}
}

// plain returns the reader for a terminal that gets no editor.
func (s *session) plain() *lines {
	return &lines{in: s.cfg.In, out: s.cfg.Out, prompt: s.cfg.Prompt, catch: s.catch}
}

// fail reports the failure of a line, by its number where nobody sees the lines.
func (s *session) fail(err error) {
	s.failed = &LineError{s.number, err}
	if s.catch == nil && err.Error() != "" {
		err = s.failed
	}
	s.complain(err)
}

// complain prints an error as one line, unless it has no text.
func (s *session) complain(err error) {
	if text := clean(err.Error()); text != "" {
		fmt.Fprintln(s.cfg.Err, "error:", text)
	}
}

// outcome is what Run returns when nothing is left to read.
func (s *session) outcome() error {
	if s.catch != nil {
		return nil // the user saw it
	}
	return s.failed
}
