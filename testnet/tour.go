package testnet

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filbert/node/api"
	"filbert/transfer"
	"filbert/transfer/urn"
)

// Step is one thing the tour tried.
type Step struct {
	Name    string  `json:"name"`
	Wanted  string  `json:"wanted"`
	Got     string  `json:"got"`
	Seconds float64 `json:"seconds"`
	Held    bool    `json:"held"`
}

// Tour is what the nodes did in a tour.
type Tour struct {
	Schema int    `json:"schema"`
	Nodes  int    `json:"nodes"`  // ultrapeers
	Leaves int    `json:"leaves"` // beside them
	Links  int    `json:"links"`
	Files  int    `json:"files"`
	Steps  []Step `json:"steps"`
	Held   bool   `json:"held"`
}

// errNotHeld says that a step of the tour did not do what it must.
var errNotHeld = errors.New("not all steps of the tour held")

// tour forms the network and tries it: searches, a download, a death.
type tour struct {
	*Testnet
	api    *api.Client
	report *Tour
}

// Tour searches three times, once more from a leaf if there is any, fetches and
// verifies a file, kills a node and watches the network heal. Every answer is held
// against what the nodes share. leaf is the API of the last leaf.
func (t *Testnet) Tour(ctx context.Context, client, leaf *api.Client, formed time.Duration, talk func(string)) (*Tour, error) {
	r := &Tour{Schema: api.Schema, Nodes: t.cfg.Nodes, Leaves: t.cfg.Leaves, Links: len(t.graph.Edges), Held: true}
	tr := &tour{t, client, r}
	s, err := t.survey(ctx)
	if err != nil {
		return nil, err
	}
	reach := s.reach(0)
	all := t.holdings(reach)
	r.Files = len(all) + t.First().Library().Len()
	tr.step("network formed", fmt.Sprintf("%s, %d links", t.size(), r.Links),
		fmt.Sprintf("%d nodes reach one another", len(reach)), formed, len(reach) == len(t.members))

	words := choose(all)
	var found []api.Result
	for _, w := range words {
		talk("searching: " + w)
		if found, err = tr.search(ctx, client, "search", expect(all, w)); err != nil {
			return nil, err
		}
	}
	if t.cfg.Leaves > 0 {
		talk("searching from a leaf")
		if err := tr.fromLeaf(ctx, leaf, s); err != nil {
			return nil, err
		}
	}
	if len(found) > 0 {
		talk("fetching: " + found[0].Name)
		if err := tr.fetch(ctx, found[0]); err != nil {
			return nil, err
		}
	}
	talk("letting the nodes get to know one another")
	if err := t.acquaint(ctx); err != nil {
		return nil, err
	}
	victim := t.busiest(s)
	talk(fmt.Sprintf("killing node %d", victim))
	if err := tr.death(ctx, victim); err != nil {
		return nil, err
	}
	if s, err = t.survey(ctx); err != nil {
		return nil, err
	}
	talk("searching again")
	if _, err = tr.search(ctx, client, "search again", expect(t.holdings(s.reach(0)), words[0])); err != nil {
		return nil, err
	}
	return r, nil
}

func (t *tour) step(name, wanted, got string, took time.Duration, held bool) {
	t.report.Steps = append(t.report.Steps, Step{name, wanted, got, took.Seconds(), held})
	t.report.Held = t.report.Held && held
}

// fromLeaf searches from the last leaf for what other leaves have; without any
// for what ultrapeers have.
func (t *tour) fromLeaf(ctx context.Context, leaf *api.Client, s survey) error {
	all := t.holdings(s.reach(len(t.members) - 1))
	others := slices.DeleteFunc(slices.Clone(all), func(h holding) bool { return h.node < t.cfg.Nodes })
	if len(others) == 0 {
		others = all
	}
	for _, w := range choose(others)[2:] { // none where nobody shares anything
		if _, err := t.search(ctx, leaf, "search from a leaf", expect(all, w)); err != nil {
			return err
		}
	}
	return nil
}

