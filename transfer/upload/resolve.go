package upload

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"filbert/transfer"
	"filbert/transfer/library"
	"filbert/transfer/urn"
)

// resolve finds the file a request names. With RefusedMoved the entry is where
// the client should have asked.
func (s *Server) resolve(r *http.Request) (*library.Entry, Reason) {
	if r.URL.Path == pathN2R {
		return s.resolveURN(r.URL.RawQuery)
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, pathGet); ok {
		return s.resolveIndex(rest, r.Header.Get(headerURN))
	}
	return nil, RefusedUnknown
}

// resolveURN finds a file by a URN as it stands in a URL or a header. Names of
// hash trees alone are understood, but no file is found by them.
func (s *Server) resolveURN(escaped string) (*library.Entry, Reason) {
	sum, reason := parseURN(escaped)
	if reason != Granted {
		return nil, reason
	}
	e, err := s.cfg.Library.BySHA1(sum)
	switch {
	case errors.Is(err, library.ErrGone):
		return nil, RefusedGone
	case err != nil:
		return nil, RefusedUnknown
	}
	return e, Granted
}

// parseURN reads the hash in a URN as it stands in a URL or a header.
func parseURN(escaped string) (urn.SHA1, Reason) {
	text, err := url.PathUnescape(escaped)
	if err != nil {
		return urn.SHA1{}, RefusedURN
	}
	name, err := urn.Parse(text)
	switch {
	case errors.Is(err, urn.ErrNamespace):
		return urn.SHA1{}, RefusedUnknown
	case err != nil:
		return urn.SHA1{}, RefusedURN
	case !name.HasSHA1:
		return urn.SHA1{}, RefusedUnknown
	}
	return name.SHA1, Granted
}

// resolveIndex finds a file by "<index>/<name>" and the URN that came along, if
// any. An index means little: the file at it must also have the URN, or the
// name if there is none.
func (s *Server) resolveIndex(rest, name string) (*library.Entry, Reason) {
	digits, file, _ := strings.Cut(rest, "/")
	index, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return nil, RefusedUnknown
	}
	at, err := s.cfg.Library.ByID(uint32(index))
	if name != "" {
		e, reason := s.resolveURN(strings.TrimSpace(name))
		if reason == Granted && (err != nil || e.SHA1 != at.SHA1) {
			return e, RefusedMoved
		}
		return e, reason
	}
	if err != nil || transfer.SafeName(strings.TrimSuffix(file, "/")) != at.Name {
		return nil, RefusedUnknown
	}
	return at, Granted
}
