package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"
)

// file is the layer of a TOML file. One that does not exist is empty, unless it
// must.
func (l *loader) file(path string, must bool) layer {
	data, err := readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !must:
	case err != nil:
		l.problems.add(Origin{Layer: FromFile, Name: path}, "", "%v", err)
	default:
		return l.toml(path, data)
	}
	return newLayer()
}

// readFile reads a file of settings. An error says what to do, but not the path.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: make it readable, or name another file", unnamed(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%w: make it readable, or name another file", unnamed(err))
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("more than %d bytes: this is no file of settings", maxFile)
	}
	return data, nil
}

// unnamed strips operation and path from an error of package os.
func unnamed(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// toml is the layer of the TOML document in the file at path.
func (l *loader) toml(path string, data []byte) layer {
	layer := newLayer()
	origin := Origin{Layer: FromFile, Name: path}
	values, entries, bad := parseTOML(data)
	if bad != nil {
		origin.Line = bad.line
		l.problems.add(origin, "", "%s", bad.text)
		return layer
	}
	for _, e := range entries {
		origin.Line = e.line
		s := find(l.settings, e.key)
		if s == nil || !e.plain() {
			l.problems.unknown(origin, e.key, l.keys())
			continue
		}
		texts, err := s.texts(values[e.key])
		if err != nil {
			l.problems.add(origin, s.Key, "%v", err)
			continue
		}
		l.set(layer, s, origin, texts, filepath.Dir(path))
	}
	return layer
}

// syntaxError is why a document is not TOML.
type syntaxError struct {
	line int // 0 if it is not known
	text string
}

// parseTOML decodes a document and says where its entries are.
func parseTOML(data []byte) (values map[string]any, entries []entry, bad *syntaxError) {
	err := toml.Unmarshal(data, &values)
	if err == nil {
		entries, err = scan(data)
	}
	if err == nil {
		return values, entries, nil
	}
	bad = &syntaxError{text: fmt.Sprintf("no TOML, %v: correct it; a line is key = value, texts in quotes", err)}
	if at := (*toml.DecodeError)(nil); errors.As(err, &at) {
		bad.line, _ = at.Position()
	}
	return nil, nil, bad
}
