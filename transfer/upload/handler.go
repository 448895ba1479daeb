package upload

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"

	"filbert/transfer/library"
	"filbert/transfer/queue"
	"filbert/transfer/ranges"
)

// answer is what one request gets. It is filled as the request is understood.
type answer struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	conn   *conn // nil if the request did not come by Serve

	entry  *library.Entry // nil until it is found
	file   *opened        // that is answered from
	span   ranges.Range   // what is asked of it
	want   *ranges.Set    // that we may choose from instead; nil: nothing
	notice queue.Notice   // of its place in line, if it gets no slot
}

// ServeHTTP answers one request. It implements http.Handler; requests that come
// by Serve are held to more limits.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// An error means that the connection has none: nothing is sent for long then.
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(stallTimeout))
	if s.cfg.Agent != "" {
		w.Header()["Server"] = []string{s.cfg.Agent}
	}
	a := &answer{server: s, w: w, r: r}
	a.conn, _ = r.Context().Value(connKey{}).(*conn)
	a.introduce()
	if r.URL.Path == pathRoot && s.cfg.Root != nil && isRead(r) {
		s.cfg.Root.ServeHTTP(&rootWriter{ResponseWriter: w, answer: a}, r)
		return
	}
	if reason := a.serve(); reason != Granted {
		a.refuse(reason)
	} else if a.conn != nil {
		a.conn.errors = 0
	}
}

// serve answers the request, or tells why not, in which case nothing is
// written. The checks are in the order of gtk-gnutella: is the file there, is
// the range, then whether there is a slot, which HEAD does not need.
func (a *answer) serve() Reason {
	switch a.r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return RefusedMethod
	default:
		return RefusedUnknownMethod
	}
	if hasBody(a.r) {
		return RefusedBody
	}
	if a.r.URL.Path == pathRoot {
		a.page()
		return Granted
	}
	if kind, ok := treeAt(a.r.URL.Path); ok {
		return a.tree(kind)
	}
	var reason Reason
	if a.entry, reason = a.server.resolve(a.r); reason != Granted {
		if p, ok := a.server.arriving(a.r.URL.RawQuery); ok && a.r.URL.Path == pathN2R {
			return a.servePartial(p)
		}
		return reason
	}
	a.exchange()
	if reason := a.parseRange(); reason != Granted {
		return reason
	}
	a.readWant()
	f, reason := a.open()
	if reason != Granted {
		return reason
	}
	a.file = f
	defer a.keep(f)
	return a.give(func() *ranges.Set { return nil }, func(u *upload) {
		if !a.sendSmall(f, u) {
			a.head()
			a.send(f.File, u)
		}
	})
}

// give sends the head of an answer if only that was asked for, and else both head
// and bytes by send, if there is a slot. have tells what is here by then, nil for all.
func (a *answer) give(have func() *ranges.Set, send func(*upload)) Reason {
	if a.r.Method == http.MethodHead {
		a.head()
		return Granted
	}
	u := newUpload(a.r, a.entry, a.span)
	u.By = a.conn.by
	var reason Reason
	if a.notice, reason = a.server.begin(a.r.Context(), u); reason != Granted {
		return reason
	}
	defer a.end(u)
	if a.conn != nil {
		a.conn.served.Store(false)
	}
	a.share(u)
	a.choose(u, have())
	send(u)
	if a.conn != nil {
		a.conn.served.Store(true)
	}
	return Granted
}

// end gives the slot back.
func (a *answer) end(u *upload) {
	a.server.end(u)
	if a.conn != nil && a.conn.closed.Load() { // before the slot was its own again
		a.server.gone(a.conn.addr, false)
	}
}

// share makes the answer shorter while others wait, if the peer can tell.
func (a *answer) share(u *upload) {
	if a.span.Len() <= maxShare || a.r.Header.Get("Range") == "" || !isServent(a.r.Header) {
		return
	}
	if crowded, _ := a.server.crowded(u); crowded {
		a.span.End = a.span.Start + maxShare
	}
}

