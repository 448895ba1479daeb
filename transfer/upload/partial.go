package upload

import (
	"io"
	"net/http"

	"filbert/transfer"
	"filbert/transfer/library"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// Partial is a file that is arriving here, or has. Only verified bytes are in Have, and
// reading others fails.
type Partial struct {
	File        transfer.File
	Tree        *merkle.Tree // that its bytes are verified by; nil: none is known
	Have        ranges.Set
	io.ReaderAt // closed after the last read if it is an io.Closer
}

// Whole is a file of which all is here.
func Whole(file transfer.File, tree *merkle.Tree, r io.ReaderAt) Partial {
	p := Partial{File: file, Tree: tree, ReaderAt: r}
	p.Have.Add(ranges.Range{End: file.Size})
	return p
}

// arriving is the file that a request for a URN names, if it is arriving here.
func (s *Server) arriving(escaped string) (Partial, bool) {
	sum, reason := parseURN(escaped)
	if reason != Granted || s.cfg.Arriving == nil {
		return Partial{}, false
	}
	return s.cfg.Arriving(sum)
}

// servePartial answers a request for a file that is arriving: with as much of the
// range as is here in one piece, which may begin after its start (PFSP).
func (a *answer) servePartial(p Partial) Reason {
	a.entry = &library.Entry{Name: transfer.SafeName(p.File.Name), Size: p.File.Size, SHA1: p.File.SHA1}
	if t := p.Tree; t != nil && t.Kind() == merkle.Blake3 {
		a.entry.Blake3 = urn.Blake3(t.Root())
	} else if t != nil {
		root := t.Root()
		copy(a.entry.Tiger[:], root[:])
	}
	if c, ok := p.ReaderAt.(io.Closer); ok {
		defer c.Close()
	}
	a.exchange()
	if p.Have.Len() < p.File.Size {
		a.w.Header()[headerAvailable] = []string{ranges.FormatList(&p.Have, maxAvailable)}
	}
	if reason := a.parseRange(); reason != Granted {
		return reason
	}
	a.readWant()
	part, ok := firstPart(&p.Have, a.span)
	if a.want != nil && a.want.And(&p.Have).Len() > 0 {
		part, ok = a.span, true // one is chosen when it has a slot
	}
	if !ok || a.r.Header.Get("Range") == "" && part != a.span {
		return RefusedNotYet
	}
	a.span = part
	return a.give(func() *ranges.Set { return a.available(p) }, func(u *upload) {
		a.head()
		a.sendPartial(p, u)
	})
}

// available is what is here of a file that is arriving by now, which the answer
// tells.
func (a *answer) available(p Partial) *ranges.Set {
	if now, ok := a.server.cfg.Arriving(p.File.SHA1); ok {
		p.Have = now.Have
		if c, ok := now.ReaderAt.(io.Closer); ok {
			c.Close()
		}
	}
	if p.Have.Len() == p.File.Size {
		delete(a.w.Header(), headerAvailable)
		return nil
	}
	a.w.Header()[headerAvailable] = []string{ranges.FormatList(&p.Have, maxAvailable)}
	return &p.Have
}

// firstPart is the first bytes of want that are in have, in one piece.
func firstPart(have *ranges.Set, want ranges.Range) (ranges.Range, bool) {
	for r := range have.All() {
		if part := (ranges.Range{Start: max(r.Start, want.Start), End: min(r.End, want.End)}); !part.Empty() {
			return part, true
		}
	}
	return ranges.Range{}, false
}

// sendPartial writes the bytes of an answer out of a file that is arriving.
// Whatever goes wrong cuts the connection.
func (a *answer) sendPartial(p Partial, u *upload) {
	control := http.NewResponseController(a.w)
	buffer := make([]byte, partialPiece)
	limit, host := a.server.cfg.Limit, u.Peer.Addr()
	for at := a.span.Start; at < a.span.End; {
		b := buffer[:limit.Piece(host, int(min(partialPiece, a.span.End-at)))]
		if err := limit.Wait(a.r.Context(), host, len(b)); err != nil {
			a.cut(CutPeer, u, err)
		}
		if _, err := p.ReadAt(b, at); err != nil {
			a.cut(CutChanged, u, err)
		}
		a.allow(control, u, len(b))
		n, err := a.w.Write(b)
		a.server.progress(u, int64(n))
		if err != nil {
			a.lost(u, err)
		}
		at += int64(n)
	}
}
