package shell

import (
	"fmt"
	"strings"

	"golang.org/x/text/width"
	"unicode"
)

// listing draws choices below the line: under the name of its group a value a
// row with its help, or several values a row if none of the group has help. It
// takes at most rows rows, so that the chosen value is seen.
func listing(choices []Completion, chosen, cols, rows int) string {
	cols, rows = max(cols-1, 8), max(rows, 2) // the last column wraps
	var lines []string
	focus := 0
	for start := 0; start < len(choices); {
		end := start
		for end < len(choices) && choices[end].Group == choices[start].Group {
			end++
		}
		if name := clean(choices[start].Group); name != "" {
			lines = append(lines, fit(name+":", cols))
		}
		var at int
		lines, at = listGroup(lines, choices[start:end], chosen-start, cols)
		if at >= 0 {
			focus = at
		}
		start = end
	}
	if len(lines) <= rows {
		return strings.Join(lines, "\r\n")
	}
	rows-- // for the count
	from := min(max(0, focus-rows+1), len(lines)-rows)
	shown := lines[from : from+rows]
	return fmt.Sprintf("%s\r\n%s", strings.Join(shown, "\r\n"), fit(fmt.Sprintf("(%d of %d rows)", rows, len(lines)), cols))
}

// listGroup appends the rows of one group and returns the row of the chosen
// value, or -1.
func listGroup(lines []string, group []Completion, chosen, cols int) (out []string, at int) {
	at = -1
	widest, help := 0, false
	for _, c := range group {
		widest, help = max(widest, cells(c.Value)), help || c.Help != ""
	}
	widest = min(widest, cols-2)
	perRow := max(1, cols/(widest+4))
	if help {
		widest, perRow = min(widest, cols/2), 1
	}
	var row strings.Builder
	for i, c := range group {
		mark := "  "
		if i == chosen {
			mark, at = "> ", len(lines)
		}
		value := fit(c.Value, widest)
		row.WriteString(mark + value + strings.Repeat(" ", widest-cells(value)+2))
		if c.Help != "" {
			row.WriteString(clean(c.Help))
		}
		if i%perRow == perRow-1 || i == len(group)-1 {
			lines = append(lines, fit(strings.TrimRight(row.String(), " "), cols))
			row.Reset()
		}
	}
	return lines, at
}

// cells returns how many columns of a terminal a text takes.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case width.LookupRune(r).Kind() == width.EastAsianWide, width.LookupRune(r).Kind() == width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// fit cuts a text to a number of columns, marking the cut.
func fit(s string, cols int) string {
	if cells(s) <= cols {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeCells(r); n > cols-1 {
			return s[:i] + "…"
		}
	}
	return s
}
