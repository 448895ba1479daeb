package hook

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// The test binary is the command as well: what it is to do is its first argument
// behind the flags.
func TestCommand(t *testing.T) {
	args := commandArgs()
	if args == nil {
		t.Skip("not run as a command")
	}
	switch args[0] {
	case "write": // into a file, what it was told
		if err := os.WriteFile(args[1], []byte(strings.Join(args[2:], "\n")), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(9)
		}
	case "fail":
		fmt.Fprintln(os.Stderr, strings.Repeat("chatter ", 200)+"\nno room \x1b[2J left")
		os.Exit(3)
	case "hang": // says that it began, and waits to be killed
		if err := os.WriteFile(args[1], nil, 0o600); err != nil {
			os.Exit(9)
		}
		<-time.After(10 * time.Minute)
	}
	os.Exit(0)
}

// commandArgs is what stands behind "--" in our arguments, nil in a usual run.
func commandArgs() []string {
	for i, arg := range os.Args {
		if arg == "--" && i+1 < len(os.Args) && os.Args[i-1] == "-test.run=^TestCommand$" {
			return os.Args[i+1:]
		}
	}
	return nil
}

// command is a command that does one of the things above.
func command(args ...string) []string {
	return append([]string{os.Args[0], "-test.run=^TestCommand$", "--"}, args...)
}

// begin runs a Runner until the returned function is called.
func begin(t *testing.T, argv []string, log *bytes.Buffer) (r *Runner, end func()) {
	t.Helper()
	if err := Check(argv); err != nil {
		t.Fatal(err)
	}
	r = New(argv, zerolog.New(zerolog.SyncWriter(log)))
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	end = sync.OnceFunc(func() { cancel(); work.Wait() })
	t.Cleanup(end)
	return r, end
}

// reaches waits until the command of a file is over or has come as far as state.
func reaches(t *testing.T, r *Runner, sha1 string, state State) Outcome {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); ; <-tick.C {
		o := r.Outcome(sha1)
		if o.State >= state {
			return o
		}
		if time.Now().After(end) {
			t.Fatalf("the command is %v, want %v", o.State, state)
		}
	}
}

func TestRuns(t *testing.T) {
	dir := t.TempDir()
	told := filepath.Join(dir, "told")
	var log bytes.Buffer
	r, end := begin(t, command("write", told, "{path}", "{name}", "{size}", "{sha1}"), &log)
	file := filepath.Join(dir, "$(touch x) `touch y`; -rf \"'.ogg")
	r.Add(File{Path: file, Size: 8, SHA1: "urn:sha1:A"})
	if o := reaches(t, r, "urn:sha1:A", Done); o.State != Done {
		t.Fatalf("%v, %v", o.State, o.Err)
	}
	end()
	got, err := os.ReadFile(told)
	if want := strings.Join([]string{file, filepath.Base(file), "8", "urn:sha1:A"}, "\n"); err != nil || string(got) != want {
		t.Errorf("it was told %q, %v; want %q", got, err, want)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("the folder has %v", entries)
	}
}

func TestFails(t *testing.T) {
	var log bytes.Buffer
	r, end := begin(t, command("fail"), &log)
	r.Add(File{Path: filepath.Join(t.TempDir(), "a.ogg"), SHA1: "a"})
	o := reaches(t, r, "a", Done)
	if o.State != Failed || !strings.Contains(o.Err.Error(), `exit status 3; it said "`) || !strings.Contains(o.Err.Error(), `no room \x1b[2J left"`) || len(o.Err.Error()) > 3*maxSaid {
		t.Errorf("%v: %v", o.State, o.Err)
	}
	end()
	if !strings.Contains(log.String(), "exit status 3") {
		t.Errorf("the log says %s", &log)
	}
	missing, _ := begin(t, []string{filepath.Join(t.TempDir(), "missing")}, &log)
	missing.Add(File{Path: filepath.Join(t.TempDir(), "a.ogg"), SHA1: "a"})
	if o := reaches(t, missing, "a", Done); o.State != Failed || !strings.Contains(o.Err.Error(), "no such file") {
		t.Errorf("a program that is not there: %v: %v", o.State, o.Err)
	}
}

// TestBounds holds as many commands as may run, and ends the node.
func TestBounds(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	r, end := begin(t, command("hang", "{path}.began"), &log)
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		r.Add(File{Path: filepath.Join(dir, name), SHA1: name})
	}
	for _, name := range names[:maxRunning] {
		reaches(t, r, name, Running)
		tick := time.NewTicker(5 * time.Millisecond)
		for began, limit := false, time.Now().Add(time.Minute); !began; <-tick.C {
			_, err := os.Stat(filepath.Join(dir, name+".began"))
			if began = err == nil; !began && time.Now().After(limit) {
				t.Fatalf("%s did not begin", name)
			}
		}
		tick.Stop()
	}
	for _, name := range names[maxRunning:] {
		if o := r.Outcome(name); o.State != Waiting {
			t.Errorf("%s is %v", name, o.State)
		}
	}
	end()
	for _, name := range names[:maxRunning] {
		if o := r.Outcome(name); o.State != Failed || !strings.Contains(o.Err.Error(), "killed, as the node ended") {
			t.Errorf("%s is %v: %v", name, o.State, o.Err)
		}
	}
}

// TestForgets bounds what is remembered and what waits.
func TestForgets(t *testing.T) {
	var log bytes.Buffer
	r := New([]string{"prog"}, zerolog.New(&log))
	for i := range maxWaiting + 2*maxOutcomes {
		r.Add(File{SHA1: fmt.Sprint(i)})
	}
	if len(r.waiting) != maxWaiting || len(r.outcomes) != maxWaiting+maxOutcomes {
		t.Errorf("%d wait, %d outcomes", len(r.waiting), len(r.outcomes))
	}
	if o := r.Outcome(fmt.Sprint(maxWaiting + 2*maxOutcomes - 1)); o.State != Failed || !strings.Contains(o.Err.Error(), "wait for the command already") {
		t.Errorf("%v: %v", o.State, o.Err)
	}
	none := New(nil, zerolog.New(&log))
	none.Add(File{SHA1: "a"})
	if o := none.Outcome("a"); o.State != None {
		t.Errorf("without a command: %v", o.State)
	}
}

// TestTail keeps the end of any writes.
func TestTail(t *testing.T) {
	reader := bufio.NewReader(strings.NewReader(strings.Repeat("0123456789", 100)))
	var said tail
	for n := 1; ; n = n*3%97 + 1 {
		b := make([]byte, n)
		got, err := reader.Read(b)
		said.Write(b[:got])
		if err != nil {
			break
		}
	}
	if got := said.String(); got != strings.Repeat("0123456789", maxSaid/10) {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
