package crawl

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// twoTier makes a map of n ultrapeers in which each newcomer links to some that
// were there, and leaves below them.
func twoTier(n, links, leaves int, seed uint64) *Map {
	rnd := rand.New(rand.NewPCG(seed, 1))
	agents := []string{"filbert/0.1.0", "filbert/0.2.0", "gtk-gnutella/1.2.3 (x; y)", "WireShare/6.0", "LimeWire/5.5", "BearShare/5", "Acquisition/3", "Phex/3", "Cabos/0.8"}
	m := &Map{Schema: Schema, Began: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Complete: true}
	add := func(role Role, visited bool) int {
		id := len(m.Nodes)
		m.Nodes = append(m.Nodes, Node{ID: id, Addr: fmt.Sprintf("203.0.113.%d:%d", id%250, 7000+id/250), Role: role, Visited: visited, Agent: agents[int(math.Abs(rnd.NormFloat64()*2.5))%len(agents)]})
		return id
	}
	for i := range n {
		add(Ultrapeer, rnd.IntN(12) > 0)
		taken := map[int]bool{}
		for range min(i, links) {
			if j := rnd.IntN(i); !taken[j] {
				taken[j] = true
				m.Edges = append(m.Edges, [2]int{j, i})
			}
		}
	}
	m.Nodes[0].Seed, m.Nodes[0].Visited = true, true
	for i := range n {
		for range rnd.IntN(2*leaves + 1) {
			leaf := add(Leaf, false)
			m.Edges = append(m.Edges, [2]int{i, leaf})
			if rnd.IntN(3) == 0 {
				m.Edges = append(m.Edges, [2]int{min(leaf, rnd.IntN(n)), leaf})
			}
		}
	}
	return m
}

// elements counts the elements of a document, which must be well-formed.
func elements(t *testing.T, doc []byte) (map[string]int, string) {
	t.Helper()
	count, text := map[string]int{}, ""
	d := xml.NewDecoder(bytes.NewReader(doc))
	d.Strict = true
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count, text
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			count[e.Name.Local]++
		case xml.CharData:
			text += string(e)
		}
	}
}

func TestPicture(t *testing.T) {
	m := twoTier(80, 3, 6, 1)
	svg := m.SVG()
	s := m.Summary()
	count, text := elements(t, svg)
	if count["title"] != len(m.Nodes) {
		t.Errorf("%d hosts drawn, want %d", count["title"], len(m.Nodes))
	}
	if count["line"] != len(m.Edges)-directLeaves(m) {
		t.Errorf("%d lines, want %d of %d links", count["line"], len(m.Edges)-directLeaves(m), len(m.Edges))
	}
	for _, want := range []string{"Gnutella overlay", fmt.Sprint(s.Ultrapeers, " ultrapeers"), fmt.Sprint(s.Leaves, " leaves"), "did not answer", "filbert (", m.Nodes[5].Addr} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
	if again := m.SVG(); !bytes.Equal(svg, again) {
		t.Error("the same map gives another picture")
	}
}

// directLeaves counts the leaves that stand beside a host, without a line.
func directLeaves(m *Map) (n int) {
	for _, l := range newGraph(m).leaves {
		n += len(l)
	}
	return n
}

// TestPictureOfLittle draws what there is hardly anything of.
func TestPictureOfLittle(t *testing.T) {
	for name, m := range map[string]*Map{
		"nothing": {}, "one": {Nodes: []Node{{Addr: "192.0.2.1:1", Seed: true}}},
		"leaves only": {Nodes: []Node{{Role: Leaf, Visited: true}, {ID: 1, Role: Leaf}}, Edges: [][2]int{{0, 1}}},
		"two apart":   {Nodes: []Node{{Visited: true}, {ID: 1, Visited: true}}},
	} {
		svg := m.SVG()
		if count, _ := elements(t, svg); count["svg"] != 1 || bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			t.Errorf("%s: %s", name, svg)
		}
	}
}

// TestHostileText: what hosts say is text in the picture, and nothing else.
func TestHostileText(t *testing.T) {
	w := NewWalk(addrs("8.8.4.4:7000"), 0, 10)
	target, _ := w.Next()
	evil := "<script>alert(1)</script>\x00\x1b[31m\u202e\xff\"'&]]>--><!-- \n\r/1"
	w.Visited(target, Report{Agent: evil, Role: Ultrapeer, Ultrapeers: []Listed{{Addr: addr("5.6.7.8:7000"), Agent: evil}}}, nil)
	target, _ = w.Next()
	w.Visited(target, Report{}, errors.New(evil+strings.Repeat("x", 2*maxText)))
	m := w.Map(time.Time{}, time.Time{})
	svg := m.SVG()
	count, text := elements(t, svg)
	if count["script"] != 0 || !strings.Contains(text, "<script>alert(1)</script>") {
		t.Errorf("the picture holds %v", count)
	}
	var doc, table bytes.Buffer
	if err := errors.Join(m.WriteJSON(&doc), m.WriteTable(&table)); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{"picture": string(svg), "map": doc.String(), "table": table.String()} {
		if i := strings.IndexFunc(out, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == '\u202e' || r == '\ufffd' }); i >= 0 {
			t.Errorf("the %s holds %q", name, out[max(0, i-20):i+1])
		}
	}
}

func TestLayoutKeepsNeighborsTogether(t *testing.T) {
	m := twoTier(200, 2, 0, 3)
	g := newGraph(m)
	at := layout(len(g.hosts), g.edges, g.byWeight())
	mean := func(pairs [][2]int) (sum float64) {
		for _, p := range pairs {
			sum += at[p[0]].distance(at[p[1]])
		}
		return sum / float64(len(pairs))
	}
	var all [][2]int
	for i := range at {
		for j := range i {
			all = append(all, [2]int{i, j})
		}
	}
	if near, far := mean(g.edges), mean(all); near > 0.5*far {
		t.Errorf("neighbors are %.2f apart, any two %.2f", near, far)
	}
	for _, p := range all {
		if at[p[0]].distance(at[p[1]]) < 0.05 {
			t.Fatalf("%v and %v fall together", p[0], p[1])
		}
	}
}

// TestTree holds the quadtree against the plain sum.
func TestTree(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var places []point
	for range 300 {
		places = append(places, point{rnd.NormFloat64() * 9, rnd.NormFloat64() * 9})
	}
	places = append(places, places[0], places[0]) // that fall together
	tree := newTree(places)
	if tree.nodes[0].mass != float64(len(places)) {
		t.Fatalf("%v places in the tree", tree.nodes[0].mass)
	}
	off, size := 0.0, 0.0
	for _, p := range places {
		var exact point
		for _, q := range places {
			if d := p.distance(q); d > 0 {
				exact = exact.add(p.sub(q).mul(1 / max(d*d, closest*closest)))
			}
		}
		off += tree.push(p).distance(exact)
		size += exact.len()
	}
	if off > 0.05*size {
		t.Errorf("the tree is %.1f %% off", 100*off/size)
	}
}

func BenchmarkSVG(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		m := twoTier(n, 4, 10, 1)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				m.SVG()
			}
		})
	}
}
