package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"filbert/transfer/merkle"
	"filbert/transfer/urn"
)

// names is the hash trees a source says it has of the file.
type names struct {
	tiger  urn.Tiger
	blake3 urn.Blake3
}

// readNames reads the trees an answer names. What is malformed, or of another
// file, says nothing.
func readNames(h http.Header, sum urn.SHA1) (n names) {
	if root, ok := cutTree(h.Get(headerTree), pathN2B, sum); ok {
		n.blake3, _ = urn.ParseBlake3(root)
	}
	if root, ok := cutTree(h.Get(headerThex), pathN2X, sum); ok {
		n.tiger, _ = urn.ParseTiger(root)
	}
	return n
}

// cutTree is the root behind "<path>?urn:sha1:<ours>;".
func cutTree(value, path string, sum urn.SHA1) (root string, ok bool) {
	value, ok = strings.CutPrefix(value, path+"?")
	if !ok || len(value) > maxTreeURI {
		return "", false
	}
	name, root, ok := strings.Cut(value, ";")
	u, err := urn.Parse(name)
	return root, ok && err == nil && u.HasSHA1 && u.SHA1 == sum
}

// root is the root of that kind, if there is one.
func (n names) root(k merkle.Kind) (h merkle.Hash, ok bool) {
	if k == merkle.Blake3 {
		return merkle.Hash(n.blake3), n.blake3.Known()
	}
	copy(h[:], n.tiger[:])
	return h, n.tiger.Known()
}

// denies reports whether files with these trees are different ones.
func (n names) denies(o names) bool { return n.conflict(o) != "" }

// conflict says by which tree a file with these trees is another one than one with
// the others, "" if it may be the same.
func (n names) conflict(o names) string {
	switch {
	case n.tiger.Known() && o.tiger.Known() && n.tiger != o.tiger:
		return fmt.Sprintf("Tiger tree %v, not %v", n.tiger, o.tiger)
	case n.blake3.Known() && o.blake3.Known() && n.blake3 != o.blake3:
		return fmt.Sprintf("BLAKE3 %v, not %v", n.blake3, o.blake3)
	}
	return ""
}

// deny reports whether there is a tree of the same kind with another root: one
// of the two is of another content with the same SHA-1, or a lie.
func (n names) deny(t *merkle.Tree) bool {
	root, ok := n.root(t.Kind())
	return ok && root != t.Root()
}

// kinds is the trees in the order in which we like them.
var kinds = [...]merkle.Kind{merkle.Blake3, merkle.Tiger}

// choose is which of the trees to fetch: BLAKE3 if there is one, and none that
// was found to be wrong, or whose slices are too large to be held until they
// are verified. Of a file that is bound to some, it is one of these.
func (n names) choose(size int64, wrong map[merkle.Hash]bool, bound names) (k merkle.Kind, root merkle.Hash, ok bool) {
	for _, k := range kinds {
		if _, ok := bound.root(k); !ok && bound != (names{}) {
			continue // nobody knows whether it goes with the other
		}
		if root, ok := n.root(k); ok && !wrong[root] && merkle.SliceSize(k, size) <= maxSlice {
			return k, root, true
		}
	}
	return 0, merkle.Hash{}, false
}

// fetchTree fetches a tree that the source named.
func (w *worker) fetchTree(ctx context.Context, k merkle.Kind, root merkle.Hash) (*merkle.Tree, error) {
	path, most := pathN2X, int64(merkle.MaxTHEX)
	if k == merkle.Blake3 {
		path, most = pathN2B, int64(merkle.MaxSlices*k.Width())
	}
	answer, err := w.exchange(ctx, most, func(c *client) (*http.Response, error) {
		return c.fetch(&url.URL{Scheme: c.target.Scheme, Host: c.target.Host, Path: path, RawQuery: w.d.file.SHA1.URN()})
	})
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		w.hangUp() // what the body says is of no interest
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err != nil {
		return nil, blame(ctx, "broke off", err)
	}
	if !ended(answer) {
		w.hangUp()
	}
	size := w.d.file.Size
	var tree *merkle.Tree
	if k == merkle.Blake3 {
		tree, err = merkle.New(k, size, merkle.SliceSize(k, size), body, root)
	} else {
		tree, err = merkle.ParseTHEX(body, size, root)
	}
	if errors.Is(err, merkle.ErrRoot) || errors.Is(err, merkle.ErrShape) {
		return nil, refuse(lied, "sent no hash tree of the file: %w", err)
	}
	return tree, err
}
