package natlab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
	OneBox   bool   // both nodes behind the same box, of the kinds From, without a hairpin and, unless Real, with one
	IPv6     bool   // instead of IPv4
	Real     bool   // between network namespaces, in real time; needs root on Linux
	Dir      string // for what is fetched
	alone    bool   // nobody relays: paths are opened by words through push proxies
	Log      zerolog.Logger
}

// ErrNotIPv6 is that of a kind that IPv6 does not have, ErrNotReal that of one that no namespace is.
var (
	ErrNotIPv6 = errors.New("there is no such box of IPv6")
	ErrNotReal = errors.New("there is no such box between namespaces")
)

// ErrOneBox is that of what makes no two neighbors behind a NAT.
var ErrOneBox = errors.New("two nodes behind one box are of IPv4, and behind one")

// Run tries every pair of From and To, and tells each before it is tried, with how many there are.
func Run(ctx context.Context, cfg Config, tell func(from, to Kind, n, of int)) (*Matrix, error) {
	m := &Matrix{Schema: Schema}
	var err error
	if m.Pairs, err = cfg.pairs(); err != nil {
		return nil, err
	}
	if cfg.Real {
		net, err := newSpaces(cfg.IPv6) // one that cannot be made is no matter of pairs
		if err != nil {
			return nil, err
		}
		net.Close()
	}
	errs := make([]error, len(m.Pairs))
	one := func(i int) {
		p, dir := &m.Pairs[i], filepath.Join(cfg.Dir, fmt.Sprint(i))
		*p = cfg.try(*p, dir)
		errs[i] = os.RemoveAll(dir)
	}
	var work sync.WaitGroup
	turn := make(chan struct{}, realTogether)
	for i, p := range m.Pairs {
		turn <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		tell(p.From, p.To, i+1, len(m.Pairs))
		if !cfg.Real { // in virtual time nothing is waited for
			one(i)
			<-turn
			continue
		}
		work.Go(func() {
			one(i)
			<-turn
		})
	}
	work.Wait()
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return nil, fmt.Errorf("natlab: %w", err)
	}
	for _, p := range m.Pairs {
		if p.Equal {
			m.Fetched++
		}
		if p.Worse() {
			m.Worse++
		}
	}
	return m, nil
}

// pairs is what is to be tried.
func (c Config) pairs() (pairs []Pair, err error) {
	all, missing := Kinds(), ErrNotReal
	switch {
	case c.OneBox && c.Real:
		all = []Kind{FullCone, Restricted, PortRestricted, Symmetric, UDPBlocked}
	case c.OneBox:
		all = all[1:] // those that are open have none
	case c.IPv6:
		all, missing = Kinds6(), ErrNotIPv6
	case c.Real:
		all = all[:Mapped]
	}
	if c.From == nil {
		c.From = all
	}
	if c.OneBox {
		if c.To != nil || c.IPv6 || slices.Contains(c.From, Open) {
			return nil, fmt.Errorf("natlab: %w", ErrOneBox)
		}
		hairpins := []bool{false, true}
		if c.Real {
			hairpins = hairpins[:1]
		}
		for _, k := range c.From {
			if c.Real && !slices.Contains(all, k) {
				return nil, fmt.Errorf("natlab: two behind one %v box: %w", k, ErrNotReal)
			}
			for _, hairpin := range hairpins {
				pairs = append(pairs, Pair{From: k, To: k, OneBox: true, Hairpin: hairpin})
			}
		}
		return pairs, nil
	}
	if c.To == nil {
		c.To = all
	}
	for _, from := range c.From {
		for _, to := range c.To {
			if !slices.Contains(all, from) || !slices.Contains(all, to) {
				return nil, fmt.Errorf("natlab: %v from %v: %w", from, to, missing)
			}
			pairs = append(pairs, Pair{From: from, To: to})
		}
	}
	return pairs, nil
}

// column is what stands above a pair.
func (p Pair) column() string {
	switch {
	case !p.OneBox:
		return p.To.String()
	case p.Hairpin:
		return "hairpin"
	}
	return "no hairpin"
}

// Write prints the matrix: who fetches on the left, who shares on top; then what went wrong.
func (m *Matrix) Write(w io.Writer) error {
	var columns []string
	for _, p := range m.Pairs {
		if p.From != m.Pairs[0].From {
			break
		}
		columns = append(columns, p.column())
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	corner := "FROM \\ TO"
	if m.Pairs[0].OneBox {
		corner = "ONE BOX"
	}
	fmt.Fprintf(t, "%s\t%s", corner, strings.Join(columns, "\t"))
	for i, p := range m.Pairs {
		if i%len(columns) == 0 {
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
