package collection

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"filbert/transfer"
	"filbert/transfer/urn"
)

const (
	header     = "#filbert-collection "
	version    = "1"
	namePrefix = "#name "
)

// ErrEmpty is an error of Parse: there are no files in the text.
var ErrEmpty = errors.New("collection: it names no file")

// Collection is files that belong together.
type Collection struct {
	Name  string // made safe; "" if it has none
	Files []File // at most MaxFiles when it was parsed
}

// File is one of them.
type File struct {
	Path    string // in the folder, "/" between its parts; untrusted, see Layout
	Size    int64
	URN     urn.URN  // with a SHA-1
	Sources []string // URLs, untrusted
}

// Error is what is wrong with a line.
type Error struct {
	Line int // from 1
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("collection: line %d: %v", e.Line, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Parse reads a collection. The error is an *Error, ErrEmpty, or about the size
// of the text.
func Parse(text []byte) (Collection, error) {
	if len(text) > MaxText {
		return Collection{}, fmt.Errorf("collection: %d bytes are too many: at most %d are read", len(text), MaxText)
	}
	var c Collection
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if err := c.line(strings.TrimSpace(string(line))); err != nil {
			return Collection{}, &Error{number, err}
		}
	}
	if len(c.Files) == 0 {
		return Collection{}, ErrEmpty
	}
	return c, nil
}

func (c *Collection) line(line string) error {
	if got, ok := strings.CutPrefix(line, header); ok && got != version {
		return fmt.Errorf("version %.20q: only %s is read here", got, version)
	}
	if name, ok := strings.CutPrefix(line, namePrefix); ok && c.Name == "" {
		c.Name = safeTitle(name)
		return nil
	}
	if line == "" || line[0] == '#' {
		return nil
	}
	m, err := urn.ParseMagnet(line)
	switch {
	case err != nil:
		return fmt.Errorf("want a magnet link: %w", err)
	case !m.HasSHA1:
		return errors.New("the link names no SHA-1, so the file could not be verified")
	case m.Size < 0:
		return errors.New("the link does not say how long the file is (xl)")
	}
	return c.Add(File{Path: m.Name, Size: m.Size, URN: m.URN, Sources: m.Sources})
}

// Add adds a file. The error says why it cannot be one of the collection.
func (c *Collection) Add(f File) error {
	switch {
	case len(c.Files) == MaxFiles:
		return fmt.Errorf("more than %d files", MaxFiles)
	case len(f.Path) > maxPath:
		return fmt.Errorf("a path of %d bytes is too long: %d at most", len(f.Path), maxPath)
	case len(parts(f.Path)) > maxDepth:
		return fmt.Errorf("a path of more than %d parts is too deep", maxDepth)
	}
	c.Files = append(c.Files, f)
	return nil
}

// AppendTo appends the collection as text, which Parse reads back. Sources that
// would make a line too long are left out.
func (c *Collection) AppendTo(b []byte) []byte {
	b = append(b, header+version+"\n"...)
	if c.Name != "" {
		b = append(b, namePrefix+safeTitle(c.Name)+"\n"...)
	}
	for _, f := range c.Files {
		m := urn.Magnet{URN: f.URN, Name: f.Path, Size: f.Size, Sources: f.Sources}
		link := m.String()
		if len(link) > maxLink {
			m.Sources = nil
			link = m.String()
		}
		b = append(b, link+"\n"...)
	}
	return b
}

// safeTitle is the name of a collection as the name of its folder.
func safeTitle(name string) string {
	if name = strings.TrimSpace(name); name == "" {
		return ""
	}
	return transfer.SafeName(name[:min(len(name), maxName)])
}
