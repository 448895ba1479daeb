package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"filbert/node/api"
)

// Exit codes of all commands.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3 // no results, no such thing
	exitNotRunning  = 4 // no node answers
	exitTimeout     = 5 // not in time, or only in part
	exitWrong       = 6 // what arrived is not what was asked for
	exitInterrupted = 130
)

// exitError gives an error an exit code. An empty text is not printed: the
// command has said it already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

var errSilent = errors.New("")

func fail(code int, format string, args ...any) error {
	return &exitError{code, fmt.Errorf(format, args...)}
}

func usage(format string, args ...any) error { return fail(exitUsage, format, args...) }

// ExitCode is what the program ends with after an error.
func ExitCode(err error) int {
	var exit *exitError
	var answered *api.Error
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	case errors.Is(err, api.ErrNotRunning):
		return exitNotRunning
	case errors.As(err, &answered):
		switch answered.Status {
		case http.StatusNotFound:
			return exitNotFound
		case http.StatusUnprocessableEntity, http.StatusBadRequest:
			return exitUsage
		case http.StatusGatewayTimeout:
			return exitTimeout
		case http.StatusPreconditionFailed:
			return exitWrong
		}
	}
	return exitFailed
}

// remedy is what a user may do about an error, "" when the error says it all.
func remedy(err error) string {
	var answered *api.Error
	switch {
	case errors.Is(err, api.ErrNotRunning) && errors.Is(err, fs.ErrPermission):
		return "one may run, but it is another user's"
	case errors.Is(err, api.ErrNotRunning):
		return "start one with `filbert start`, or name its home with --home"
	case errors.As(err, &answered) && answered.Status == http.StatusUnauthorized:
		return "name the file of the node's token with --token-file; `filbert paths` shows where it is"
	}
	return ""
}

// Usage makes an error about how a command was called.
func Usage(format string, args ...any) error { return usage(format, args...) }

// Unreachable makes an error that ends the program as when no node is running:
// the servent a command is about does not answer.
func Unreachable(format string, args ...any) error { return fail(exitNotRunning, format, args...) }
