package shell

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// history remembers the lines of the prompt: the last historyLines of them, in
// a text file of one line each. Several prompts may add to one file. It is the
// readline.History that the editor walks through.
type history struct {
	path  string // "" for none
	lines []string
}

// openHistory reads a history file, which need not exist. What cannot be a
// line is passed over. The history can be used even if there is an error.
func openHistory(path string) (*history, error) {
	h := &history{path: path}
	if path == "" {
		return h, nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return h, nil
	case err != nil:
		h.path = ""
		return h, fmt.Errorf("history: %w", err)
	case !info.Mode().IsRegular():
		h.path = ""
		return h, fmt.Errorf("history: %s is not a file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		h.path = ""
		return h, fmt.Errorf("history: %w", err)
	}
	defer file.Close()
	skipped := max(0, info.Size()-historyFileBytes)
	data, err := io.ReadAll(io.NewSectionReader(file, skipped, historyFileBytes))
	if err != nil {
		h.path = ""
		return h, fmt.Errorf("history: %w", err)
	}
	if skipped > 0 {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	found := 0
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			found++
			h.remember(line)
		}
	}
	if skipped > 0 || found > 2*historyLines || info.Mode().Perm()&0o077 != 0 {
		if err := h.rewrite(); err != nil {
			return h, fmt.Errorf("history: %w", err)
		}
	}
	return h, nil
}

// remember keeps a line in memory and reports whether it was worth it: not
// blank, not the line before again, and not begun with a blank, which is how a
// user keeps a line out.
func (h *history) remember(line string) bool {
	if line == "" || line[0] == ' ' || len(line) > historyLineBytes || line != clean(line) {
		return false
	}
	if n := len(h.lines); n > 0 && h.lines[n-1] == line {
		return false
	}
	if len(h.lines) == historyLines {
		h.lines = slices.Delete(h.lines, 0, 1)
	}
	h.lines = append(h.lines, line)
	return true
}

// add remembers a line and writes it to the file.
func (h *history) add(line string) error {
	if !h.remember(line) || h.path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	file, err := os.OpenFile(h.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	_, err = file.WriteString(line + "\n")
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

// rewrite replaces the file by the lines in memory.
func (h *history) rewrite() error {
	file, err := os.CreateTemp(filepath.Dir(h.path), filepath.Base(h.path)+".*") // mode 0600
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	for _, line := range h.lines {
		w.WriteString(line)
		w.WriteByte('\n')
	}
	err = errors.Join(w.Flush(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), h.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// find returns the line that holds text and is the older-th of its kind from
// the end, 0 being the latest. Case matters if text has upper case.
func (h *history) find(text string, older int) (string, bool) {
	fold := text == strings.ToLower(text)
	seen := make(map[string]bool)
	for _, line := range slices.Backward(h.lines) {
		hay := line
		if fold {
			hay = strings.ToLower(line)
		}
		if seen[line] || !strings.Contains(hay, text) {
			continue
		}
		if older == 0 {
			return line, true
		}
		seen[line] = true
		older--
	}
	return "", false
}

// GetLine returns a line, 0 being the oldest. It is part of readline.History.
func (h *history) GetLine(i int) (string, error) {
	if i < 0 || i >= len(h.lines) {
		return "", fmt.Errorf("history: no line %d of %d", i, len(h.lines))
	}
	return h.lines[i], nil
}

// Len returns the number of lines. It is part of readline.History.
func (h *history) Len() int { return len(h.lines) }

// Write does nothing: the session adds the lines it runs. It is part of
// readline.History, which stops writing to a history that is full.
func (h *history) Write(string) (int, error) { return len(h.lines), nil }

// Dump returns all lines. It is part of readline.History.
func (h *history) Dump() any { return h.lines }
