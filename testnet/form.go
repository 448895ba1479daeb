package testnet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"filbert/overlay"
)

// Progress is how far a network is.
type Progress struct {
	Nodes, NodesLinked, NodesSharing int // of all nodes, leaves too, those that have all their links, and all their files
	NodesTold                        int // those whose neighbors all know what can be found there
	Links, LinksUp                   int
	Files, FilesHashed               int
}

// Form links the ultrapeers as the topology says, and leaves to some of them, and
// waits until all links are up, all files are hashed and route tables got around.
// Nodes then keep as many neighbors as they have. report is called now and then.
func (t *Testnet) Form(ctx context.Context, report func(Progress)) error {
	limit := formTimeout * time.Duration((len(t.members)+99)/100)
	linking, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("testnet: the network did not form in %v", limit))
	defer cancel()
	for _, e := range t.graph.Edges {
		// The first node calls nobody at the same moment as another calls it.
		if err := t.members[max(e[0], e[1])].Seed(t.members[min(e[0], e[1])].Addr()); err != nil {
			return err
		}
	}
	rnd := rand.New(rand.NewPCG(t.cfg.Seed, 2))
	for i := t.cfg.Nodes; i < len(t.members); i++ {
		for _, j := range rnd.Perm(t.cfg.Nodes)[:t.wanted(i)] {
			if err := t.members[i].Seed(t.members[j].Addr()); err != nil {
				return err
			}
		}
	}
	if err := t.wait(linking, func() bool {
		p := t.progress(linking)
		report(p)
		return p.LinksUp >= p.Links
	}); err != nil {
		return err
	}
	for i, m := range t.members {
		if err := m.SetNeighbors(t.wanted(i)); err != nil {
			return err
		}
	}
	hashing, cancel := context.WithTimeoutCause(ctx, hashTimeout, fmt.Errorf("testnet: the files were not hashed in %v", hashTimeout))
	defer cancel()
	if err := t.wait(hashing, func() bool {
		p := t.progress(hashing)
		report(p)
		return p.NodesSharing == p.Nodes
	}); err != nil {
		return err
	}
	telling, cancel := context.WithTimeoutCause(ctx, toldTimeout, fmt.Errorf("testnet: route tables did not get around in %v", toldTimeout))
	defer cancel()
	looks := 0
	return t.wait(telling, func() bool {
		p := t.progress(telling)
		report(p)
		if looks++; p.NodesTold < p.Nodes {
			looks = 0
		}
		return looks == toldLooks
	})
}

// wait looks again and again whether something holds. The error is the cause
// that ended ctx.
func (t *Testnet) wait(ctx context.Context, holds func() bool) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (t *Testnet) progress(ctx context.Context) Progress {
	p := Progress{Nodes: len(t.members)}
	ends := 0
	for i, m := range t.members {
		s, err := m.Status(ctx)
		if err != nil {
			continue
		}
		links := min(len(s.Overlay.Neighbors)-s.Overlay.Leaves(), t.wanted(i))
		if links == t.wanted(i) {
			p.NodesLinked++
		}
		if i < t.cfg.Nodes {
			ends += links
		} else {
			p.Links += t.wanted(i)
			p.LinksUp += links
		}
		if s.Overlay.Told {
			p.NodesTold++
		}
		p.Files += s.Hashing.FilesSeen
		p.FilesHashed += s.Hashing.FilesHashed
		shares := m.Library().Shares()
		if len(shares) == 1 && !shares[0].Scanned.IsZero() && shares[0].Waiting == 0 && s.Files == shares[0].Files {
			p.NodesSharing++
		}
	}
	p.Links += len(t.graph.Edges)
	p.LinksUp += ends / 2
	return p
}

// survey is who is linked to whom among the nodes that run.
type survey struct {
	links map[int][]int // by node; both ends of a link
	nodes int           // from this one on they are leaves
}

// survey asks all nodes. A link to a node that was killed is none, even while
// the other end has not noticed.
func (t *Testnet) survey(ctx context.Context) (survey, error) {
	at := map[netip.AddrPort]int{}
	for i, m := range t.members {
		at[m.Addr()] = i
	}
	s := survey{links: map[int][]int{}, nodes: t.cfg.Nodes}
	for i, m := range t.members {
		status, err := m.Status(ctx)
		if errors.Is(err, overlay.ErrClosed) {
			continue // killed
		}
		if err != nil {
			return s, err
		}
		s.links[i] = nil
		for _, n := range status.Overlay.Neighbors {
			if j, ok := at[n.Listen]; ok {
				s.links[i] = append(s.links[i], j)
			}
		}
	}
	s.prune()
	return s, nil
}

// prune takes out the links to nodes that do not run.
func (s survey) prune() {
	for i, links := range s.links {
		s.links[i] = slices.DeleteFunc(links, func(j int) bool { _, runs := s.links[j]; return !runs })
	}
}

// reach is how many hops each node is away from one. No way leads through a leaf.
func (s survey) reach(from int) map[int]int {
	hops := map[int]int{from: 0}
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] >= s.nodes && queue[0] != from {
			continue
		}
		for _, next := range s.links[queue[0]] {
			if _, seen := hops[next]; !seen {
				hops[next] = hops[queue[0]] + 1
				queue = append(queue, next)
			}
		}
	}
	return hops
}

// ultrapeers is how many ultrapeers a node is linked to.
func (s survey) ultrapeers(i int) (n int) {
	for _, j := range s.links[i] {
		if j < s.nodes {
			n++
		}
	}
	return n
}
