package upload

import (
	"errors"
	"net/http"

	"filbert/transfer/library"
)

// opened is a file that a connection keeps open between its requests.
type opened struct {
	entry *library.Entry
	library.File
	fixed http.Header // see head
}

// open opens the file that was asked for, or takes the one that is open, if it still
// is what was hashed.
func (a *answer) open() (*opened, Reason) {
	if a.conn != nil {
		if f := a.conn.file.Swap(nil); f != nil {
			if info, err := f.Stat(); f.entry == a.entry && err == nil && a.entry.Matches(info) {
				return f, Granted
			}
			f.Close()
		}
	}
	f, err := a.server.cfg.Library.Open(a.entry)
	switch {
	case errors.Is(err, library.ErrChanged):
		return nil, RefusedChanged
	case err != nil:
		a.server.cfg.Log.Warn().Err(err).Msg("shared file unreadable")
		return nil, RefusedDisk
	}
	return &opened{entry: a.entry, File: f}, Granted
}

// keep keeps a file open for the next request, unless the connection has ended.
func (a *answer) keep(f *opened) {
	if a.conn == nil {
		f.Close()
		return
	}
	a.conn.file.Store(f)
	if a.conn.closed.Load() {
		a.conn.dropFile()
	}
}

// dropFile closes the file that is open, if any.
func (c *conn) dropFile() {
	if f := c.file.Swap(nil); f != nil {
		f.Close()
	}
}
