package topology

import "testing"

// TestFloodVectors holds the flood against figures on which two other programs
// agree, rows by TTL from 1: reached, messages, duplicates.
func TestFloodVectors(t *testing.T) {
	for _, tt := range []struct {
		name string
		g    *Graph
		rows [][3]int
	}{
		{"circulant of degree 6", Circulant(1000, 1, 10, 100), [][3]int{
			{6, 6, 0}, {24, 36, 12}, {62, 126, 64}, {128, 316, 188}, {229, 646, 417}, {361, 1151, 790}, {509, 1811, 1302},
		}},
		{
			"circulant of degree 30",
			Circulant(5000, 1, 7, 53, 97, 211, 333, 499, 1009, 1500, 1733, 1999, 2111, 2300, 2401, 2477),
			[][3]int{{30, 30, 0}, {450, 900, 450}, {2930, 13080, 10150}, {4985, 85000, 80015}},
		},
		{"congruential", Congruential(10_000, 30_000), [][3]int{
			{4, 4, 0}, {25, 25, 0}, {159, 160, 1}, {894, 943, 49}, {4148, 5359, 1211}, {9165, 23713, 14548},
			{9957, 47861, 37904}, {9972, 50023, 40051},
		}},
	} {
		check(t, tt.g)
		for i, want := range tt.rows {
			reached, messages, duplicates := tt.g.Flood(0, i+1)
			if got := [3]int{reached, messages, duplicates}; got != want {
				t.Errorf("%s, TTL %d: %v, want %v", tt.name, i+1, got, want)
			}
		}
	}
}

// TestFloodOfTree holds the flood against the formula for regular tree-like
// graphs: the sum of d(d-1)^(i-1) for i from 1 to the TTL.
func TestFloodOfTree(t *testing.T) {
	const degree, ttl = 32, 3
	n := 1 + degree*(1+(degree-1)*(1+(degree-1)))
	var edges [][2]int
	for parent, child, children := 0, 1, degree; child < n; parent, children = parent+1, degree-1 {
		for range children {
			edges = append(edges, [2]int{parent, child})
			child++
		}
	}
	g := check(t, newGraph(n, edges))
	reached, messages, duplicates := g.Flood(0, ttl)
	if reached != 31_776 || messages != reached || duplicates != 0 {
		t.Errorf("reached %d with %d messages and %d duplicates, want 31776 with as many and none", reached, messages, duplicates)
	}
}

func TestFloodNowhere(t *testing.T) {
	for _, tt := range []struct {
		name string
		g    *Graph
		ttl  int
	}{{"TTL 0", Ring(5), 0}, {"negative TTL", Ring(5), -1}, {"alone", Ring(1), 7}} {
		if reached, messages, duplicates := tt.g.Flood(0, tt.ttl); reached|messages|duplicates != 0 {
			t.Errorf("%s: %d reached, %d messages, %d duplicates", tt.name, reached, messages, duplicates)
		}
	}
}

// TestFloodPlayed plays the flood message by message, as servents would, and
// compares the sums.
func TestFloodPlayed(t *testing.T) {
	for seed := range uint64(20) {
		rnd := seeded(seed)
		g := PowerLaw(200, 1+rnd.IntN(4), rnd)
		if seed%2 == 0 {
			g = Congruential(200, 150+10*int(seed))
		}
		from, ttl := rnd.IntN(g.N), rnd.IntN(6)
		reached, messages := play(g, from, ttl)
		gotReached, gotMessages, gotDuplicates := g.Flood(from, ttl)
		if gotReached != reached || gotMessages != messages || gotDuplicates != messages-reached {
			t.Errorf("seed %d: flood says %d reached, %d messages, %d duplicates; played %d, %d, %d",
				seed, gotReached, gotMessages, gotDuplicates, reached, messages, messages-reached)
		}
	}
}

// play floods with a queue of messages on their way.
func play(g *Graph, from, ttl int) (reached, messages int) {
	type message struct{ from, to, ttl int }
	var queue []message
	send := func(from, except, ttl int) {
		for _, to := range g.Neighbors(from) {
			if ttl > 0 && to != except {
				queue = append(queue, message{from, to, ttl})
			}
		}
	}
	seen := map[int]bool{from: true}
	send(from, -1, ttl)
	for ; messages < len(queue); messages++ {
		if m := queue[messages]; !seen[m.to] {
			seen[m.to] = true
			reached++
			send(m.to, m.from, m.ttl-1)
		}
	}
	return reached, messages
}

func BenchmarkFlood(b *testing.B) {
	g := Random(100_000, 6, seeded(1))
	b.ReportAllocs()
	for b.Loop() {
		if reached, _, _ := g.Flood(0, 7); reached == 0 {
			b.Fatal("nobody reached")
		}
	}
}
