package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// beHolder tries to lock, says what came of it, and holds the lock until its
// input ends or it is killed.
func beHolder(path string) {
	lock, err := Lock(path)
	if err != nil {
		fmt.Println("no:", err)
		return
	}
	fmt.Println("mine")
	os.Stdin.Read(make([]byte, 1))
	lock.Release()
}

func TestSecondInstanceIsToldWhoIsFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first := begin(t, "holder", path)
	if said := first.line(); said != "mine" {
		t.Fatal(said)
	}
	_, err := Lock(path)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("(process %d)", first.cmd.Process.Pid)) {
		t.Errorf("second instance: %v", err)
	}

	first.kill() // the file stays, with the number of a dead process
	lock, err := Lock(path)
	if err != nil {
		t.Fatalf("after a crash of the first: %v", err)
	}
	third := begin(t, "holder", path)
	if said := third.line(); !strings.HasSuffix(said, fmt.Sprintf("(process %d)", os.Getpid())) {
		t.Errorf("third instance: %s", said)
	}
	for range 2 {
		if err := lock.Release(); err != nil {
			t.Errorf("release: %v", err)
		}
	}
	if again, err := Lock(path); err != nil {
		t.Errorf("after release: %v", err)
	} else if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func TestLockFileWithNonsense(t *testing.T) {
	for _, text := range []string{"", "x", "\n", "not a number", strings.Repeat("9", 100), "\x00\x00\x00"} {
		path := filepath.Join(t.TempDir(), "lock")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		lock, err := Lock(path)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if _, err := Lock(path); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("(process %d)", os.Getpid())) {
			t.Errorf("%q: %v", text, err)
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}
}

// TestFiftyRaces lets eight contenders race for each of fifty locks: one holds
// it, the others learn that somebody does.
func TestFiftyRaces(t *testing.T) {
	for race := range 50 {
		path := filepath.Join(t.TempDir(), "lock")
		var wg sync.WaitGroup
		var mu sync.Mutex
		var held []*Held
		gate := make(chan struct{})
		for range 8 {
			wg.Go(func() {
				<-gate
				lock, err := Lock(path)
				switch {
				case err == nil:
					mu.Lock()
					held = append(held, lock)
					mu.Unlock()
				case !errors.Is(err, ErrLocked):
					t.Errorf("race %d: %v", race, err)
				}
			})
		}
		close(gate)
		wg.Wait()
		if len(held) != 1 {
			t.Fatalf("race %d: %d holders", race, len(held))
		}
		if err := held[0].Release(); err != nil {
			t.Error(err)
		}
	}
}

// TestProcessesRace is the same between processes.
func TestProcessesRace(t *testing.T) {
	for race := range 5 {
		path := filepath.Join(t.TempDir(), "lock")
		var contenders []*process
		for range 6 {
			contenders = append(contenders, begin(t, "holder", path))
		}
		holders := 0
		for _, c := range contenders {
			switch said := c.line(); {
			case said == "mine":
				holders++
			case !strings.Contains(said, ErrLocked.Error()):
				t.Errorf("race %d: %s", race, said)
			}
		}
		if holders != 1 {
			t.Errorf("race %d: %d holders", race, holders)
		}
	}
}
