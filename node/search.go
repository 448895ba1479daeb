package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"filbert/node/space"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// ErrTooSoon is an error of Search: everybody near was asked for the newest
// files a moment ago.
var ErrTooSoon = errors.New("the newest files were asked for a moment ago")

// Errors of Get.
var (
	// ErrNoResult: no result has that number (any more).
	ErrNoResult = errors.New("no such result; search again")
	// ErrUnhashed: the servents that have the file told no hash of it.
	ErrUnhashed = errors.New("the file's hash is not known, so what arrives could not be verified")
	// ErrNotFound: nobody answered for the file in time.
	ErrNotFound = errors.New("nobody was found who has the file")
	// ErrOfGroup: members of a group alone have the file.
	ErrOfGroup = errors.New("only members of a group have it; `get N` alone fetches it from them")
	// ErrNoDownloads: the node has no folder for downloads.
	ErrNoDownloads = errors.New("this node has no folder for downloads")
)

// Search asks the network and calls found for every hit, with the result it
// belongs to, from one goroutine at a time, until ctx ends; a servent that names
// a file twice is heard once, one that the user blocked not at all. Results keep their numbers for later searches and
// for Get. The error is ErrTooSoon for the newest files asked for again too soon.
func (n *Node) Search(ctx context.Context, q query.Query, found func(query.Result, query.Hit)) error {
	if q.New {
		if err := n.mayAskNew(time.Now()); err != nil {
			return err
		}
	}
	return n.searcher.Search(ctx, q, n.numbering(found))
}

// SearchGroup is Search among what the members of a group have. Who of them is not there has
// it all the same. It ends at once. A result has the sources that this search found.
func (n *Node) SearchGroup(sp *space.Space, q query.Query, found func(query.Result, query.Hit)) {
	now := map[int][]transfer.Source{}
	sp.Search(q, func(h query.Hit) {
		if n.contacts.Blocks(h.Source.Servent) {
			return
		}
		n.mu.Lock()
		r := n.results.Add(h)
		n.mu.Unlock()
		if !slices.ContainsFunc(now[r.Number], func(s transfer.Source) bool { return s.Peer == h.Source.Peer }) {
			now[r.Number] = append(now[r.Number], h.Source)
		}
		r.Sources = slices.Clone(now[r.Number])
		found(r, h)
	})
}

// mayAskNew allows asking for the newest files once in a while: everybody nearby
// answers that.
func (n *Node) mayAskNew(now time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if wait := newPause - now.Sub(n.askedNew); wait > 0 {
		return fmt.Errorf("node: search: %w: ask again in %v", ErrTooSoon, wait.Round(time.Second))
	}
	n.askedNew = now
	return nil
}

// numbering gives hits the number of their result, and passes on those that were
// not heard before.
func (n *Node) numbering(found func(query.Result, query.Hit)) func(query.Hit) {
	type claim struct {
		number int
		who    [16]byte
		where  netip.AddrPort
	}
	heard := map[claim]bool{}
	return func(h query.Hit) {
		if n.contacts.Blocks(h.Source.Servent) {
			return
		}
		n.mu.Lock()
		r := n.results.Add(h)
		n.mu.Unlock()
		c := claim{r.Number, h.Source.Servent, h.Source.Addr}
		if heard[c] || len(heard) == maxClaims {
			return
		}
		heard[c] = true
		if h.Hashed() {
			n.mesh.heardHit(r.File.SHA1, h.Via.Addr(), h.Alternates)
		}
		if n.downloads != nil && h.Hashed() && !n.downloads.Denies(r.File.SHA1, h.Tiger, h.Blake3) {
			sources := []transfer.Source{h.Source}
			if len(h.Alternates) > 0 {
				sources = append(sources, n.mesh.Sources(r.File.SHA1, maxMeshSources)...)
			}
			n.downloads.AddSources(r.File.SHA1, sources) // there is none: nothing to add to
		}
		found(r, h)
	}
}

