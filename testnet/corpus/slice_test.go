package corpus

import (
	"fmt"
	"path/filepath"
	"testing"
)

func TestSlice(t *testing.T) {
	const nodes, files = 8, 4000
	held := [nodes]int{}
	for i := range files {
		rel := fmt.Sprintf("music/album %d/track %02d.ogg", i/12, i%12)
		owners := 0
		for node := range nodes {
			if Slice(node, nodes)(rel) {
				owners++
				held[node]++
			}
			if Slice(node, nodes)(rel) != Slice(node, nodes)(filepath.FromSlash(rel)) {
				t.Errorf("%s: the separator decides", rel)
			}
		}
		if owners != 1 {
			t.Errorf("%s is on %d nodes", rel, owners)
		}
	}
	for node, n := range held {
		if n < files/nodes*8/10 || n > files/nodes*12/10 {
			t.Errorf("node %d has %d of %d files", node, n, files)
		}
	}
	if !Slice(0, 1)("a") {
		t.Error("the only node does not have all")
	}
}
