package corpus

import (
	"cmp"
	"errors"
	"fmt"
)

// ErrPlan is what New and Generate return for a plan that cannot be carried out.
var ErrPlan = errors.New("corpus: plan")

// Plan says how large a library is. A field that is 0 has a default.
type Plan struct {
	Nodes        int    // 10
	FilesPerNode int    // every node has as many: 10
	Seed         uint64 // decides what is left to chance

	MinSize, MaxSize int64 // of a file, in bytes, from MinFileSize: 4 KiB, 128 KiB
	MaxTotal         int64 // of all files on all nodes, in bytes: 1 GiB; a plan that needs more is refused

	// MostOwners is how many nodes have the most popular file: a quarter of the
	// nodes, two at least. The file of rank r is on MostOwners/r nodes, one at
	// least (Zipf's law with exponent 1).
	MostOwners int
}

// withDefaults fills in what the zero values mean.
func (p Plan) withDefaults() Plan {
	p.Nodes = cmp.Or(p.Nodes, defaultNodes)
	p.FilesPerNode = cmp.Or(p.FilesPerNode, defaultFilesPerNode)
	p.MinSize = cmp.Or(p.MinSize, min(defaultMinSize, cmp.Or(p.MaxSize, defaultMinSize)))
	p.MaxSize = cmp.Or(p.MaxSize, max(defaultMaxSize, p.MinSize))
	p.MaxTotal = cmp.Or(p.MaxTotal, defaultMaxTotal)
	p.MostOwners = cmp.Or(p.MostOwners, min(max(p.Nodes/popularShare, 2), max(p.Nodes, 1)))
	return p
}

// check refuses what cannot be carried out; p has its defaults.
func (p Plan) check() error {
	switch {
	case p.Nodes < 1 || p.FilesPerNode < 1:
		return fmt.Errorf("%w: %d nodes with %d files each: both must be 1 at least", ErrPlan, p.Nodes, p.FilesPerNode)
	case p.FilesPerNode > MaxCopies/p.Nodes:
		return fmt.Errorf("%w: %d nodes with %d files each: more than %d files in all", ErrPlan, p.Nodes, p.FilesPerNode, MaxCopies)
	case p.MinSize < MinFileSize || p.MaxSize < p.MinSize:
		return fmt.Errorf("%w: sizes from %d to %d: the least must be from %d up to the most", ErrPlan, p.MinSize, p.MaxSize, MinFileSize)
	case p.MostOwners < 1 || p.MostOwners > p.Nodes:
		return fmt.Errorf("%w: the most popular file on %d of %d nodes", ErrPlan, p.MostOwners, p.Nodes)
	}
	return nil
}
