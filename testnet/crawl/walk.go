package crawl

import (
	"net/netip"
	"time"

	"filbert/overlay/hostcache"
	"filbert/transfer"
)

// Walk decides which host is visited next, nearest first, and keeps the map. It
// is driven by one goroutine: Next … Visited … until nothing is under way.
type Walk struct {
	depth, max int
	hosts      hostcache.Config

	nodes   []Node
	addrs   []netip.AddrPort // of the nodes
	known   map[netip.AddrPort]int
	queue   []int // to be visited, nearest first
	asked   map[int]bool
	edges   [][2]int
	linked  map[[2]int]bool
	visits  int
	pending int
	cut     bool // somebody was left out for a bound
}

// Target is a host to be visited.
type Target struct {
	ID   int
	Addr netip.AddrPort
}

// NewWalk returns a walk that begins at seeds, goes at most depth links away
// from them, 0 = as far as it can, and visits at most max hosts.
func NewWalk(seeds []netip.AddrPort, depth, max int) *Walk {
	w := &Walk{
		depth: depth, max: max,
		known: make(map[netip.AddrPort]int), asked: make(map[int]bool), linked: make(map[[2]int]bool),
	}
	for _, seed := range seeds {
		if hostcache.Class(seed.Addr()) == hostcache.Documentation {
			w.hosts.AllowDocumentation = true // a laboratory, by the user's word
		}
		if id, ok := w.node(seed, Unknown, 0); ok {
			w.nodes[id].Seed = true
		}
	}
	return w
}

// node returns the node at an address, a new one if there is none.
func (w *Walk) node(addr netip.AddrPort, role Role, depth int) (id int, ok bool) {
	addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	if id, ok := w.known[addr]; ok {
		if n := &w.nodes[id]; !n.Visited && n.Role == Unknown {
			n.Role = role
		}
		return id, true
	}
	if len(w.nodes) >= maxNodes {
		w.cut = true
		return 0, false
	}
	id = len(w.nodes)
	w.nodes = append(w.nodes, Node{ID: id, Addr: addr.String(), Role: role, Depth: depth})
	w.addrs = append(w.addrs, addr)
	w.known[addr] = id
	if role != Leaf {
		w.queue = append(w.queue, id)
	}
	return id, true
}

// Next returns the next host to visit. ok is false when there is none now; when
// visits are under way there may be later.
func (w *Walk) Next() (_ Target, ok bool) {
	for len(w.queue) > 0 {
		id := w.queue[0]
		if w.depth > 0 && w.nodes[id].Depth > w.depth || w.visits >= w.max {
			w.cut = true // those behind it are no nearer
			return Target{}, false
		}
		w.queue = w.queue[1:]
		if w.asked[id] || w.nodes[id].Role == Leaf {
			continue
		}
		w.asked[id] = true
		w.visits++
		w.pending++
		return Target{id, w.addrs[id]}, true
	}
	return Target{}, false
}

// Pending is how many visits are under way.
func (w *Walk) Pending() int { return w.pending }

// Visited takes what became of a visit.
func (w *Walk) Visited(t Target, r Report, err error) {
	w.pending--
	n := &w.nodes[t.ID]
	if err != nil {
		n.Error = show(err.Error())
		return
	}
	n.Visited, n.Way, n.Uptime, n.Files = true, r.Way, r.Uptime.Seconds(), r.Files
	if r.Agent != "" {
		n.Agent = show(r.Agent)
	}
	if r.Role != Unknown && r.Role != "" {
		n.Role = r.Role
	}
	depth := n.Depth + 1 // n may move below
	w.list(t, Ultrapeer, r.Ultrapeers, depth)
	w.list(t, Leaf, r.Leaves, depth)
}

// list puts the neighbors of a host on the map.
func (w *Walk) list(t Target, role Role, neighbors []Listed, depth int) {
	for _, l := range neighbors[:min(len(neighbors), maxListed)] {
		addr := netip.AddrPortFrom(l.Addr.Addr().Unmap(), l.Addr.Port())
		if addr == t.Addr || w.hosts.Acceptable(addr, t.Addr.Addr()) != hostcache.Kept {
			continue
		}
		id, ok := w.node(addr, role, depth)
		if !ok {
			continue
		}
		if n := &w.nodes[id]; n.Agent == "" && l.Agent != "" {
			n.Agent = show(l.Agent)
		}
		w.link(t.ID, id)
	}
}

// link notes that two hosts are neighbors.
func (w *Walk) link(a, b int) {
	e := [2]int{min(a, b), max(a, b)}
	if w.linked[e] {
		return
	}
	if len(w.edges) >= maxEdges {
		w.cut = true
		return
	}
	w.linked[e] = true
	w.edges = append(w.edges, e)
}

// Progress is how far a crawl is.
type Progress struct{ Visited, Found, Waiting, Pending int }

// Progress tells how far the walk is.
func (w *Walk) Progress() Progress {
	return Progress{Visited: w.visits - w.pending, Found: len(w.nodes), Waiting: len(w.queue), Pending: w.pending}
}

// Map returns the map as it is at now.
func (w *Walk) Map(began, now time.Time) *Map {
	return &Map{
		Schema: Schema, Began: began, Seconds: now.Sub(began).Seconds(),
		Complete: !w.cut && w.pending == 0 && len(w.queue) == 0,
		Nodes:    append([]Node{}, w.nodes...), Edges: append([][2]int{}, w.edges...),
	}
}

// show makes text of others fit to be shown.
func show(text string) string { return transfer.Display(text[:min(len(text), maxText)]) }
