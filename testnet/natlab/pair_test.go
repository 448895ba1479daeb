package natlab

import (
	"errors"
	"runtime"
	"testing"

	"github.com/rs/zerolog"
)

// TestMatrix has a file fetched between every two kinds, of IPv6 between some, by no
// worse path than need be.
func TestMatrix(t *testing.T) {
	oneProcessor(t)
	for _, ipv6 := range []bool{false, true} {
		cfg, want := Config{IPv6: ipv6, Dir: t.TempDir(), Log: zerolog.Nop()}, kinds*kinds
		if ipv6 { // the filters are the same: some of the pairs
			cfg.From = []Kind{Open, PortRestricted, UDPBlocked}
			want = len(cfg.From) * len(Kinds6())
		}
		m, err := Run(t.Context(), cfg, func(Kind, Kind, int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Pairs {
			switch {
			case !p.Equal:
				t.Errorf("%v gets nothing from %v: %s", p.From, p.To, p.Reason)
			case p.Path != p.Theory:
				t.Errorf("%v gets it from %v by %v, not %v", p.From, p.To, p.Path, p.Theory)
			}
		}
		if len(m.Pairs) != want || m.Fetched != want {
			t.Errorf("%d of %d pairs, want %d", m.Fetched, len(m.Pairs), want)
		}
	}
}

// oneProcessor runs the rest of a test on one processor. The race detector does not
// survive timers of a bubble that fire on several threads (Go 1.26: a segmentation
// fault); races are found on one processor too.
func oneProcessor(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// TestNoSuchBox refuses NATs that IPv6 does not have, and those that no namespace is.
func TestNoSuchBox(t *testing.T) {
	for _, cfg := range []Config{{Real: true, To: []Kind{Mapped}}, {Real: true, OneBox: true, From: []Kind{CGNAT}}} {
		if _, err := Run(t.Context(), cfg, nil); !errors.Is(err, ErrNotReal) {
			t.Errorf("%v", err)
		}
	}
	for _, k := range []Kind{Symmetric, CGNAT} {
		if _, err := Run(t.Context(), Config{IPv6: true, To: []Kind{k}}, nil); !errors.Is(err, ErrNotIPv6) {
			t.Errorf("%v: %v", k, err)
		}
	}
}

// TestKindNames reads what is written.
func TestKindNames(t *testing.T) {
	for _, k := range Kinds() {
		if got, err := ParseKind(k.String()); err != nil || got != k {
			t.Errorf("%v is read as %v, %v", k, got, err)
		}
	}
	if _, err := ParseKind("half a cone"); err == nil {
		t.Error("half a cone is a kind")
	}
}

// TestOneBox has a file fetched between two behind one box, or one carrier's, without and with a hairpin.
func TestOneBox(t *testing.T) {
	oneProcessor(t)
	m, err := Run(t.Context(), Config{OneBox: true, Dir: t.TempDir(), Log: zerolog.Nop()}, func(Kind, Kind, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Pairs {
		if !p.Equal || p.Path != p.Theory {
			t.Errorf("%v, %s: equal %v, by %v, not %v: %s", p.From, p.column(), p.Equal, p.Path, p.Theory, p.Reason)
		}
	}
	if want := 2 * (kinds - 1); len(m.Pairs) != want {
		t.Errorf("%d pairs, want %d", len(m.Pairs), want)
	}
	for name, cfg := range map[string]Config{
		"open": {From: []Kind{Open}}, "to": {To: []Kind{Symmetric}}, "IPv6": {IPv6: true},
	} {
		cfg.OneBox = true
		if _, err := cfg.pairs(); !errors.Is(err, ErrOneBox) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
