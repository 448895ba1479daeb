package upload

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"filbert/transfer/library"
)

// send writes the bytes that were asked for, piece by piece: each only if the
// file still is the one that was hashed, and each within stallTimeout. The last
// byte goes out by itself, after everything before it was read, so that a peer
// has a whole answer only if the file did not change. Whatever goes wrong cuts
// the connection.
func (a *answer) send(f library.File, u *upload) {
	control := http.NewResponseController(a.w)
	if _, err := f.Seek(a.span.Start, io.SeekStart); err != nil {
		a.cut(CutDisk, u, err)
	}
	for left := a.span.Len(); left > 0; {
		info, err := f.Stat()
		if err != nil {
			a.cut(CutDisk, u, err)
		}
		if !a.entry.Matches(info) {
			a.cut(CutChanged, u, nil)
		}
		limit, host := a.server.cfg.Limit, u.Peer.Addr()
		piece := limit.Piece(host, int(max(1, min(left-1, pieceSize))))
		if err := limit.Wait(a.r.Context(), host, piece); err != nil {
			a.cut(CutPeer, u, err)
		}
		control.SetWriteDeadline(time.Now().Add(stallTimeout)) // an error: see ServeHTTP
		n, err := io.CopyN(a.w, f, int64(piece))
		left -= n
		a.server.progress(u, n)
		switch {
		case err == nil:
		case err == io.EOF:
			a.cut(CutChanged, u, err)
		default:
			a.lost(u, err)
		}
	}
}

// lost cuts an upload whose bytes the network does not take.
func (a *answer) lost(u *upload, err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		a.cut(CutStalled, u, err)
	}
	a.cut(CutPeer, u, err)
}

// cut ends the connection in the middle of an answer, which is the only way to
// tell that the rest is missing. It does not return.
func (a *answer) cut(reason Reason, u *upload, err error) {
	a.server.count(reason)
	a.server.cfg.Log.Debug().Err(err).Stringer("reason", reason).Stringer("peer", u.Peer).
		Str("file", u.File.Name).Int64("sent", u.sent.Load()).Msg("upload cut")
	panic(http.ErrAbortHandler)
}
