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
// file still is the one that was hashed, and each in good time. The last
// byte goes out by itself, after everything before it was read, so that a peer
// has a whole answer only if the file did not change. Whatever goes wrong cuts
// the connection.
func (a *answer) send(f library.File, u *upload) {
	control := http.NewResponseController(a.w)
	if _, err := f.Seek(a.span.Start, io.SeekStart); err != nil {
		a.cut(CutDisk, u, err)
	}
	size := int64(pieceSize)
	for left := a.span.Len(); left > 0; {
		info, err := f.Stat()
		if err != nil {
			a.cut(CutDisk, u, err)
		}
		if !a.entry.Matches(info) {
			a.cut(CutChanged, u, nil)
		}
		limit, host := a.server.cfg.Limit, u.Peer.Addr()
		piece := limit.Piece(host, int(max(1, min(left-1, size))))
		if err := limit.Wait(a.r.Context(), host, piece); err != nil {
			a.cut(CutPeer, u, err)
		}
		a.allow(control, u, piece)
		began := time.Now()
		n, err := io.CopyN(a.w, f, int64(piece))
		if size = pieceSize; time.Since(began) < quickTime {
			size = maxPiece
		}
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

// allow gives the peer the time to take a piece, unless it has had its turn.
func (a *answer) allow(control *http.ResponseController, u *upload, piece int) {
	crowded, over := a.server.crowded(u)
	if over {
		a.cut(CutTurn, u, nil)
	}
	within := stallTimeout * time.Duration(max(1, piece/pieceSize))
	if u.crowded = crowded; crowded {
		within = max(slowTime, time.Duration(piece)*time.Second/minRate)
	}
	control.SetWriteDeadline(time.Now().Add(within)) // an error: see ServeHTTP
}

// lost cuts an upload whose bytes the network does not take.
func (a *answer) lost(u *upload, err error) {
	switch late := errors.Is(err, os.ErrDeadlineExceeded); {
	case late && u.crowded:
		a.cut(CutSlow, u, err)
	case late:
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
