package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"filbert/node/api"
)

// TestMain lets scripts run the program: the test binary is it.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"filbert": main}) }

// TestScripts runs what users type, and looks at what is printed and at exit
// codes.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exits,
			"waitfor": waitFor,
			"address": address,
			"fill":    fill,
		},
		Condition:           condition,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// condition tells what the machine has: ipv6, a loopback address of that family.
func condition(name string) (bool, error) {
	if name != "ipv6" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return os.Getenv("FILBERT_REQUIRE_ALL") != "", nil
	}
	return true, l.Close()
}

// exits runs a program that must end with an exit code, or one of several:
// exits 3 filbert search x, exits 0|1 filbert bench relay. Its output is for
// stdout and stderr, as that of exec.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(code)) {
		ts.Fatalf("%q ended with %d, want %s", args[1:], code, args[0])
	}
}

// waitFor waits until the node of a home is in a state: waitfor HOME neighbors 1.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: waitfor HOME up|neighbors|files|unread|waiting N")
	}
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	limit := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := status(ts, args[0])
		unread, waiting := talk(ts, args[0])
		got := map[string]int{"up": 1, "neighbors": s.Neighbors, "files": s.Files, "unread": unread, "waiting": waiting}[args[1]]
		if err == nil && got == want {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			ts.Fatalf("%v in vain: %d, %v", args, got, err)
		}
	}
}

// fill makes files, each of the first so many bytes of one content: fill 2000000 whole
// 1500000 part. No two pieces of it are the same.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args)%2 > 0 {
		ts.Fatalf("usage: fill BYTES FILE...")
	}
	for i := 0; i < len(args); i += 2 {
		n, err := strconv.Atoi(args[i])
		ts.Check(err)
		b := make([]byte, n)
		rand.NewChaCha8([32]byte{}).Read(b)
		ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[i+1])), 0o700))
		ts.Check(os.WriteFile(ts.MkAbs(args[i+1]), b, 0o600))
	}
}

// address sets a variable to where the node of a home listens: address HOME NAME.
func address(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: address HOME VARIABLE")
	}
	s, err := status(ts, args[0])
	ts.Check(err)
	ts.Setenv(args[1], s.Listen)
}

func status(ts *testscript.TestScript, home string) (api.Status, error) {
	c := api.Dial(ts.MkAbs(filepath.Join(home, "api.sock")))
	defer c.Close()
	return c.Status(context.Background())
}

// talk counts the messages of a node that were not read, and those not delivered.
func talk(ts *testscript.TestScript, home string) (unread, waiting int) {
	c := api.Dial(ts.MkAbs(filepath.Join(home, "api.sock")))
	defer c.Close()
	list, err := c.Conversations(context.Background())
	if err != nil {
		return -1, -1 // it does not run yet
	}
	for _, one := range list {
		unread, waiting = unread+one.Unread, waiting+one.Waiting
	}
	return unread, waiting
}

// TestMainStaysSmall: main builds the command table and nothing else.
func TestMainStaysSmall(t *testing.T) {
	b, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "\n"); n > 40 {
		t.Errorf("main.go has %d lines", n)
	}
}
