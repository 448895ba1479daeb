package shell
import "testing"
func TestDbg(t *testing.T) {
	term := start(t, "INPUTRC=/tmp/scratch/vi.rc")
	term.prompt("1> ")
	term.typing("abc\x1b")
	term.until("cursor on the c", func(s *screen) bool { return s.line(s.row) == "1> abc" && s.col == 5 })
	term.typing("/")
	term.see("(non-inc-search)")
	term.typing("\x03")
	term.see("2>")
}
