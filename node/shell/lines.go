package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// errLineTooLong is a line above maxLineBytes; it is skipped.
var errLineTooLong = fmt.Errorf("line longer than %d bytes", maxLineBytes)

// lines reads lines as they come: from a pipe or file, or from a terminal in
// its cooked mode with a prompt.
type lines struct {
	in     *os.File
	out    io.Writer
	prompt func() string // nil for none
	catch  *interrupts   // nil for none
	buf    []byte        // read and not returned yet
	eof    bool
}

// ReadLine returns the next line without its end, io.EOF, errInterrupt,
// errLineTooLong or what stopped the reading.
func (l *lines) ReadLine(ctx context.Context) (line string, err error) {
	interrupted, err := l.catch.guard(ctx, func(ctx context.Context) error {
		if l.prompt != nil {
			fmt.Fprint(l.out, l.prompt())
		}
		line, err = l.next(ctx)
		return err
	})
	switch {
	case interrupted && err != nil:
		fmt.Fprintln(l.out)
		return "", errInterrupt
	case err == io.EOF && l.prompt != nil:
		fmt.Fprintln(l.out)
	}
	return line, err
}

func (l *lines) next(ctx context.Context) (string, error) {
	long := false
	for {
		if line, rest, ok := bytes.Cut(l.buf, []byte("\n")); ok || l.eof && len(l.buf) > 0 {
			text := string(bytes.TrimSuffix(line, []byte("\r")))
			l.buf = rest
			if long || len(text) > maxLineBytes {
				return "", errLineTooLong
			}
			return text, nil
		}
		if l.eof {
			if long {
				return "", errLineTooLong
			}
			return "", io.EOF
		}
		if len(l.buf) > maxLineBytes {
			l.buf, long = l.buf[:0], true
		}
		if err := l.fill(ctx); err != nil {
			return "", err
		}
	}
}

// fill reads what there is, once there is something.
func (l *lines) fill(ctx context.Context) error {
	if err := waitInput(ctx, l.in); err != nil {
		return err
	}
	chunk := make([]byte, 4<<10)
	n, err := l.in.Read(chunk)
	l.buf = append(l.buf, chunk[:n]...)
	if errors.Is(err, io.EOF) {
		l.eof, err = true, nil
	}
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	return nil
}
