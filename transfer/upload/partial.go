package upload

import (
	"io"
	"net/http"
	"slices"
	"strings"

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
		a.w.Header()[headerAvailable] = []string{available(&p.Have)}
	}
	if reason := a.parseRange(); reason != Granted {
		return reason
	}
	part, ok := firstPart(&p.Have, a.span)
	if !ok || a.r.Header.Get("Range") == "" && part != a.span {
		return RefusedNotYet
	}
	a.span = part
	return a.give(func(u *upload) {
		a.head()
		a.sendPartial(p, u)
	})
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

// available is the header that tells which bytes are here, the largest pieces if
// there are many: "bytes 0-786431,2097152-4194303", or "bytes" for none.
func available(have *ranges.Set) string {
	all := slices.Collect(have.All())
	if len(all) > maxAvailable {
		slices.SortFunc(all, func(a, b ranges.Range) int { return int(min(max(b.Len()-a.Len(), -1), 1)) })
		all = all[:maxAvailable]
		slices.SortFunc(all, func(a, b ranges.Range) int { return int(min(max(a.Start-b.Start, -1), 1)) })
	}
	var b strings.Builder
	b.WriteString("bytes")
	for i, r := range all {
		b.WriteString(map[bool]string{true: " ", false: ","}[i == 0])
		span := strings.TrimPrefix(ranges.ContentRange(r, r.End), "bytes ")
		span, _, _ = strings.Cut(span, "/")
		b.WriteString(span)
	}
	return b.String()
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
