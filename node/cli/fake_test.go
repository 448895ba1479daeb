package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"filbert/node/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake stands in for a node: it answers what a test wants commands to be told.
type fake struct {
	http.ServeMux
	home string
}

// newFake serves a fake at the socket of a home of its own.
func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{home: t.TempDir()}
	l, err := api.ListenUnix(filepath.Join(f.home, "api.sock"))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(f)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return f
}

// answers answers a request with v.
func (f *fake) answers(pattern string, v any) {
	f.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(v) })
}

// streams answers a request with one event for each of v.
func (f *fake) streams(pattern, event string, v ...any) {
	f.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
		for _, v := range v {
			b, _ := json.Marshal(v) // types of the API
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, b)
		}
	})
}

// run runs one command line on the fake's node, as a script does.
func (f *fake) run(t *testing.T, args ...string) (out, said string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := Env{In: os.Stdin, Out: &stdout, Err: &stderr, Dir: "/here"}
	err := Run(context.Background(), NewApp(env), append(append([]string{"filbert"}, args...), "--home", f.home))
	report(&stderr, err)
	return stdout.String(), stderr.String(), ExitCode(err)
}
