package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reeflective/readline"
	"golang.org/x/term"
)

// errEditor is a failure of the line editor, after which lines are read
// without it.
var errEditor = errors.New("the line editor gave up")

// errLeft is what the editor returns when it was told to end.
var errLeft = errors.New("left")

// attendKey makes the editor call attend. It is Ctrl-\, which no keymap uses.
const (
	attendKey     = '\x1c'
	attendCommand = "filbert-attend"
)

// editor is the line editor of a terminal.
//
// Everything of it runs on the goroutine of ReadLine, the callbacks of the
// library included; the library itself may be woken from elsewhere, and calls
// redrawn then.
type editor struct {
	cfg     Config
	rl      *readline.Shell
	history *history
	inherit map[string]func() // the library's own commands

	// Of the line that is read now:
	ctx    context.Context
	prompt string
	asked  bool // the attend key is on its way
	leaves int  // how often the prompt was asked to end
	menu   *menu
	search *search
}

func newEditor(cfg Config, h *history) (e *editor, err error) {
	defer func() {
		if p := recover(); p != nil {
			e, err = nil, fmt.Errorf("%w: %v", errEditor, p)
		}
	}()
	e = &editor{cfg: cfg, history: h, rl: readline.NewShell()}
	e.inherit = maps.Clone(e.rl.Keymap.Commands())
	e.rl.Keymap.Register(e.commands())
	for name, keys := range e.rl.Config.Binds {
		_ = e.rl.Config.Bind(name, string(attendKey), attendCommand, false)
		if _, bound := keys["\x1b[Z"]; !bound { // Shift-Tab
			_ = e.rl.Config.Bind(name, "\x1b[Z", "menu-complete-backward", false)
		}
	}
	for option, value := range map[string]any{
		"enable-bracketed-paste": true, // a paste runs nothing by itself
		"output-meta":            true, // UTF-8, typed
		"convert-meta":           false,
		"comment-begin":          `[^\s\S]`, // a pattern, for what would be colored
		// Asking the terminal where the cursor is costs a round trip a key,
		// swallows keys typed meanwhile, and waits forever on a terminal that
		// does not answer. See firstLine for what is done instead.
		"cursor-position-probe": false,
	} {
		_ = e.rl.Config.Set(option, value)
	}
	e.rl.PasteTransformer = clean
	e.rl.Prompt.Primary(e.firstLine)
	e.rl.Hint.SetProvider(e.redrawn)
	e.rl.History.Add("history", h)
	return e, nil
}

// commands returns what replaces commands of the library, whatever keys they
// are bound to.
func (e *editor) commands() map[string]func() {
	older := func() { e.searchHistory(1) }
	newer := func() { e.searchHistory(-1) }
	next := func() { e.complete(1) }
	none := func() {}
	return map[string]func(){
		attendCommand: e.attend,
		"self-insert": e.insert,
		"accept-line": e.accept,
		"abort":       e.abort,

		"complete":                next,
		"menu-complete":           next,
		"possible-completions":    next,
		"menu-complete-backward":  func() { e.complete(-1) },
		"insert-completions":      none,
		"menu-incremental-search": none,
		"vi-registers-complete":   none,

		"reverse-search-history":                 older,
		"incremental-reverse-search-history":     older,
		"non-incremental-reverse-search-history": older,
		"vi-search-backward":                     older,
		"vi-search-again-backward":               older,
		"vi-search":                              older,
		"vi-search-again":                        older,
		"forward-search-history":                 newer,
		"incremental-forward-search-history":     newer,
		"non-incremental-forward-search-history": newer,
		"vi-search-forward":                      newer,
		"vi-search-again-forward":                newer,

		// They wait for one more key and drop what was typed with it.
		"quoted-insert":             none,
		"character-search":          none,
		"character-search-backward": none,
		"overwrite-mode":            none,
		"prefix-meta":               none,
		"macro-toggle-record":       none,
		"macro-run":                 none,

		"insert-comment":    none,
		"re-read-init-file": none, // it would undo our settings
	}
}

