package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// A prompt needs a terminal for its standard files and for itself, so the
// tests of it run this test binary again as the program on a pseudo-terminal.
const programVariable = "FILBERT_SHELL_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		os.Exit(program())
	}
	goleak.VerifyTestMain(m)
}

// program is what runs on the pseudo-terminal. SIGTERM ends its context,
// SIGUSR1 makes a notice come up.
func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	printer := NewPrinter(os.Stdout)
	news := make(chan os.Signal, 1)
	signal.Notify(news, syscall.SIGUSR1)
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-news:
				printer.Printf("notice %d", n)
			case <-done:
				return
			}
		}
	})
	lines := 0
	err := Run(ctx, Config{
		Executor: toy{printer},
		History:  os.Getenv("TEST_HISTORY"),
		Greeting: "welcome",
		Prompt:   func() string { lines++; return fmt.Sprintf("%d> ", lines) },
		Printer:  printer,
	})
	close(done)
	wg.Wait()
	signal.Stop(news)
	stop()
	leak := goleak.Find()
	if leak != nil {
		fmt.Println(leak)
	}
	fmt.Printf("left: %v, leak: %t\n", err, leak != nil)
	return 0
}

// toy executes the commands of the tests.
type toy struct{ printer *Printer }

func (x toy) Run(ctx context.Context, words []string) error {
	switch words[0] {
	case "echo":
		fmt.Printf("got %q\n", words[1:])
	case "fail":
		return errors.New("no such\nthing\x1b[2J")
	case "ask":
		var answer string
		fmt.Print("sure? ")
		fmt.Scanln(&answer)
		fmt.Printf("answer %s\n", answer)
	case "wait":
		fmt.Println("waiting")
		<-ctx.Done()
		fmt.Println("stopped")
		return fmt.Errorf("wait: %w", ctx.Err())
	case "tell":
		x.printer.Printf("told while busy")
	case "panic":
		panic("as told")
	case "exit":
		return fmt.Errorf("toy: %w", ErrExit)
	default:
		return fmt.Errorf("unknown command %q", words[0])
	}
	return nil
}

func (toy) Complete(ctx context.Context, words []string, last string) []Completion {
	if len(words) == 0 {
		return []Completion{
			{"echo", "print words", "commands"}, {"exit", "leave", "commands"}, {"panic", "", ""},
			{"wait", "wait for Ctrl-C", "commands"}, {"ask", "read a line", "commands"},
		}
	}
	switch words[0] {
	case "echo":
		return []Completion{
			{"my song.mp3", "3.1 MB", "results"}, {"my other's.ogg", "2 MB", "results"},
			{"żółw.ogg", "", "results"}, {"żółty.ogg", "", "results"}, {"日本 語.txt", "", "results"},
			{"\x1b[2Jmy trap", "", "results"}, {"10.0.0.1:6346", "gtk-gnutella", "peers"},
		}
	case "many":
		var all []Completion
		for i := range 100 {
			all = append(all, Completion{Value: fmt.Sprintf("choice%03d", i), Help: "help"})
		}
		return all
	case "wait":
		<-ctx.Done()
	case "panic":
		panic("as told")
	}
	return nil
}

// terminal is a pseudo-terminal with the program on it.
type terminal struct {
	t      *testing.T
	master *os.File
	slave  *os.File
	cmd    *exec.Cmd
	before unix.Termios

	mu      sync.Mutex
	screen  *screen
	changed chan struct{} // closed by the next output
}

const patience = 20 * time.Second // for output that surely comes

// start runs the program in a window of 24 rows and 80 columns.
func start(t *testing.T, env ...string) *terminal { return startSized(t, 24, 80, env...) }

