package corpus

import (
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"slices"
)

// File is one content under one name, on one node or several.
type File struct {
	Name   string // base name, the same on every owner and unlike all others
	Size   int64  // bytes
	SHA1   [sha1.Size]byte
	Owners []int // nodes that have it, ascending

	words   []string // of the name
	content content
}

// Library is who has what. It must not be changed; any number of goroutines may
// read it.
type Library struct {
	Files []*File // those with the most owners first

	nodes [][]*File
}

// New makes a library in memory: names, sizes, owners and hashes, but no bytes
// on disk. It returns an error that wraps ErrPlan if the plan is none.
func New(plan Plan) (*Library, error) {
	plan = plan.withDefaults()
	if err := plan.check(); err != nil {
		return nil, err
	}
	rnd := rand.New(rand.NewPCG(plan.Seed, 0))
	namer := newNamer(rnd)
	dealer := dealer{rnd: rnd, nodes: plan.Nodes}
	l := &Library{nodes: make([][]*File, plan.Nodes)}
	var total int64
	for left := plan.Nodes * plan.FilesPerNode; left > 0; {
		rank := len(l.Files) + 1
		f := &File{
			Owners: dealer.take(min(max(plan.MostOwners/rank, 1), left)),
			Size:   drawSize(rnd, plan.MinSize, plan.MaxSize),
		}
		f.Name, f.words = namer.next()
		f.content = newContent(plan.Seed, uint64(rank), f.Name, f.Size, namer.all)
		for _, node := range f.Owners {
			l.nodes[node] = append(l.nodes[node], f)
		}
		l.Files = append(l.Files, f)
		left -= len(f.Owners)
		if total += f.Size * int64(len(f.Owners)); total > plan.MaxTotal {
			return nil, fmt.Errorf("%w: %d nodes with %d files each make more than the %d bytes of MaxTotal",
				ErrPlan, plan.Nodes, plan.FilesPerNode, plan.MaxTotal)
		}
	}
	for _, f := range l.Files {
		f.SHA1 = f.content.sha1()
	}
	return l, nil
}

// Nodes returns how many nodes the library is for.
func (l *Library) Nodes() int { return len(l.nodes) }

// Node returns the files of a node, those with the most owners first.
func (l *Library) Node(node int) []*File { return l.nodes[node] }

// Popular returns the file with the most owners.
func (l *Library) Popular() *File { return l.Files[0] }

// Rare returns a file with the fewest owners, asker not among them; if there is
// none, the file with the fewest owners. An asker of -1 is no node.
func (l *Library) Rare(asker int) *File {
	for _, f := range slices.Backward(l.Files) {
		if !slices.Contains(f.Owners, asker) {
			return f
		}
	}
	return l.Files[len(l.Files)-1]
}

// drawSize draws small sizes more often than large ones.
func drawSize(rnd *rand.Rand, least, most int64) int64 {
	span := (most - least) >> rnd.IntN(5)
	return least + rnd.Int64N(span+1)
}

// dealer hands out the nodes' room for files. In a round each node gets one
// file, in a random order, so that all have equally many in the end.
type dealer struct {
	rnd   *rand.Rand
	nodes int
	round []int // nodes that have yet to get a file in this round
}

// take returns n different nodes, ascending; n is at most the number of nodes.
func (d *dealer) take(n int) []int {
	owners := make([]int, 0, n)
	for len(owners) < n {
		if len(d.round) == 0 {
			d.deal(owners)
		}
		owners = append(owners, d.round[0])
		d.round = d.round[1:]
	}
	slices.Sort(owners)
	return owners
}

// deal begins a round. Those who get a file from the round before come last: they
// are not to get it twice.
func (d *dealer) deal(last []int) {
	var late []int
	for _, node := range d.rnd.Perm(d.nodes) {
		if slices.Contains(last, node) {
			late = append(late, node)
		} else {
			d.round = append(d.round, node)
		}
	}
	d.round = append(d.round, late...)
}
