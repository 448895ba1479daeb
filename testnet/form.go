package testnet

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"filbert/overlay"
)

// Progress is how far a network is.
type Progress struct {
	Nodes, NodesLinked, NodesSharing int // of all nodes, those that have all their links, and all their files
	Links, LinksUp                   int
	Files, FilesHashed               int
}

// Form links the nodes as the topology says and waits until all links are up
// and all files are hashed. Nodes then keep as many neighbors as they have.
// report is called now and then.
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
	if err := t.wait(linking, func() bool {
		p := t.progress(linking)
		report(p)
		return p.LinksUp >= p.Links
	}); err != nil {
		return err
	}
	for i, m := range t.members {
		if err := m.SetNeighbors(t.graph.Degree(i)); err != nil {
			return err
		}
	}
	hashing, cancel := context.WithTimeoutCause(ctx, hashTimeout, fmt.Errorf("testnet: the files were not hashed in %v", hashTimeout))
	defer cancel()
	return t.wait(hashing, func() bool {
		p := t.progress(hashing)
		report(p)
		return p.NodesSharing == p.Nodes
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
	p := Progress{Nodes: len(t.members), Links: len(t.graph.Edges)}
	ends := 0
	for i, m := range t.members {
		s, err := m.Status(ctx)
		if err != nil {
			continue
		}
		ends += min(len(s.Overlay.Neighbors), t.graph.Degree(i))
		if len(s.Overlay.Neighbors) >= t.graph.Degree(i) {
			p.NodesLinked++
		}
		p.Files += s.Hashing.FilesSeen
		p.FilesHashed += s.Hashing.FilesHashed
		shares := m.Library().Shares()
		if len(shares) == 1 && !shares[0].Scanned.IsZero() && shares[0].Waiting == 0 && s.Files == shares[0].Files {
			p.NodesSharing++
		}
	}
	p.LinksUp = ends / 2
	return p
}

// survey is who is linked to whom among the nodes that run.
type survey struct {
	links map[int][]int // by node; both ends of a link
}

// survey asks all nodes. A link to a node that was killed is none, even while
// the other end has not noticed.
func (t *Testnet) survey(ctx context.Context) (survey, error) {
	at := map[netip.AddrPort]int{}
	for i, m := range t.members {
		at[m.Addr()] = i
	}
	s := survey{links: map[int][]int{}}
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

// reach is how many hops each node is away from one.
func (s survey) reach(from int) map[int]int {
	hops := map[int]int{from: 0}
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range s.links[queue[0]] {
			if _, seen := hops[next]; !seen {
				hops[next] = hops[queue[0]] + 1
				queue = append(queue, next)
			}
		}
	}
	return hops
}
