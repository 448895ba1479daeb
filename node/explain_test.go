package node_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"filbert/nat"
	"filbert/node"
	"filbert/testnet/fabric"
	"filbert/transfer"
	"filbert/transfer/download"
)

// explains a source and shows it, as "helped: push 0s, relay 3s; push worked".
func (tn *town) explains(c *citizen, src transfer.Source) string {
	tn.t.Helper()
	e, err := c.Explain(tn.t.Context(), src)
	if err != nil {
		tn.t.Fatal(err)
	}
	var text []string
	for _, s := range e.Steps {
		if s.Try {
			text = append(text, s.Rung.String()+" "+s.HeadStart.String())
		}
	}
	shown := e.Reach.String() + ": " + strings.Join(text, ", ")
	for _, a := range e.Attempts {
		shown += "; " + a.Rung.String() + " " + a.Outcome.String()
	}
	return shown
}

// TestExplain explains sources before and after they are fetched from.
func TestExplain(t *testing.T) {
	amongNATs(t, 1, fabric.PortRestricted(), func(t *testing.T, tn *town) {
		boris := tn.movesAs(fstest.MapFS{"Red Song.ogg": file(noise(9_000))}, relaying)
		clara := tn.movesAs(fstest.MapFS{"Blue Song.ogg": file(noise(10_000))}, asLeaf, boris)
		anna := tn.movesAs(nil, asLeaf, boris)
		tn.linked(anna, 1)
		tn.shares(clara, 1)
		tn.shares(boris, 1)
		tn.relayed(clara, 1)
		red, blue := tn.finds(anna, "red song", 1), tn.finds(anna, "blue song", 1)
		direct, behind := red.Sources[0], blue.Sources[0]

		tests := []struct {
			src           transfer.Source
			before, after string
		}{
			{direct, "direct: direct-v4 0s", "direct: direct-v4 0s; direct-v4 worked"},
			{behind, "helped: relay 0s, punch 3s", "helped: relay 0s, punch 3s; relay worked"},
			{transfer.Source{Servent: behind.Servent}, "helped: relay 0s, punch 3s", "helped: relay 0s, punch 3s; relay worked"},
			{transfer.Source{Addr: direct.Addr}, "direct: direct-v4 0s", "direct: direct-v4 0s; direct-v4 worked"},
		}
		for _, test := range tests {
			if got := tn.explains(anna, test.src); got != test.before {
				t.Errorf("before: %s, want %s", got, test.before)
			}
		}
		e, err := anna.Explain(t.Context(), behind)
		if err != nil || e.Own != nat.Closed || e.Peer.Servent != behind.Servent {
			t.Errorf("%+v, %v", e, err)
		}
		if _, err := anna.Explain(t.Context(), transfer.Source{Servent: [16]byte{9}}); !errors.Is(err, node.ErrNoPeer) {
			t.Errorf("a stranger: %v", err)
		}
		if got := tn.explains(boris, behind); got != "helped: push 0s, relay 3s, punch 3s" {
			t.Errorf("to boris: %s", got)
		}
		if _, err := anna.Get(red, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		if _, err := anna.Get(blue, "", download.Terms{}); err != nil {
			t.Fatal(err)
		}
		tn.finish(anna, red)
		tn.finish(anna, blue)
		for _, test := range tests {
			if got := tn.explains(anna, test.src); got != test.after {
				t.Errorf("after: %s, want %s", got, test.after)
			}
		}
	})
}
