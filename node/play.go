package node

import (
	"context"
	"fmt"
	"io"
	"os"

	"filbert/transfer"
	"filbert/transfer/download"
	"filbert/transfer/library"
	"filbert/transfer/ranges"
	"filbert/transfer/stream"
	"filbert/transfer/upload"
	"filbert/transfer/urn"
)

// Here finds a file that is shared, or that was fetched or is being fetched.
func (n *Node) Here(h urn.SHA1) (transfer.File, bool) {
	if e, err := n.library.BySHA1(h); err == nil {
		return transfer.File{Name: e.Name, Size: e.Size, SHA1: h}, true
	}
	if n.downloads == nil {
		return transfer.File{}, false
	}
	st, err := n.downloads.Status(h)
	return st.File, err == nil && st.State != download.Failed && st.State != download.Cancelled
}

// Play gives a file that is Here a URL on loopback, at which players read it as
// it arrives. What stops the download ends the reading.
func (n *Node) Play(ctx context.Context, file transfer.File) (stream.Status, error) {
	st, err := n.streams.Add(ctx, file)
	if err != nil {
		return stream.Status{}, fmt.Errorf("node: play: %w", err)
	}
	return st, nil
}

// Playing lists the files that have a URL.
func (n *Node) Playing() []stream.Status { return n.streams.List() }

// playable gives out what was verified. It implements stream.Files.
type playable struct{ n *Node }

// Await implements stream.Files.
func (p playable) Await(ctx context.Context, h urn.SHA1, parts ...ranges.Range) error {
	if _, err := p.n.library.BySHA1(h); err == nil {
		return nil
	}
	if p.n.downloads == nil {
		return ErrNoDownloads
	}
	return p.n.downloads.Await(ctx, h, parts...)
}

// Open implements stream.Files.
func (p playable) Open(h urn.SHA1) (stream.File, error) {
	if e, err := p.n.library.BySHA1(h); err == nil {
		f, err := p.n.library.Open(e)
		if err != nil {
			return nil, err
		}
		return placed{f}, nil
	}
	if p.n.downloads == nil {
		return nil, ErrNoDownloads
	}
	if arriving, ok := p.n.downloads.Shared(h); ok {
		return arriving, nil
	}
	st, err := p.n.downloads.Status(h)
	if err != nil {
		return nil, err
	}
	// The name was made by us, in a folder of the user's.
	return os.Open(st.Path)
}

// arriving finds a file that is being fetched, or was, for others to have what is
// here.
func (n *Node) arriving(h urn.SHA1) (upload.Partial, bool) {
	if n.downloads == nil {
		return upload.Partial{}, false
	}
	s, ok := n.downloads.Shared(h)
	if !ok {
		file, tree, r, ok := n.fetched.Open(h)
		if !ok {
			return upload.Partial{}, false
		}
		return upload.Whole(file, tree, r), true
	}
	return upload.Partial{File: s.File, Tree: s.Tree, Have: s.Have(), ReaderAt: s}, true
}

// placed reads a shared file at places. It has one user at a time, as every
// reader opens its own.
type placed struct{ library.File }

func (p placed) ReadAt(b []byte, off int64) (int, error) {
	if _, err := p.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	return io.ReadFull(p, b)
}
