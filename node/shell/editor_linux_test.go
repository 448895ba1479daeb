package shell

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	up, left, shiftTab = "\x1b[A", "\x1b[D", "\x1b[Z"
	tab, enter         = "\t", "\r"
	ctrlC, ctrlD       = "\x03", "\x04"
	ctrlR              = "\x12"
)

func TestTypeALine(t *testing.T) {
	term := start(t)
	term.prompt("1> ")
	term.typing("echo 'a b' c" + enter)
	term.prompt("2> ")
	term.whole("welcome", "1> echo 'a b' c", `got ["a b" "c"]`, "2>")
	term.typing("# echo no" + enter)
	term.prompt("3> ")
	term.typing("fail" + enter)
	term.see("error: no such thing[2J")
	term.prompt("4> ")
	term.typing("echo 'a" + enter)
	term.see("error: unterminated single quote at column 6")
	term.prompt("5> ")
	term.typing("exit" + enter)
	term.ended("<nil>")
}

func TestAnyScript(t *testing.T) {
	term := start(t)
	term.prompt("1> ")
	term.typing("echo é ż 日本 e\u0301")
	term.prompt("1> echo é ż 日本 e\u0301")
	term.typing(left + left + left + left + "本" + enter)
	term.see("got [\"é\" \"ż\" \"日本本\" \"e\u0301\"]")
	term.prompt("2> ")
	term.typing(ctrlD)
	term.ended("<nil>")
}

// TestBottomOfScreen types where the terminal has to scroll.
func TestBottomOfScreen(t *testing.T) {
	term := startSized(t, 5, 20)
	term.prompt("1> ")
	term.typing("echo a" + enter)
	term.prompt("2> ")
	term.typing("echo b" + enter)
	term.whole(`got ["a"]`, "2> echo b", `got ["b"]`, "3>")
	term.typing("echo 0123456789")
	term.prompt("3> echo 0123456789")
	term.typing("abcdefghij")
	term.whole("2> echo b", `got ["b"]`, "3> echo 0123456789ab", "cdefghij")
	term.typing(strings.Repeat("\x7f", 9))
	term.whole("2> echo b", `got ["b"]`, "3> echo 0123456789a")
	term.typing("\x15" + "echo m" + tab + tab)
	term.whole("3> echo my\\ song.mp3", "results:", "> my song.…  3.1 MB", "(1 of 3 rows)")
	term.typing(enter)
	term.prompt("4> ")
	term.typing(ctrlD)
	term.ended("<nil>")
}

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	term := start(t, "TEST_HISTORY="+path)
	term.prompt("1> ")
	term.typing("echo first" + enter)
	term.prompt("2> ")
	term.typing("echo second" + enter)
	term.prompt("3> ")
	term.typing(up + up)
	term.prompt("3> echo first")
	term.typing(" again" + enter)
	term.prompt("4> ")
	term.typing(" echo secret" + enter)
	term.prompt("5> ")
	term.typing(ctrlD)
	term.ended("<nil>")
	want := "echo first\necho second\necho first again\n"
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("history is %q, %v, want %q", got, err, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("history has mode %v, %v", info.Mode(), err)
	}

	term = start(t, "TEST_HISTORY="+path)
	term.prompt("1> ")
	term.typing(up + up)
	term.prompt("1> echo second")
	term.typing(enter)
	term.prompt("2> ")
	term.typing(ctrlD)
	term.ended("<nil>")
}

func TestSearch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte("echo one\necho two\necho Three\necho two tails\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	term := start(t, "TEST_HISTORY="+path)
	term.prompt("1> ")
	term.typing(ctrlR)
	term.see("search: type a part")
	term.typing("two")
	term.see("search: echo two tails   (")
	term.typing(ctrlR)
	term.see("search: echo two   (")
	term.typing(ctrlR)
	term.see("search: echo two   (")
	term.typing(enter)
	term.see(`got ["two"]`)
	term.prompt("2> ")
	term.typing(ctrlR + "three" + tab)
	term.prompt("2> echo Three")
	term.typing(" more" + enter)
	term.see(`got ["Three" "more"]`)
	term.prompt("3> ")
	term.typing(ctrlR + "zzz")
	term.see("search: nothing found")
	term.typing(enter + ctrlC)
	term.prompt("3> ")
	term.typing(ctrlD)
	term.ended("<nil>")
}

