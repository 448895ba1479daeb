package collection

import (
	"path"
	"strings"

	"filbert/transfer"
)

// parts is the parts of a path as it was announced: separators of any system
// count, and what names no part does not.
func parts(announced string) []string {
	all := strings.FieldsFunc(announced, func(r rune) bool { return r == '/' || r == '\\' })
	out := all[:0]
	for _, part := range all {
		if part != "." && part != ".." {
			out = append(out, part)
		}
	}
	return out
}

// Layout is where each file goes in a folder of its own: slash-separated paths
// whose parts are all what transfer.SafeName makes. No two are the same, and none
// is a folder of another, even where letter case does not count; files that would
// be are numbered.
func (c *Collection) Layout() []string {
	folders := map[string]string{} // folded path to that in use
	split := make([]struct{ dir, name string }, len(c.Files))
	for i, f := range c.Files {
		all := parts(f.Path)
		if len(all) == 0 {
			all = []string{""} // SafeName has a name for it
		}
		dir := ""
		for _, part := range all[:len(all)-1] {
			next := path.Join(dir, transfer.SafeName(part))
			if used, ok := folders[fold(next)]; ok {
				next = used
			}
			folders[fold(next)] = next
			dir = next
		}
		split[i].dir, split[i].name = dir, transfer.SafeName(all[len(all)-1])
	}
	taken := map[string]bool{}
	out := make([]string, len(c.Files))
	for i, at := range split {
		for n := 1; ; n++ {
			out[i] = path.Join(at.dir, transfer.Numbered(at.name, n))
			if key := fold(out[i]); !taken[key] && folders[key] == "" {
				taken[key] = true
				break
			}
		}
	}
	return out
}

// fold makes paths equal that differ in letter case.
func fold(p string) string { return strings.ToLower(strings.ToUpper(p)) }
