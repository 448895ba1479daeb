package library

import (
	"errors"
	"fmt"

	"filbert/transfer/merkle"
)

// ErrNoTree: the hash tree of a file got lost, as a cache may lose it. The next
// start makes it again.
var ErrNoTree = errors.New("hash tree is not at hand")

// treeKey is where the trees of a file lie in the cache, beside its record: no
// path has a zero byte in it.
func treeKey(dir, rel string) []byte { return append(cacheKey(dir, rel), 0) }

// appendTrees appends the nodes of both trees, or nothing if each has only its
// root. They are checked by the roots when they are read, and need no other
// checksum.
func appendTrees(b []byte, tiger, blake3 *merkle.Tree) []byte {
	if tiger.Slices() == 1 && blake3.Slices() == 1 {
		return b
	}
	return blake3.AppendNodes(tiger.AppendNodes(b))
}

// Tree is a hash tree of a shared file. It reads the cache, perhaps the disk.
// The error wraps ErrNoTree.
func (l *Library) Tree(e *Entry, k merkle.Kind) (*merkle.Tree, error) {
	tree, err := l.readTree(e, k)
	if err != nil {
		// What lost one may have lost more: the next start shall not count on it.
		l.cfg.Cache.Delete(cacheKey(e.Share, e.Rel))
		return nil, fmt.Errorf("library: %s: %w: %w", e.Rel, ErrNoTree, err)
	}
	return tree, nil
}

func (l *Library) readTree(e *Entry, k merkle.Kind) (*merkle.Tree, error) {
	tigerSlice, blakeSlice := merkle.SliceSize(merkle.Tiger, e.Size), merkle.SliceSize(merkle.Blake3, e.Size)
	var nodes []byte
	if e.Size > min(tigerSlice, blakeSlice) {
		nodes, _ = l.cfg.Cache.Get(treeKey(e.Share, e.Rel)) // none: the shape is wrong
	} else {
		nodes = append(append(nodes, e.Tiger[:]...), e.Blake3[:]...)
	}
	cut := min(len(nodes), int((e.Size-1)/tigerSlice+1)*merkle.Tiger.Width())
	if k == merkle.Tiger {
		var root merkle.Hash
		copy(root[:], e.Tiger[:])
		return merkle.New(k, e.Size, tigerSlice, nodes[:cut], root)
	}
	return merkle.New(k, e.Size, blakeSlice, nodes[cut:], merkle.Hash(e.Blake3))
}