func TestCompletion(t *testing.T) {
	term := start(t)
	term.prompt("1> ")
	term.typing("ec" + tab)
	term.prompt("1> echo ")
	term.typing("m" + tab)
	term.see("results:\n  my song.mp3     3.1 MB\n  my other's.ogg  2 MB")
	term.prompt(`1> echo my\ `)
	term.typing(tab)
	term.prompt(`1> echo my\ song.mp3`)
	term.see("> my song.mp3 ")
	term.typing(tab)
	term.prompt(`1> echo my\ other\'s.ogg`)
	term.typing(shiftTab)
	term.prompt(`1> echo my\ song.mp3`)
	term.typing(` "my o` + tab)
	term.whole("welcome", `1> echo my\ song.mp3 "my other's.ogg"`)
	term.typing("ż" + tab)
	term.see("  żółw.ogg     żółty.ogg")
	term.typing("w" + tab)
	term.whole("welcome", `1> echo my\ song.mp3 "my other's.ogg" żółw.ogg`)
	term.typing("日" + tab + "1" + tab + "q" + tab)
	term.see("(no completion)")
	term.typing("\x7f" + enter)
	term.see(`got ["my song.mp3" "my other's.ogg" "żółw.ogg" "日本 語.txt" "10.0.0.1:6346"]`)
	term.prompt("2> ")
	term.typing("many " + tab)
	term.see("  choice008  help\n  choice009  help\n  choice010  help\n(11 of 100 rows)")
	term.typing(shiftTab)
	term.see("> choice099  help\n(11 of 100 rows)")
	term.typing(ctrlC)
	term.prompt("3> ")
	term.typing("panic " + tab)
	term.see("completion failed: as told")
	term.typing(ctrlC)
	term.prompt("4> ")
	term.typing(ctrlD)
	term.ended("<nil>")
}

func TestInterruptCommand(t *testing.T) {
	term := start(t)
	term.prompt("1> ")
	term.typing("wait" + enter)
	term.see("waiting")
	term.typing(ctrlC)
	term.prompt("2> ")
	term.whole("welcome", "1> wait", "waiting", "^Cstopped", "", "2>")
	term.typing("echo typed" + enter)
	term.prompt("3> ")
	term.typing("exit" + enter)
	term.ended("<nil>")
}

func TestInterruptPrompt(t *testing.T) {
	term := start(t)
	term.prompt("1> ")
	term.typing("never mind" + ctrlC)
	term.prompt("2> ")
	term.typing(ctrlC)
	term.prompt("3> ")
	term.whole("welcome", "1> never mind^C", "2> ^C", "(exit or Ctrl-D leaves)", "3>")
	term.signal(os.Interrupt) // from elsewhere, as other shells take it
	term.typing("echo here" + enter)
	term.prompt("4> ")
	term.typing(ctrlD)
	term.ended("<nil>")
}

// TestContextEnd ends the context in every state a prompt can be in.
func TestContextEnd(t *testing.T) {
	for _, c := range []struct{ name, keys, see string }{
		{"idle", "", "1>"},
		{"half a line", "half a line", "half a line"},
		{"half a key", "a key\x1b", "a key"},
		{"search", "s" + ctrlR, "search: nothing"},
		{"list", "e" + tab, "exit"},
		{"completion", "wait " + tab, "1> wait"},
		{"command", "wait" + enter, "waiting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			term := start(t)
			term.prompt("1> ")
			term.typing(c.keys)
			term.see(c.see)
			term.signal(syscall.SIGTERM)
			term.ended("context canceled")
		})
	}
}

