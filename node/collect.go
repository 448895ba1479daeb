package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"filbert/transfer/collection"
	"filbert/transfer/library"
	"filbert/transfer/urn"
)

// Errors of Collect.
var (
	// ErrNoCollections: the node has no folder for them.
	ErrNoCollections = errors.New("there is no folder for collections")
	// ErrNotFolder: of a file there is a link of its own.
	ErrNotFolder = errors.New("it is a file: publish the folder, or print the link of the file with `filbert magnet FILE`")
	// ErrNoneShared: a collection names one file at least.
	ErrNoneShared = errors.New("it has no file that is shared")
	// ErrLongCollection: there are bounds to what others read.
	ErrLongCollection = errors.New("it is too much for one collection; publish the folders in it one by one")
)

// Collected is how far the collection of a folder is.
type Collected struct {
	library.Inside
	Link  Linked // of the collection, once it is Ready
	Ready bool   // others can fetch it
}

// Collect makes a collection of a folder that is shared with everybody, or lies in one
// that is, and shares that, too, with everybody. It is to be called until it is Ready:
// once all files are hashed it keeps the collection in the folder for them, whose files
// are hashed like any. It is signed by this node, unless that is somebody new at each
// start. A folder that did not change has the same collection again. The
// error wraps library.ErrNotShare, ErrNoneShared or ErrLongCollection.
func (n *Node) Collect(ctx context.Context, dir, name string) (Collected, error) {
	out, err := n.collect(ctx, dir, name)
	if err != nil {
		return Collected{}, fmt.Errorf("node: collect %s: %w", dir, err)
	}
	return out, nil
}

func (n *Node) collect(ctx context.Context, dir, name string) (out Collected, err error) {
	if n.cfg.Collections == "" {
		return out, ErrNoCollections
	}
	if err := absolute(dir); err != nil {
		return out, err
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return out, ErrNotFolder
	}
	if out.Inside, err = n.library.Inside(ctx, dir); err != nil {
		return out, err
	}
	switch files := len(out.Files) + out.Waiting; {
	case files == 0:
		return out, ErrNoneShared
	case files > collection.MaxFiles:
		return out, fmt.Errorf("%d files, at most %d: %w", files, collection.MaxFiles, ErrLongCollection)
	case out.Waiting > 0:
		return out, nil
	}
	name = cmp.Or(name, filepath.Base(dir))
	text, err := n.listed(name, out.Files)
	if err != nil {
		return out, err
	}
	h, err := n.lists.keep(ctx, dir, name, text)
	if err != nil {
		return out, err
	}
	if e, err := n.library.BySHA1(h); err == nil {
		out.Link, out.Ready = n.magnetOfShared(ctx, e), true
		if !n.cfg.FreshID {
			out.Link.By = n.cfg.Identity.PeerID().String()
		}
	}
	return out, nil
}

// listed is the text of a collection of shared files. It does not say where they are, so
// it is the same wherever this node is: the link says that.
func (n *Node) listed(name string, files []library.InsideFile) ([]byte, error) {
	c := collection.Collection{Name: name}
	for _, f := range files {
		err := c.Add(collection.File{Path: f.Rel, Size: f.Size, URN: urn.URN{SHA1: f.SHA1, HasSHA1: true, Tiger: f.Tiger, Blake3: f.Blake3}})
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %w", f.Rel, err, ErrLongCollection)
		}
	}
	text := c.AppendTo(nil)
	if !n.cfg.FreshID {
		text = collection.Seal(text, n.cfg.Identity.PeerID().String(), n.cfg.Identity.Sign)
	}
	if len(text) > collection.MaxText {
		return nil, fmt.Errorf("a list of %d bytes, at most %d: %w", len(text), collection.MaxText, ErrLongCollection)
	}
	return text, nil
}

// Unshare ends sharing a folder with everybody, and takes back the collections of it. The
// error is one of library.Library.Remove.
func (n *Node) Unshare(ctx context.Context, dir string) error {
	if err := n.library.Remove(ctx, dir); err != nil {
		return err
	}
	var left []string
	for _, s := range n.library.Shares() {
		left = append(left, s.Dir)
	}
	taken, err := n.lists.takeBack(left)
	if err == nil && taken {
		err = n.library.Rescan(ctx)
	}
	if err != nil {
		return fmt.Errorf("node: collections of %s: %w", dir, err)
	}
	return nil
}
