package natlab

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/rs/zerolog"
)

// Matrix is what came of many pairs.
type Matrix struct {
	Schema int    `json:"schema"`
	Pairs  []Pair `json:"pairs"`

	Fetched int `json:"fetched"` // pairs for which the file came
	Worse   int `json:"worse"`   // of these, those by a path worse than need be
}

// Schema is the version of the JSON document.
const Schema = 1

// Config says which pairs to try.
type Config struct {
	From, To []Kind // nil: all kinds
	Dir      string // for what is fetched
	Log      zerolog.Logger
}

// Run tries every pair of From and To, and tells each before it is tried, with how many there are.
func Run(ctx context.Context, cfg Config, tell func(from, to Kind, n, of int)) (*Matrix, error) {
	if cfg.From == nil {
		cfg.From = Kinds()
	}
	if cfg.To == nil {
		cfg.To = Kinds()
	}
	m := &Matrix{Schema: Schema}
	for _, from := range cfg.From {
		for _, to := range cfg.To {
			if err := ctx.Err(); err != nil {
				return m, err
			}
			tell(from, to, len(m.Pairs)+1, len(cfg.From)*len(cfg.To))
			dir := filepath.Join(cfg.Dir, fmt.Sprint(len(m.Pairs)))
			p := Try(from, to, dir, cfg.Log)
			if err := os.RemoveAll(dir); err != nil {
				return m, fmt.Errorf("natlab: %w", err)
			}
			m.Pairs = append(m.Pairs, p)
			if p.Equal {
				m.Fetched++
			}
			if p.Worse() {
				m.Worse++
			}
		}
	}
	return m, nil
}

// Write prints the matrix: who fetches on the left, who shares on top; then what went wrong.
func (m *Matrix) Write(w io.Writer) error {
	var to []Kind
	for _, p := range m.Pairs {
		if p.From != m.Pairs[0].From {
			break
		}
		to = append(to, p.To)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "FROM \\ TO")
	for _, k := range to {
		fmt.Fprintf(t, "\t%v", k)
	}
	for i, p := range m.Pairs {
		if i%len(to) == 0 {
			fmt.Fprintf(t, "\n%v", p.From)
		}
		cell := fmt.Sprintf("%v %.2f s", p.Path, p.First)
		switch {
		case !p.Equal:
			cell = "FAILED"
		case p.Worse():
			cell += " (" + p.Theory.String() + ")"
		}
		fmt.Fprintf(t, "\t%s", cell)
	}
	fmt.Fprintln(t)
	if err := t.Flush(); err != nil {
		return err
	}
	for _, p := range m.Pairs {
		if !p.Equal {
			fmt.Fprintf(w, "%v from %v: %s\n", p.From, p.To, p.Reason)
		}
	}
	_, err := fmt.Fprintf(w, "%d of %d pairs got the file, %d of them by a worse path than the one in brackets\n", m.Fetched, len(m.Pairs), m.Worse)
	return err
}
