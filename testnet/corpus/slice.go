package corpus

import (
	"hash/fnv"
	"io"
	"path/filepath"
)

// Slice splits a given folder among nodes: it returns which files of the folder,
// by their path below it, the node of that number shares. Every file belongs to
// one node, always the same, whatever other files there are; the parts are
// equally large only on average.
func Slice(node, nodes int) func(rel string) bool {
	return func(rel string) bool {
		h := fnv.New64a()
		io.WriteString(h, filepath.ToSlash(rel)) // a hash never fails
		return h.Sum64()%uint64(nodes) == uint64(node)
	}
}
