package natlab

import (
	"testing"

	"github.com/rs/zerolog"
)

// TestMatrix has a file fetched between every two kinds, by no worse path than need
// be.
func TestMatrix(t *testing.T) {
	m, err := Run(t.Context(), Config{Dir: t.TempDir(), Log: zerolog.Nop()}, func(Kind, Kind, int, int) {})
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
	if len(m.Pairs) != kinds*kinds || m.Fetched != len(m.Pairs) {
		t.Errorf("%d of %d pairs", m.Fetched, len(m.Pairs))
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