func startSized(t *testing.T, rows, cols int, env ...string) *terminal {
	t.Helper()
	term := &terminal{t: t, screen: newScreen(rows, cols), changed: make(chan struct{})}
	term.open(rows, cols)
	term.before = term.mode()

	term.cmd = exec.Command(os.Args[0])
	term.cmd.Env = slices.Concat([]string{programVariable + "=1", "TERM=xterm", "INPUTRC=/dev/null", "HOME=" + t.TempDir(), "NO_COLOR=1"}, env)
	term.cmd.Stdin, term.cmd.Stdout, term.cmd.Stderr = term.slave, term.slave, term.slave
	term.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	if err := term.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(term.show)
	t.Cleanup(func() {
		term.cmd.Process.Kill()
		term.cmd.Wait()
		term.master.Close()
		term.slave.Close()
		wg.Wait()
	})
	return term
}

func (term *terminal) open(rows, cols int) {
	t := term.t
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var number int
	term.control(master, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(rows), Col: uint16(cols)}); err != nil {
			return err
		}
		number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	term.master, term.slave = master, slave
}

// control calls f with the descriptor of file, whose mode stays as it is.
func (term *terminal) control(file *os.File, f func(fd int) error) {
	term.t.Helper()
	conn, err := file.SyscallConn()
	if err == nil {
		err = errors.Join(conn.Control(func(fd uintptr) { err = f(int(fd)) }), err)
	}
	if err != nil {
		term.t.Fatal(err)
	}
}

func (term *terminal) mode() (mode unix.Termios) {
	term.t.Helper()
	term.control(term.slave, func(fd int) error {
		got, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil {
			mode = *got
		}
		return err
	})
	return mode
}

// show draws the output until the terminal is closed.
func (term *terminal) show() {
	buf := make([]byte, 4096)
	for {
		n, err := term.master.Read(buf)
		term.mu.Lock()
		term.screen.Write(buf[:n])
		close(term.changed)
		term.changed = make(chan struct{})
		term.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// typing sends keys.
func (term *terminal) typing(keys string) {
	term.t.Helper()
	if _, err := io.WriteString(term.master, keys); err != nil {
		term.t.Fatal(err)
	}
}

// until waits for a screen that is as wanted.
func (term *terminal) until(what string, ok func(*screen) bool) {
	term.t.Helper()
	deadline := time.After(patience)
	for {
		term.mu.Lock()
		good, changed, shown := ok(term.screen), term.changed, term.screen.String()
		term.mu.Unlock()
		if good {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			term.t.Fatalf("no %s on the screen:\n%s", what, shown)
		}
	}
}

// see waits for a text anywhere on the screen.
func (term *terminal) see(text string) {
	term.t.Helper()
	term.until(fmt.Sprintf("%q", text), func(s *screen) bool { return strings.Contains(s.String(), text) })
}

// prompt waits for a row that begins with the prompt, holds the line and, for
// all there is of it, the cursor at its end.
func (term *terminal) prompt(line string) {
	term.t.Helper()
	term.until(fmt.Sprintf("prompt %q", line), func(s *screen) bool {
		return s.line(s.row) == strings.TrimRight(line, " ") && s.col == cells(line)
	})
}

// whole waits until the screen is this.
func (term *terminal) whole(rows ...string) {
	term.t.Helper()
	want := strings.Join(rows, "\n")
	term.until("screen\n"+want+"\n", func(s *screen) bool { return s.String() == want })
}

// ended waits for the end of the program, and checks that it left the terminal
// and its goroutines in order.
func (term *terminal) ended(outcome string) {
	term.t.Helper()
	term.endedWith("left: " + outcome + ", leak: false")
}

func (term *terminal) endedWith(words string) {
	term.t.Helper()
	term.until(fmt.Sprintf("%q", words), func(s *screen) bool {
		return strings.Contains(strings.ReplaceAll(s.String(), "\n", ""), words) // wrapped or not
	})
	if err := term.cmd.Wait(); err != nil {
		term.t.Fatal(err)
	}
	if after := term.mode(); after != term.before {
		term.t.Errorf("terminal mode is %+v, was %+v", after, term.before)
	}
	if term.mu.Lock(); term.screen.colored {
		term.t.Error("a color was used")
	}
	term.mu.Unlock()
}

func (term *terminal) signal(sig os.Signal) {
	term.t.Helper()
	if err := term.cmd.Process.Signal(sig); err != nil {
		term.t.Fatal(err)
	}
}
