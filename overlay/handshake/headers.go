package handshake

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Headers is one block of header lines in order of appearance. Names are
// compared without case; the values of a repeated name are joined by ", ".
type Headers struct {
	fields []field
}

type field struct{ name, value string }

// Get returns the value of name, "" when it is absent.
func (h *Headers) Get(name string) string {
	v, _ := h.Lookup(name)
	return v
}

// Lookup returns the value of name and whether it is there.
func (h *Headers) Lookup(name string) (string, bool) {
	for i := range h.fields {
		if strings.EqualFold(h.fields[i].name, name) {
			return h.fields[i].value, true
		}
	}
	return "", false
}

// Add appends a value to name.
func (h *Headers) Add(name, value string) {
	for i := range h.fields {
		f := &h.fields[i]
		switch {
		case !strings.EqualFold(f.name, name):
			continue
		case f.value == "":
			f.value = value
		case value != "":
			f.value += ", " + value
		}
		return
	}
	h.fields = append(h.fields, field{name, value})
}

// Len is the number of different names.
func (h *Headers) Len() int { return len(h.fields) }

// appendTo writes the lines and the empty line that ends the block.
func (h *Headers) appendTo(b []byte) []byte {
	for _, f := range h.fields {
		b = append(b, f.name...)
		b = append(b, ": "...)
		b = append(b, f.value...)
		b = append(b, "\r\n"...)
	}
	return append(b, "\r\n"...)
}

var errTooLarge = errors.New("header block too large")

// readHeaders reads lines up to and including the empty one. Lines end with LF,
// with or without CR; a line that begins with a blank continues the one before.
func readHeaders(r *bufio.Reader) (Headers, error) {
	var h Headers
	left := maxBlock
	for range maxLines {
		line, err := readLine(r, left)
		if err != nil {
			return h, err
		}
		left -= len(line) + 2
		if line == "" {
			return h, nil
		}
		if line[0] == ' ' || line[0] == '\t' {
			if h.Len() == 0 {
				return h, fmt.Errorf("header block begins with a continuation line")
			}
			last := &h.fields[len(h.fields)-1]
			last.value = strings.TrimSpace(last.value + " " + strings.TrimSpace(line))
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !ok || !isToken(name) {
			return h, fmt.Errorf("malformed header line %q", clip(line, 64))
		}
		h.Add(name, strings.TrimSpace(value))
	}
	return h, errTooLarge
}

// readLine reads one line of at most limit bytes without its line end.
func readLine(r *bufio.Reader, limit int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > limit {
			return "", errTooLarge
		}
		if err == nil && line == nil {
			return trimEnd(part), nil
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return trimEnd(line), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}

func trimEnd(line []byte) string {
	return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
}

// isToken reports whether s may be the name of a header (RFC 9110 §5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// clip cuts s to at most n bytes.
func clip(s string, n int) string { return s[:min(n, len(s))] }