// Result returns the result with a number.
func (n *Node) Result(number int) (query.Result, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.results.Get(number)
	if !ok {
		return query.Result{}, fmt.Errorf("node: result %d: %w", number, ErrNoResult)
	}
	return r, nil
}

// Results returns the newest results, newest first.
func (n *Node) Results(most int) []query.Result {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.results.Latest(most)
}

// PublicResult is Result, but for what only members of a group have: the error is ErrOfGroup
// then.
func (n *Node) PublicResult(number int) (query.Result, error) {
	r, err := n.Result(number)
	if err == nil && r.Group != "" {
		err = fmt.Errorf("node: result %d: %w", number, ErrOfGroup)
	}
	return r, err
}

// Get begins to fetch a result: the file with its SHA-1, and if others tell of several
// the one with its hash trees. output is a path for the file, "" for the download folder.
// What members of a group have is fetched from them.
func (n *Node) Get(r query.Result, output string, terms download.Terms) (download.Status, error) {
	roots := r.Distinct()
	terms.Tiger, terms.Blake3 = roots.Tiger, roots.Blake3
	switch {
	case n.downloads == nil:
		return download.Status{}, fmt.Errorf("node: get: %w", ErrNoDownloads)
	case !r.Hashed():
		return download.Status{}, fmt.Errorf("node: get %d: %w", r.Number, ErrUnhashed)
	case r.Group != "":
		sp, err := n.SpaceOf(r.Group)
		if err != nil {
			return download.Status{}, err
		}
		return sp.Fetch(download.Request{File: r.File, Output: output, Terms: terms})
	}
	return n.add(r, output, terms)
}

// add hands a result to the downloads.
func (n *Node) add(r query.Result, output string, terms download.Terms) (download.Status, error) {
	sources := append(r.Sources, n.mesh.Sources(r.File.SHA1, maxMeshSources)...)
	return n.downloads.Add(download.Request{File: r.File, Sources: sources, Output: output, Terms: terms})
}

// find searches for one file until somebody has it; text is words of its name, "" to
// search by its hash, and roots are zero where not known.
func (n *Node) find(ctx context.Context, h urn.SHA1, text string, roots query.Roots) (query.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	var first *query.Result
	err := n.Search(ctx, query.Query{SHA1: h, Text: text}, func(r query.Result, _ query.Hit) {
		if first == nil && !r.Denies(roots) {
			first = &r
			// A moment more, so that there is more than one source.
			time.AfterFunc(findLinger, cancel)
		}
	})
	switch {
	case first == nil && err != nil:
		return query.Result{}, err
	case first == nil:
		return query.Result{}, fmt.Errorf("node: find %s: %w", h, ErrNotFound)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	r, _ := n.results.ByHash(h, roots)
	return r, nil
}

// finder finds sources for downloads. It implements download.Finder.
type finder struct{ n *Node }

// Find implements download.Finder. A node that has just started has nobody to
// ask; the search waits until there is somebody, as the next one would be later.
func (f finder) Find(ctx context.Context, file transfer.File, byName bool) ([]transfer.Source, error) {
	if err := f.n.linked(ctx); err != nil {
		return nil, err
	}
	h, text := file.SHA1, ""
	if byName && file.Name != h.String() { // a link without a name
		text = query.WordsOf(file.Name)
	}
	st, err := f.n.downloads.Status(h)
	if err != nil {
		return nil, err
	}
	r, err := f.n.find(ctx, h, text, query.Roots{Tiger: st.Tiger, Blake3: st.Blake3})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return append(r.Sources, f.n.mesh.Sources(h, maxMeshSources)...), err
}

// linked waits until the node has a neighbor.
func (n *Node) linked(ctx context.Context) error {
	tick := time.NewTicker(linkedPoll)
	defer tick.Stop()
	for {
		s, err := n.overlay.Status(ctx)
		if err != nil || len(s.Neighbors) > 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("node: find: no neighbor to ask: %w", ctx.Err())
		}
	}
}
