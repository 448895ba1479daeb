package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"testing"

	"filbert/node/api"
	"filbert/node/shell"
)

// TestExitCodes maps errors to what a script sees, and to what a person reads.
func TestExitCodes(t *testing.T) {
	answer := func(status int) error { return fmt.Errorf("x: %w", &api.Error{Status: status, Detail: "detail"}) }
	for _, tt := range []struct {
		err  error
		code int
		text string
	}{
		{nil, exitDone, ""},
		{errors.New("odd"), exitFailed, "filbert: odd\n"},
		{usage("say %s", "what"), exitUsage, "filbert: say what\n"},
		{fmt.Errorf("wrapped: %w", usage("what")), exitUsage, "filbert: wrapped: what\n"},
		{nothing(api.SearchEnd{}), exitNotFound, ""},
		{answer(http.StatusNotFound), exitNotFound, "filbert: x: detail\n"},
		{answer(http.StatusUnprocessableEntity), exitUsage, "filbert: x: detail\n"},
		{answer(http.StatusBadRequest), exitUsage, "filbert: x: detail\n"},
		{answer(http.StatusGatewayTimeout), exitTimeout, "filbert: x: detail\n"},
		{answer(http.StatusConflict), exitFailed, "filbert: x: detail\n"},
		{answer(http.StatusInsufficientStorage), exitFailed, "filbert: x: detail\n"},
		{answer(http.StatusUnauthorized), exitFailed, "filbert: x: detail; name the file of the node's token with --token-file; `filbert paths` shows where it is\n"},
		{fmt.Errorf("%w (there: refused)", api.ErrNotRunning), exitNotRunning,
			"filbert: no node is running here (there: refused); start one with `filbert start`, or name its home with --home\n"},
		{fmt.Errorf("%w (there: %w)", api.ErrNotRunning, fs.ErrPermission), exitNotRunning,
			"filbert: no node is running here (there: permission denied); one may run, but it is another user's\n"},
		{fmt.Errorf("get: %w", context.DeadlineExceeded), exitTimeout, "filbert: get: not done in time\n"},
		{fmt.Errorf("get: %w", context.Canceled), exitInterrupted, "interrupted\n"},
		{fail(exitWrong, "verification failed"), exitWrong, "filbert: verification failed\n"},
		{&shell.LineError{Line: 2, Err: fail(exitNotFound, "none")}, exitNotFound, "filbert: line 2: none\n"},
	} {
		if code := ExitCode(tt.err); code != tt.code {
			t.Errorf("%v: exit code %d, want %d", tt.err, code, tt.code)
		}
		var out bytes.Buffer
		if report(&out, tt.err); out.String() != tt.text {
			t.Errorf("%v: reported as %q, want %q", tt.err, out.String(), tt.text)
		}
	}
}