// viKeys returns the path of settings for vi users.
func viKeys(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "inputrc")
	if err := os.WriteFile(path, []byte("set editing-mode vi\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestContextEndInVi ends the context in modes of the library that only its vi
// keys lead to.
func TestContextEndInVi(t *testing.T) {
	for _, c := range []struct{ name, key, see string }{
		{"command", "", "abc"},
		{"operator", "d", "abc"},
		{"visual", "v", "abc"},
		{"search", "/", "search: nothing found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			term := start(t, "INPUTRC="+viKeys(t))
			term.prompt("1> ")
			term.typing("abc\x1b")
			term.until("cursor on the c", func(s *screen) bool { return s.line(s.row) == "1> abc" && s.col == 5 })
			term.typing(c.key)
			term.see(c.see)
			term.signal(syscall.SIGTERM)
			term.ended("context canceled")
		})
	}
}

// TestContextEndWithinKey ends the context where the library waits for the
// second key of a command and for nothing else.
func TestContextEndWithinKey(t *testing.T) {
	term := start(t, "INPUTRC="+viKeys(t))
	term.prompt("1> ")
	term.typing("abc\x1b")
	term.until("cursor on the c", func(s *screen) bool { return s.col == 5 })
	term.typing("0f")
	term.until("cursor on the a", func(s *screen) bool { return s.col == 3 })
	term.signal(syscall.SIGTERM)
	term.endedWith("left: context canceled, leak: true")
}

func TestNotice(t *testing.T) {
	term := start(t)
	term.prompt("1> ")
	long := strings.Repeat("echo ", 17)
	term.typing(long + left + left + left)
	term.until("line", func(s *screen) bool { return s.line(2) == "ho echo" && s.row == 2 && s.col == 5 })
	term.signal(syscall.SIGUSR1)
	term.see("notice 1")
	term.typing("12")
	term.until("line", func(s *screen) bool { return s.line(3) == "ho ec12ho" && s.row == 3 && s.col == 7 })
	term.typing("\x05" + ctrlC)
	term.prompt("2> ")
	term.typing("tell" + enter)
	term.see("tell\ntold while busy\n3>")
	term.typing(ctrlD)
	term.ended("<nil>")
}

// TestPaste pastes several lines, of which none runs, with a control sequence.
func TestPaste(t *testing.T) {
	term := start(t)
	term.prompt("1> ")
	term.typing("\x1b[200~echo a\r\necho\x1b[2J b\n\x1b[201~")
	term.prompt("1> echo a echo[2J b ")
	term.typing(enter)
	term.see(`got ["a" "echo[2J" "b"]`)
	term.prompt("2> ")
	term.typing(ctrlD)
	term.ended("<nil>")
}

// TestCommandReads lets a command read the terminal, which is cooked then.
func TestCommandReads(t *testing.T) {
	term := start(t)
	term.prompt("1> ")
	term.typing("ask" + enter)
	term.see("sure?")
	term.typing("yes\x7f\x7f\x7fno" + enter)
	term.see("answer no")
	term.prompt("2> ")
	term.typing(ctrlD)
	term.ended("<nil>")
}

func TestPanic(t *testing.T) {
	term := start(t)
	term.prompt("1> ")
	term.typing("panic" + enter)
	var exit *exec.ExitError
	if err := term.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("program ended with %v", err)
	}
	if after := term.mode(); after != term.before {
		t.Errorf("terminal mode is %+v, was %+v", after, term.before)
	}
}

func TestDumb(t *testing.T) {
	term := start(t, "TERM=dumb")
	term.see("1>")
	term.typing("echo a" + enter)
	term.see(`got ["a"]`)
	term.see("2>")
	term.typing("wait" + enter)
	term.see("waiting")
	term.typing(ctrlC)
	term.see("3>")
	term.typing("nothing" + ctrlC)
	term.see("4>")
	term.typing(ctrlC)
	term.see("(exit or Ctrl-D leaves)\n5>")
	term.typing(ctrlD)
	term.ended("<nil>")
	if term.screen.sequences > 0 {
		t.Error("a dumb terminal got control sequences")
	}
}

func TestDumbContextEnd(t *testing.T) {
	term := start(t, "TERM=dumb")
	term.see("1>")
	term.signal(syscall.SIGTERM)
	term.ended("context canceled")
}

// TestGarbage sends what no user types on purpose, and expects a prompt that
// still works.
func TestGarbage(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			term := start(t)
			term.prompt("1> ")
			random := rand.New(rand.NewPCG(seed, 0))
			var keys []byte
			for range 400 {
				switch b := byte(random.Uint32()); {
				case random.IntN(8) == 0:
					keys = append(keys, "\x1b["...)
				case b == '\x04' || b == '\x18': // leaves; starts an editor program
				default:
					keys = append(keys, b)
				}
			}
			term.typing(string(keys))
			// Out of any mode, then until there is an empty line.
			term.typing(strings.Repeat("a"+ctrlC, 10))
			term.typing("\x15" + enter + "echo alive" + enter)
			term.see(`got ["alive"]`)
			term.signal(syscall.SIGTERM)
			term.ended("context canceled")
		})
	}
}
