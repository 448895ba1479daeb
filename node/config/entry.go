package config

import (
	"bytes"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// entry is a "key = value" at the top of a TOML document, or the header of a
// table.
type entry struct {
	key      string // parts of a dotted key are joined again
	header   bool   // of a table
	dotted   bool   // the key has several parts
	line     int    // from 1
	from, to int    // where key and value stand in the document; of a header, where its line begins
}

// scan lists the entries of a valid document in their order. What stands in
// tables is left out.
func scan(data []byte) ([]entry, error) {
	var (
		entries []entry
		parser  unstable.Parser
		inTable bool
		line    = 1
		counted int // bytes in which line feeds were counted
	)
	parser.Reset(data)
	for parser.NextExpression() {
		node := parser.Expression()
		header := node.Kind != unstable.KeyValue
		inTable = inTable || header
		if inTable && !header {
			continue
		}
		var parts []string
		start := -1
		for it := node.Key(); it.Next(); {
			if start < 0 {
				start = int(it.Node().Raw.Offset)
			}
			parts = append(parts, string(it.Node().Data))
		}
		line += bytes.Count(data[counted:start], []byte{'\n'})
		counted = start
		e := entry{key: strings.Join(parts, "."), header: header, dotted: len(parts) > 1, line: line}
		if header {
			e.from = bytes.LastIndexByte(data[:start], '\n') + 1
		} else {
			e.from, e.to = int(node.Raw.Offset), int(node.Raw.Offset+node.Raw.Length)
		}
		entries = append(entries, e)
	}
	return entries, parser.Error()
}

// plain reports whether the entry can be a setting.
func (e *entry) plain() bool { return !e.header && !e.dotted }