// ReadLine reads one line; see lineReader.
func (e *editor) ReadLine(ctx context.Context) (line string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errEditor, p)
		}
	}()
	e.ctx, e.prompt = ctx, strings.ReplaceAll(e.cfg.Prompt(), "\n", " ")
	e.asked, e.leaves, e.menu, e.search = false, 0, nil, nil

	e.cfg.Printer.show(e.rl.Keys.RequestRefresh)
	defer e.cfg.Printer.hide()
	stop := context.AfterFunc(ctx, e.rl.Keys.RequestRefresh)
	defer stop()

	line, err = e.rl.Readline()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, readline.ErrInterrupt):
		return "", errInterrupt
	case err != nil && err != io.EOF:
		return "", fmt.Errorf("read: %w", err)
	}
	return line, err
}

// redrawn is called by the library whenever it draws the line, which is also
// what it does when it is woken. It sees to what came up meanwhile, by way of
// keys, since drawing is no time to do it, and returns what to show below the
// line.
func (e *editor) redrawn(line []rune, cursor int) []rune {
	switch {
	case e.ctx.Err() != nil && e.leaves < leaveTries:
		e.leaves++
		e.rl.Keys.Feed(false, attendKey)
	case !e.asked && e.cfg.Printer.waiting():
		e.asked = true
		e.rl.Keys.Feed(false, attendKey)
	}
	switch cols, _ := e.size(); {
	case e.search != nil:
		return []rune(fit(e.search.hint(string(line)), cols-1))
	case e.menu.open(line, cursor):
		return []rune(e.menu.text)
	}
	return nil
}

// attend ends the prompt, if it must end, or prints the notices that wait.
func (e *editor) attend() {
	e.asked = false
	e.rl.History.SkipSave()
	if e.ctx.Err() != nil {
		e.rl.Display.AcceptLine()
		e.rl.History.Accept(false, false, errLeft)
		return
	}
	notices := e.cfg.Printer.take()
	if len(notices) == 0 {
		return
	}
	e.rl.Display.CursorToLineStart()
	text := strings.ReplaceAll(strings.Join(notices, "\n"), "\n", "\r\n")
	fmt.Fprintf(e.cfg.Out, "\r\x1b[J%s\r\n", text)
	e.rl.Display.PrintPrimaryPrompt()
}

// firstLine returns the prompt. Before it, it makes room for the whole line
// and one row below, which the library counts on: line feeds, then back up.
func (e *editor) firstLine() string {
	cols, _ := e.size()
	line := string(*e.rl.Line())
	rows := (cells(e.prompt)+cells(line))/cols + strings.Count(line, "\n") + 1
	return fmt.Sprintf("%s\x1b[%dA%s", strings.Repeat("\v", rows), rows, e.prompt)
}

// abort does what Ctrl-C does: it gives up the search, a mode of the library,
// or the line.
func (e *editor) abort() {
	switch {
	case e.search != nil:
		e.search = nil
		e.setLine(nil, nil)
		return
	case e.rl.Keymap.Local() != "":
		e.inherit["abort"]()
		return
	}
	// The library's own looks at the keys that follow and forgets itself.
	e.menu = nil
	e.rl.Iterations.Reset()
	e.rl.Selection().Reset()
	e.setLine(append(slices.Clone(*e.rl.Line()), []rune("^C")...), nil)
	e.rl.Display.Refresh()
	e.rl.Display.AcceptLine()
	e.rl.History.Accept(false, false, readline.ErrInterrupt)
}

// insert puts the characters just typed into the line, all of a character that
// has several code points, and none that is not one to see.
func (e *editor) insert() {
	e.rl.History.SkipSave()
	typed := slices.DeleteFunc(slices.Clone(e.rl.Keys.Caller()), func(r rune) bool {
		return r == utf8.RuneError || harmful(r) || !unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r)
	})
	e.rl.Cursor().InsertAt(typed...)
}

// setLine replaces the line and puts the cursor behind its first part.
func (e *editor) setLine(before, after []rune) {
	e.rl.History.Save()
	e.rl.Line().Set(slices.Concat(before, after)...)
	e.rl.Cursor().Set(len(before))
}

// size returns the columns and rows of the terminal, as the library sees it.
func (e *editor) size() (cols, rows int) {
	cols, rows, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil || cols <= 0 || rows <= 0 {
		return 80, 80
	}
	return cols, rows
}
