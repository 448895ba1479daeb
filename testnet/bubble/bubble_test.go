package bubble

import (
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestInNormalBinary fails loudly when a Go release breaks bubbles outside "go test".
func TestInNormalBinary(t *testing.T) {
	bin := build(t)
	for _, tc := range []struct {
		arg  string
		exit int
		want []string // all in the output
	}{
		{"sleep", 0, []string{"virtual 24h0m0s", "real seconds 0"}},
		{"wait", 0, []string{"n 42"}},
		{"twice", 0, []string{"both returned"}},
		{"panic", 2, []string{"panic: bang", "main.bang"}},
		{"panic in goroutine", 2, []string{"panic: bang", "main.bang"}},
		{"goexit", 2, []string{"panic: bubble: the function called runtime.Goexit"}},
		{"deadlock", 2, []string{"all goroutines in bubble are blocked", "main.stuck"}},
		{"left behind", 2, []string{"blocked goroutines remain", "main.stuck"}},
		{"left asleep", 2, []string{"blocked goroutines remain", "time.Sleep"}},
		{"recovered", 0, []string{"caller saw deadlock"}},
		{"nested", 2, []string{"panic: synctest.Run called from within a synctest bubble"}},
		{"outside", 2, []string{"panic: goroutine is not in a bubble"}},
	} {
		t.Run(tc.arg, func(t *testing.T) {
			cmd := exec.Command(bin, tc.arg)
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != tc.exit {
				t.Errorf("exit code %d (%v), want %d", code, err, tc.exit)
			}
			for _, want := range tc.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("output lacks %q:\n%s", want, out)
				}
			}
		})
	}
}

// build compiles the program of testdata and returns the path of the binary.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "program.exe")
	if out, err := exec.Command("go", "build", "-o", bin, "./testdata/program").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

func TestRunInsideGoTest(t *testing.T) {
	var ticks atomic.Int64
	Run(func() {
		ticker := time.NewTicker(time.Minute)
		defer ticker.Stop()
		done := time.After(time.Hour + time.Second)
		for {
			select {
			case <-ticker.C:
				ticks.Add(1)
			case <-done:
				return
			}
		}
	})
	if got := ticks.Load(); got != 60 {
		t.Errorf("%d ticks of a minute in an hour, want 60", got)
	}
}

func TestTestUsesBubbleOfT(t *testing.T) {
	cleaned := time.Time{}
	Test(t, func(t *testing.T) {
		t.Cleanup(func() { cleaned = time.Now() })
		<-time.After(time.Hour)
	})
	if want := time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC); !cleaned.Equal(want) {
		t.Errorf("cleanup ran at %v, want %v", cleaned, want)
	}
}

func TestWaitSeesIdleAndDueTimers(t *testing.T) {
	Test(t, func(t *testing.T) {
		var idle, due atomic.Bool
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() { idle.Store(true); <-time.After(time.Second) })
		time.AfterFunc(0, func() { due.Store(true) })
		Wait()
		if !idle.Load() || !due.Load() {
			t.Errorf("after Wait: goroutine ran %v, due timer ran %v", idle.Load(), due.Load())
		}
	})
}