// search asks from a node until all that is expected came.
func (t *tour) search(ctx context.Context, from *api.Client, name string, want expectation) ([]api.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, tourWait)
	defer cancel()
	began := time.Now()
	var last time.Duration
	var order []api.Result
	sources := map[string]int{}
	copies := 0
	_, err := from.Search(ctx, api.SearchRequest{Words: want.words, Wait: tourWait}, func(r api.Result) {
		if sources[r.URN] == 0 {
			order = append(order, r)
		}
		copies++ // one event for each servent that has it
		sources[r.URN]++
		last = time.Since(began)
		if len(sources) >= want.files() && copies >= want.copies() {
			cancel()
		}
	})
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	held := len(sources) == want.files() && copies >= want.copies()
	for text := range sources {
		if u, err := urn.Parse(text); err != nil || want.hosts[u.SHA1] == 0 {
			held = false
		}
	}
	t.step(fmt.Sprintf("%s %q", name, want.words), fmt.Sprintf("%d files, %d copies", want.files(), want.copies()),
		fmt.Sprintf("%d files, %d copies", len(sources), copies), last, held)
	return order, nil
}

// fetch downloads a result and compares it with its hash, read back from disk.
func (t *tour) fetch(ctx context.Context, r api.Result) error {
	ctx, cancel := context.WithTimeout(ctx, getWait)
	defer cancel()
	began := time.Now()
	d, err := t.api.Get(ctx, api.GetRequest{Target: fmt.Sprint(r.Number)})
	if err != nil {
		return err
	}
	u, err := urn.Parse(d.URN)
	if err != nil {
		return err
	}
	if err := t.api.Watch(ctx, u.SHA1, "", func(now api.Download) { d = now }); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	took := time.Since(began)
	got := d.State
	if d.State == "complete" {
		sum, err := hashFile(d.Path)
		if err != nil {
			return err
		}
		if got = "complete, SHA-1 right"; sum != u.SHA1 {
			got = "complete, SHA-1 WRONG"
		}
	}
	t.step(fmt.Sprintf("get %q", shorten(r.Name)), fmt.Sprintf("%s, verified", transfer.ByteCount(r.Size)), got, took, got == "complete, SHA-1 right")
	return nil
}

func hashFile(path string) (sum urn.SHA1, err error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha1.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}

// acquaint waits until each node knows some hosts beyond its neighbors, or a few
// seconds have passed: in a network that is a moment old nobody does.
func (t *Testnet) acquaint(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, acquaintTime)
	defer cancel()
	err := t.wait(ctx, func() bool {
		for i, m := range t.members {
			s, err := m.Status(ctx)
			others := t.cfg.Nodes
			if i < t.cfg.Nodes {
				others--
			}
			if err != nil || s.Overlay.Known < min(t.wanted(i)+1, others) {
				return false
			}
		}
		return true
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// busiest is the ultrapeer with most neighbors, the first left out.
func (t *Testnet) busiest(s survey) int {
	best := 1
	for i := 2; i < t.cfg.Nodes; i++ {
		if len(s.links[i]) > len(s.links[best]) {
			best = i
		}
	}
	return best
}

// death kills a node and waits until the others have all the neighbors they
// want again and reach one another.
func (t *tour) death(ctx context.Context, victim int) error {
	ctx, cancel := context.WithTimeout(ctx, healTimeout)
	defer cancel()
	lost := 0
	if s, err := t.survey(ctx); err == nil {
		lost = len(s.links[victim])
	}
	t.Kill(victim)
	began := time.Now()
	reached, short := 0, 0
	err := t.wait(ctx, func() bool {
		s, err := t.survey(ctx)
		if err != nil {
			return false
		}
		reached, short = len(s.reach(0)), 0
		for i := range s.links {
			others := t.cfg.Nodes - 1 // ultrapeers that live
			if i < t.cfg.Nodes {
				others--
			}
			if i != victim && s.ultrapeers(i) < min(t.wanted(i), others) {
				short++
			}
		}
		return reached == len(t.members)-1 && short == 0
	})
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	t.step(fmt.Sprintf("node %d killed, %d links lost", victim, lost), fmt.Sprintf("%d nodes linked as before", len(t.members)-1),
		fmt.Sprintf("%d reach one another, %d lack neighbors", reached, short), time.Since(began), err == nil)
	return nil
}

func shorten(name string) string {
	if r := []rune(name); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return name
}
