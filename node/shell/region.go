package shell

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Region is lines of a terminal that are drawn over and over in place, below
// what was printed before. Nothing else may write to the terminal meanwhile. It
// is not safe for concurrent use.
type Region struct {
	w     io.Writer
	size  func() (cols, rows int)
	drawn []string
}

// NewRegion returns a region below the cursor of a terminal. It is nil for a
// file that is none, or one that cannot move its cursor.
func NewRegion(out *os.File) *Region {
	if !isTerminal(out) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &Region{w: out, size: func() (int, int) {
		cols, rows, err := term.GetSize(int(out.Fd()))
		if err != nil || cols <= 0 || rows <= 0 {
			return 80, 24
		}
		return cols, rows
	}}
}

// Rows is how many lines the terminal shows at once.
func (g *Region) Rows() int {
	_, rows := g.size()
	return max(1, rows-1) // the cursor stands below
}

// Show draws lines in place of those that were drawn before. Lines are cut to
// the width of the terminal, and those beyond Rows are left out. They must not
// hold control characters.
func (g *Region) Show(lines []string) error {
	cols, _ := g.size()
	lines = lines[:min(len(lines), g.Rows())]
	var b strings.Builder
	if up := g.height(cols); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	b.WriteString("\r\x1b[J")
	g.drawn = g.drawn[:0]
	for _, line := range lines {
		line = fit(line, max(1, cols-1)) // the last column wraps
		g.drawn = append(g.drawn, line)
		b.WriteString(line + "\r\n")
	}
	_, err := io.WriteString(g.w, b.String())
	return err
}

// height is how many rows what was drawn takes now: a terminal that became
// narrower has wrapped it.
func (g *Region) height(cols int) int {
	rows := 0
	for _, line := range g.drawn {
		rows += max(1, (cells(line)+cols-1)/max(1, cols))
	}
	return rows
}
