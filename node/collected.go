package node

import (
	"cmp"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"filbert/overlay/identity"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/collection"
	"filbert/transfer/download"
	"filbert/transfer/urn"
)

// Errors of AddCollection.
var (
	// ErrNoCollection: what a link names is something else.
	ErrNoCollection = errors.New("it is no collection")
	// ErrNotSigned: the collection is not by the peer that the link or it names.
	ErrNotSigned = errors.New("the collection is not signed by the peer that is named")
)

// opened is a collection that was read.
type opened struct {
	collection.Collection
	list urn.SHA1        // its own
	by   identity.PeerID // who made it, zero if it does not say
}

// AddCollection begins to fetch the files of the collection that a link names, a file that
// was fetched or is shared here, as AddFolder does; name may be "". Whom the link names as
// sources of the collection, and who is known to have it, is asked for the files too. A
// collection that was begun before goes on, with the files that did not come, unless
// another name is given. The error wraps ErrNotHere if the collection is not here,
// ErrNoCollection or ErrNotSigned.
func (n *Node) AddCollection(m urn.Magnet, name string) (Folder, error) {
	if n.downloads == nil {
		return Folder{}, fmt.Errorf("node: get folder: %w", ErrNoDownloads)
	}
	sources := append(n.sourcesIn(m), n.mesh.Sources(m.SHA1, maxListSources)...)
	if name == "" {
		if again, ok := n.folders.again(m, sources); ok {
			return n.Folder(again)
		}
	}
	c, err := n.open(m)
	if err != nil {
		return Folder{}, fmt.Errorf("node: collection %s: %w", m.SHA1, err)
	}
	c.Name = cmp.Or(name, c.Name)
	return n.addFolder(c, sources)
}

// open reads the collection that a link names, and holds it against who is said to have
// made it.
func (n *Node) open(m urn.Magnet) (opened, error) {
	c := opened{list: m.SHA1}
	file, text, err := n.textOf(m.SHA1)
	if err != nil {
		return c, err
	}
	if c.Collection, err = collection.Parse(text); err != nil {
		return c, fmt.Errorf("%q: %w: %w", file, ErrNoCollection, err)
	}
	if c.Name == "" {
		c.Name = strings.TrimSuffix(file, path.Ext(file))
	}
	by, message, signature, sealed := collection.Sealed(text)
	switch {
	case !sealed && m.By != "":
		return c, fmt.Errorf("%w: %.60q; nobody signed it", ErrNotSigned, m.By)
	case !sealed:
		return c, nil
	case m.By != "" && !strings.EqualFold(m.By, by):
		return c, fmt.Errorf("%w: %.60q by the link, %.60q by the collection", ErrNotSigned, m.By, by)
	}
	if c.by, err = identity.ParsePeerID(by); err != nil {
		return c, fmt.Errorf("%w: %w", ErrNotSigned, err)
	}
	if !c.by.Signed(message, signature) {
		return c, fmt.Errorf("%w: %s; somebody changed it", ErrNotSigned, c.by)
	}
	return c, nil
}

// textOf is the name of a file and what is in it, as far as is read of a collection.
func (n *Node) textOf(h urn.SHA1) (name string, text []byte, err error) {
	f, name, err := n.openHere(h)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	if text, err = io.ReadAll(io.LimitReader(f, collection.MaxText+1)); err != nil {
		return "", nil, err
	}
	if len(text) <= collection.MaxText && urn.SHA1(sha1.Sum(text)) != h {
		return "", nil, fmt.Errorf("%w any more: it was changed", ErrNotHere)
	}
	return name, text, nil
}

func (n *Node) openHere(h urn.SHA1) (io.ReadCloser, string, error) {
	if e, err := n.library.BySHA1(h); err == nil {
		f, err := n.library.Open(e)
		return f, e.Name, err
	}
	for _, d := range n.Downloads() {
		if d.File.SHA1 == h && d.State == download.Complete {
			if f, err := os.Open(d.Path); err == nil {
				return f, d.File.Name, nil
			}
		}
	}
	return nil, "", ErrNotHere
}

// hereAt is where a file is that everybody gets or that was fetched, "" if it is not here.
// What members of a group share with one another is not here for this. Whoever reads it
// holds it against the hash.
func (n *Node) hereAt(file transfer.File, roots query.Roots) string {
	if e, err := n.library.BySHA1(file.SHA1); err == nil && !roots.Denies(query.Roots{Tiger: e.Tiger, Blake3: e.Blake3}) {
		if at := filepath.Join(e.Share, filepath.FromSlash(e.Rel)); sized(at, file.Size) {
			return at
		}
	}
	for _, d := range n.Downloads() {
		if d.File.SHA1 == file.SHA1 && d.State == download.Complete && sized(d.Path, file.Size) {
			return d.Path
		}
	}
	return n.folders.hereAt(file, roots)
}

// sized reports whether a file of a size is at an absolute path.
func sized(at string, size int64) bool {
	info, err := os.Stat(at)
	return err == nil && filepath.IsAbs(at) && info.Mode().IsRegular() && info.Size() == size
}
