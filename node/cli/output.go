package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/transfer"
)

// printJSON writes one document to standard output.
func (r *runner) printJSON(v any) error {
	e := json.NewEncoder(r.env.Out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// say writes talk to standard error.
func (r *runner) say(format string, args ...any) { fmt.Fprintf(r.env.Err, format+"\n", args...) }

// table aligns rows of cells under a head. Cells must not hold tabs or line
// ends; what peers say was escaped before it came here.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer, head ...string) *table {
	t := &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	if len(head) > 0 {
		t.row(head...)
	}
	return t
}

func (t *table) row(cells ...string) { fmt.Fprintln(t.w, strings.Join(cells, "\t")) }

func (t *table) end() error { return t.w.Flush() }

// show prints v as JSON when the user wants that, else as text.
func show[T any](r *runner, c *cli.Context, v T, text func(T) error) error {
	if c.Bool(flagJSON) {
		return r.printJSON(v)
	}
	return text(v)
}

func size(n int64) string { return transfer.ByteCount(n).String() }

func rate(n int64) string { return size(n) + "/s" }

// span is a time in two units at most, such as 1h5m.
func span(d time.Duration) string {
	for _, u := range []struct {
		unit, sub time.Duration
		name, low string
	}{
		{24 * time.Hour, time.Hour, "d", "h"}, {time.Hour, time.Minute, "h", "m"}, {time.Minute, time.Second, "m", "s"},
	} {
		if d < u.unit {
			continue
		}
		text := fmt.Sprintf("%d%s", d/u.unit, u.name)
		if rest := d % u.unit / u.sub; rest > 0 {
			text += fmt.Sprintf("%d%s", rest, u.low)
		}
		return text
	}
	return fmt.Sprintf("%ds", max(d, 0)/time.Second)
}

// percent is how much of a whole is there.
func percent(have, all int64) string {
	if all <= 0 {
		return "100%"
	}
	return fmt.Sprintf("%d%%", have*100/all)
}

// plural is "1 file", "2 files".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// orDash stands in for nothing.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
