package shell

import "fmt"

// search is the search of the history: the line is what is looked for, the
// line that is found is shown below it.
type search struct {
	history *history
	older   int // how many finds were passed over
	text    string
}

// found returns the line that is found now for text. Another text begins at
// the latest line again.
func (s *search) found(text string) (string, bool) {
	if text != s.text {
		s.text, s.older = text, 0
	}
	if text == "" {
		return "", false
	}
	return s.history.find(text, s.older)
}

func (s *search) hint(text string) string {
	line, ok := s.found(text)
	switch {
	case ok:
		return fmt.Sprintf("search: %s   (Enter runs it, Tab takes it, Ctrl-R is older)", line)
	case text == "":
		return "search: type a part of an earlier line"
	}
	return "search: nothing found"
}

// searchHistory does what Ctrl-R does: it begins the search, or goes on to an
// older line (a newer one if by is -1).
func (e *editor) searchHistory(by int) {
	e.rl.History.SkipSave()
	if e.search == nil {
		e.search, e.menu = &search{history: e.history}, nil
		if !e.rl.Keymap.IsEmacs() {
			e.rl.Keymap.SetMain("vi-insert") // where text is typed
		}
		return
	}
	s, text := e.search, string(*e.rl.Line())
	if _, ok := s.found(text); !ok {
		return
	}
	s.older = max(0, s.older+by)
	if _, ok := s.found(text); !ok {
		s.older--
	}
}

// takeFound ends the search with the line that is found, if there is one.
func (e *editor) takeFound() bool {
	line, ok := e.search.found(string(*e.rl.Line()))
	if ok {
		e.search = nil
		e.setLine([]rune(line), nil)
	}
	return ok
}

// accept does what Enter does; in a search it runs what was found.
func (e *editor) accept() {
	if e.search != nil && len(*e.rl.Line()) > 0 && !e.takeFound() {
		return
	}
	e.search, e.menu = nil, nil
	e.inherit["accept-line"]()
}
