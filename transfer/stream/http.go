package stream

import (
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"filbert/transfer/ranges"
)

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	st, status := s.admit(r)
	switch status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", "GET, HEAD")
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(int(busyRetry.Seconds())))
	}
	if st == nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	defer s.leave(st)
	reader := &counted{Reader: NewReader(r.Context(), s.files, st.file.SHA1, st.file.Size), server: s, stream: st}
	defer reader.Close()
	kind, err := s.kindOf(st, reader)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", "inline")
	http.ServeContent(w, r, "", time.Time{}, reader)
}

// admit finds what a request asks for and takes a place for it.
func (s *Server) admit(r *http.Request) (*stream, int) {
	token, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Host != s.host { // a name that was made to lead here (DNS rebinding)
		return nil, http.StatusForbidden
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, http.StatusMethodNotAllowed
	}
	for _, st := range s.streams {
		if subtle.ConstantTimeCompare([]byte(token), []byte(st.token)) != 1 {
			continue
		}
		if s.readers == maxReaders {
			return nil, http.StatusServiceUnavailable
		}
		s.readers++
		st.readers++
		st.used = time.Now()
		return st, http.StatusOK
	}
	return nil, http.StatusNotFound
}

func (s *Server) leave(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers--
	st.readers--
	st.used = time.Now()
}

// kindOf is the media type of a file, by its first bytes if the name does not
// tell; they are waited for.
func (s *Server) kindOf(st *stream, reader io.ReadSeeker) (string, error) {
	s.mu.Lock()
	kind := st.kind
	s.mu.Unlock()
	if kind != "" {
		return kind, nil
	}
	b := make([]byte, sniffBytes)
	n, err := io.ReadFull(reader, b)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	kind = sniff(b[:n])
	s.mu.Lock()
	st.kind = kind
	s.mu.Unlock()
	_, err = reader.Seek(0, io.SeekStart)
	return kind, err
}

// counted is a reader whose stream knows what was read.
type counted struct {
	*Reader
	server *Server
	stream *stream
}

func (c *counted) Read(b []byte) (int, error) {
	at := c.at
	n, err := c.Reader.Read(b)
	c.server.mu.Lock()
	c.stream.given.Add(ranges.Range{Start: at, End: at + int64(n)}) // full: it is only a count
	c.server.mu.Unlock()
	return n, err
}
