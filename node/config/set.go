package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Set writes one setting to a file of settings, which is made if need be, and
// leaves all else in it as it is, comments included. Values are as those of
// Request.Flags; relative folders are below dir. The file is replaced in one
// step: whoever reads it sees all or nothing of the change. An unknown key, a
// wrong value or a file that is no TOML is an error of type Problems, and the
// file stays as it is.
func Set(file, dir, key string, values []string) error {
	settings := Settings()
	l := loader{settings: settings}
	origin := Origin{Layer: FromFile, Name: file}
	s := find(settings, key)
	if s == nil {
		l.problems.unknown(origin, key, l.keys())
		return l.problems
	}
	value, err := s.parse(values)
	if err != nil {
		l.problems.add(origin, key, "%v", err)
		return l.problems
	}
	data, err := readFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.problems.add(origin, "", "%v", err)
		return l.problems
	}
	line, err := s.line(value, dir)
	if err != nil {
		return fmt.Errorf("config: set %s: %w", key, err)
	}
	data, bad := edit(data, key, line)
	if bad != nil {
		origin.Line = bad.line
		l.problems.add(origin, "", "%s", bad.text)
		return l.problems
	}
	if err := replace(file, data); err != nil {
		return fmt.Errorf("config: set %s: %w", key, err)
	}
	return nil
}

// line writes a value as TOML, "key = value", without a line end. Folders below
// the user's home by a tilde stay so, and mean the same on another machine.
func (s *Setting) line(value any, dir string) (line []byte, err error) {
	if s.form == formFolder {
		value, err = eachText(value, func(folder string) (string, error) {
			if strings.HasPrefix(folder, "~") {
				return folder, nil
			}
			return absolute(dir, folder)
		})
		if err != nil {
			return nil, err
		}
	}
	if d, ok := value.(time.Duration); ok {
		value = formatDuration(d)
	}
	line, err = toml.Marshal(map[string]any{s.Key: value})
	return bytes.TrimRight(line, "\n"), err
}

// edit puts a line into a document: in place of that of its key, or after the
// last, but before any table, to which it would belong otherwise.
func edit(data []byte, key string, line []byte) ([]byte, *syntaxError) {
	_, entries, bad := parseTOML(data)
	if bad != nil {
		return nil, bad
	}
	end := len(data)
	for _, e := range entries {
		switch {
		case e.plain() && e.key == key:
			return slices.Concat(data[:e.from], line, data[e.to:]), nil
		case !e.plain() && strings.HasPrefix(e.key+".", key+"."):
			return nil, &syntaxError{e.line, key + " is a table: remove it"}
		case e.header:
			end = min(end, e.from)
		}
	}
	before := data[:end:end]
	if end > 0 && data[end-1] != '\n' {
		before = append(before, '\n')
	}
	return slices.Concat(before, line, []byte{'\n'}, data[end:]), nil
}