// parseRange reads the Range header. If-Range needs no look: a name stands for
// the same bytes for ever.
func (a *answer) parseRange() Reason {
	a.span = ranges.Range{End: a.entry.Size}
	header := a.r.Header.Get("Range")
	if header == "" {
		return Granted
	}
	span, err := ranges.ParseHTTP(header, a.entry.Size)
	switch {
	case errors.Is(err, ranges.ErrUnsatisfiable):
		return RefusedUnsatisfiable
	case err != nil:
		return RefusedRange
	}
	a.span = span
	return Granted
}

// head writes the head of an answer with the file.
func (a *answer) head() {
	h := a.w.Header()
	if a.file == nil {
		a.file = &opened{entry: a.entry}
	}
	maps.Copy(h, a.file.head())
	h["Content-Length"] = []string{strconv.FormatInt(a.span.Len(), 10)}
	status := http.StatusOK
	if a.r.Header.Get("Range") != "" {
		status = http.StatusPartialContent
		h["Content-Range"] = []string{ranges.ContentRange(a.span, a.entry.Size)}
	}
	a.write(status)
}

// head is what stands in the head of every answer with the file.
func (f *opened) head() http.Header {
	if f.fixed == nil {
		h, e := http.Header{}, f.entry
		h.Set("Content-Type", contentType)
		h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+escapeExtended(e.Name))
		h.Set("Accept-Ranges", "bytes")
		h[headerURN] = []string{e.SHA1.URN()}
		nameTrees(h, e)
		if !e.ModTime.IsZero() && e.ModTime.Unix() > 0 {
			h.Set("Last-Modified", e.ModTime.UTC().Format(http.TimeFormat))
		}
		f.fixed = h
	}
	return f.fixed
}

// page answers the request for nothing in particular.
func (a *answer) page() {
	a.text(http.StatusOK, fmt.Sprintf("%s shares %d files\n", a.server.cfg.Agent, a.server.cfg.Library.Len()))
}

// refuse writes the answer that goes with a reason.
func (a *answer) refuse(reason Reason) {
	a.server.count(reason)
	h := a.w.Header()
	if a.entry != nil {
		h[headerURN] = []string{a.entry.SHA1.URN()}
	}
	text, keep := reason.String()+"\n", !reasons[reason].close
	switch reason {
	case RefusedMethod:
		h.Set("Allow", "GET, HEAD")
	case RefusedUnsatisfiable:
		h.Set("Content-Range", ranges.ContentRange(ranges.Range{}, a.entry.Size))
	case RefusedNotYet:
		h.Set("Content-Range", ranges.ContentRange(ranges.Range{}, a.entry.Size))
		h.Set("Retry-After", seconds(notYetRetry))
	case RefusedMoved:
		h.Set("Location", pathN2R+"?"+a.entry.SHA1.URN())
	case RefusedSlots, RefusedHostSlots, RefusedNetworkSlots, RefusedTurn, RefusedLine:
		var place string
		place, keep = notify(h, a.r.Header, a.notice, a.server.Slots())
		text = reason.String() + ": " + place + "\n"
		if keep {
			text = "" // gtk-gnutella takes a body for the next answer
		}
	case RefusedChanged:
		h.Set("Retry-After", seconds(changedRetry))
	}
	if a.conn != nil && (a.notice.Position == 0 || a.notice.Early) {
		a.conn.errors++
		keep = keep && a.conn.errors < maxErrors
	}
	if !keep {
		h.Set("Connection", "close")
	}
	a.text(reasons[reason].status, text)
}

// text writes a whole answer for people.
func (a *answer) text(status int, body string) {
	a.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	a.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	a.write(status)
	if a.r.Method != http.MethodHead {
		a.w.Write([]byte(body)) // an error shows at the next request
	}
}

// write writes the head of any answer.
func (a *answer) write(status int) {
	a.server.answered(status)
	a.w.WriteHeader(status)
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// escapeExtended is a name as an extended parameter value (RFC 8187 §3.2.1).
func escapeExtended(name string) string {
	const hex = "0123456789ABCDEF"
	var b []byte
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
			b = append(b, c)
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}
