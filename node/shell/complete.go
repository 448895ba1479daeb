package shell

import (
	"context"
	"fmt"
	"slices"
)

// complete does what Tab does: what is certain is typed, what is not is listed
// below the line, and from then on each Tab types the next of the list.
func (e *editor) complete(by int) {
	line, cursor := *e.rl.Line(), e.rl.Cursor().Pos()
	if e.search != nil {
		e.takeFound()
		return
	}
	if !e.menu.open(line, cursor) {
		e.menu = e.offer(slices.Clone(line), cursor)
		if m := e.menu; m != nil && len(m.choices) > 0 {
			e.extend(m)
		}
		return
	}
	m := e.menu
	if len(m.choices) == 0 {
		return
	}
	m.step(by)
	value := m.choices[m.chosen].Value
	e.show(m, []rune(continuation(value[len(m.last):], m.in)))
}

// extend types what all choices share, and the end of the word if there is but
// one.
func (e *editor) extend(m *menu) {
	value := shared(m.choices)
	typed := continuation(value[len(m.last):], m.in)
	if len(m.choices) == 1 {
		typed += finish(value, m.in)
		m.text = ""
		e.setLine(slices.Concat(m.before, []rune(typed)), m.after)
		e.menu = nil
		return
	}
	e.show(m, []rune(typed))
	if typed != "" { // the next Tab goes on from here
		m.before, m.last = slices.Concat(m.before, []rune(typed)), value
	}
}

// show types text at the place of the menu, and lists the choices.
func (e *editor) show(m *menu, text []rune) {
	e.setLine(slices.Concat(m.before, text), m.after)
	m.line, m.cursor = string(*e.rl.Line()), e.rl.Cursor().Pos()
	cols, rows := e.size()
	used := (cells(e.prompt)+cells(m.line))/cols + 1
	m.text = listing(m.choices, m.chosen, cols, min(rows/2, rows-used-2))
}

// offer asks the executor what the word before the cursor can become.
func (e *editor) offer(line []rune, cursor int) *menu {
	s := scan(string(line[:cursor]))
	if s.open == '\\' {
		return nil // half an escape
	}
	last := ""
	if s.inWord {
		last, s.words = s.words[len(s.words)-1], s.words[:len(s.words)-1]
	}
	m := &menu{before: line[:cursor:cursor], after: line[cursor:], last: last, in: s.open, chosen: -1, line: string(line), cursor: cursor}
	offered, err := e.ask(s.words, last)
	if err != nil {
		cols, _ := e.size()
		m.text = fit(clean(err.Error()), cols-1)
		return m
	}
	m.choices = choices(last, offered)
	if len(m.choices) == 0 {
		m.text = "(no completion)"
	}
	return m
}

// ask calls the executor, whose panic costs the completion and not the prompt.
func (e *editor) ask(words []string, last string) (offered []Completion, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("completion failed: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(e.ctx, completionTime)
	defer cancel()
	return e.cfg.Executor.Complete(ctx, words, last), nil
}
