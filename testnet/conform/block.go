package conform

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// block is a first line and header lines as they came, up to an empty line.
type block struct {
	first  string
	lines  []string // header lines, unfolded and without line ends
	fields []field
	size   int  // bytes, line ends included
	bareLF bool // a line did not end in CR LF
	folded bool // a line continued the one before
}

type field struct{ name, value string }

// get returns the values of a header, joined by ", ".
func (b block) get(name string) (string, bool) {
	var values []string
	for _, f := range b.fields {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return strings.Join(values, ", "), values != nil
}

// lists reports whether a header holds a word as an item of its list.
func (b block) lists(name, word string) bool {
	value, _ := b.get(name)
	for item := range strings.SplitSeq(value, ",") {
		item, _, _ = strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(item), word) {
			return true
		}
	}
	return false
}

// status splits a first line such as "GNUTELLA/0.6 200 OK" or "HTTP/1.1 404 Not
// found"; the code is 0 if it is none.
func (b block) status() (protocol string, code int, text string) {
	protocol, rest, _ := strings.Cut(b.first, " ")
	digits, text, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(digits)
	if err != nil || len(digits) != 3 {
		return protocol, 0, text
	}
	return protocol, code, text
}

func (b block) code() int {
	_, code, _ := b.status()
	return code
}

// welcome reports whether the block of a handshake lets us in. 204 is that of a
// leaf that wants no more ultrapeers.
func (b block) welcome() bool { return b.code()/100 == 2 && b.code() != 204 }

var errBlockSize = errors.New("a header block above all limits")

// readBlock reads a first line and its headers. An error wraps io.EOF or
// io.ErrUnexpectedEOF when the servent closed.
func readBlock(r *bufio.Reader) (b block, err error) {
	if b.first, err = b.readLine(r); err != nil {
		return b, err
	}
	for range maxLines {
		line, err := b.readLine(r)
		switch {
		case errors.Is(err, io.EOF):
			return b, io.ErrUnexpectedEOF
		case err != nil:
			return b, err
		case line == "":
			b.parse()
			return b, nil
		case (line[0] == ' ' || line[0] == '\t') && len(b.lines) > 0:
			b.folded = true
			b.lines[len(b.lines)-1] += " " + strings.TrimSpace(line)
		default:
			b.lines = append(b.lines, line)
		}
	}
	return b, errBlockSize
}

func (b *block) readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	b.size += len(line)
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", errBlockSize
	case err == io.EOF && len(line) > 0:
		return "", fmt.Errorf("%w in %q", io.ErrUnexpectedEOF, clip(string(line), maxGot))
	case err != nil:
		return "", err
	}
	line = line[:len(line)-1]
	if !bytes.HasSuffix(line, []byte("\r")) {
		b.bareLF = true
	}
	return string(bytes.TrimSuffix(line, []byte("\r"))), nil
}

func (b *block) parse() {
	for _, line := range b.lines {
		name, value, _ := strings.Cut(line, ":")
		b.fields = append(b.fields, field{name, strings.TrimSpace(value)})
	}
}
