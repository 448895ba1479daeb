package upload

import (
	"io"
	"net/http"
	"sync"
)

// buffers are for small answers, and for what is corked, head and all.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, smallSpan); return &b }}

// sendSmall writes the head and the bytes of a small answer, read at once and only
// then found to be of the file that was hashed. It reports whether it could.
func (a *answer) sendSmall(f *opened, u *upload) bool {
	at, ok := f.File.(io.ReaderAt)
	host := u.Peer.Addr()
	n := int(a.span.Len())
	if !ok || n > smallSpan || n == 0 || a.server.cfg.Limit.Piece(host, n) < n {
		return false
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	body := (*buffer)[:n]
	switch read, err := at.ReadAt(body, a.span.Start); {
	case read == n:
	case err == io.EOF:
		a.cut(CutChanged, u, err)
	default:
		a.cut(CutDisk, u, err)
	}
	if info, err := f.Stat(); err != nil || !a.entry.Matches(info) {
		a.cut(CutChanged, u, err)
	}
	if err := a.server.cfg.Limit.Wait(a.r.Context(), host, n); err != nil {
		a.cut(CutPeer, u, err)
	}
	control := http.NewResponseController(a.w)
	a.allow(control, u, n)
	if a.conn != nil && n <= corkSpan {
		a.conn.cork()
		defer a.conn.discard()
	}
	a.server.progress(u, int64(n)) // before the peer can know
	a.head()
	_, err := a.w.Write(body)
	if err == nil {
		err = control.Flush()
	}
	if err == nil && a.conn != nil {
		err = a.conn.uncork()
	}
	if err != nil {
		a.lost(u, err)
	}
	return true
}

// cork holds back what is written, so that head and body go out at once.
func (c *conn) cork() { c.corked = buffers.Get().(*[]byte) }

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	if c.corked == nil {
		return c.Conn.Write(p)
	}
	*c.corked = append(*c.corked, p...)
	return len(p), nil
}

// uncork writes what was held back.
func (c *conn) uncork() error {
	if c.corked == nil {
		return nil
	}
	defer c.discard()
	_, err := c.Conn.Write(*c.corked)
	return err
}

// discard forgets what was held back.
func (c *conn) discard() {
	if b := c.corked; b != nil {
		c.corked = nil
		*b = (*b)[:0]
		buffers.Put(b)
	}
}
