package config

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with the settings.
type Problem struct {
	Origin Origin `json:"origin"`
	Key    string `json:"key,omitempty"` // empty if it is about a whole file
	Text   string `json:"text"`          // what is wrong and, after a colon, what to do
}

func (p Problem) String() string {
	if p.Key == "" {
		return fmt.Sprintf("%s: %s", p.Origin, p.Text)
	}
	return fmt.Sprintf("%s: %s: %s", p.Origin, p.Key, p.Text)
}

// Problems is the error for settings that are wrong: the first maxProblems that
// were found, in the order of the layers and of the lines.
type Problems []Problem

// Error returns one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return "config: " + strings.Join(lines, "\n")
}

// add notes a problem.
func (p *Problems) add(origin Origin, key, format string, args ...any) {
	if len(*p) < maxProblems {
		*p = append(*p, Problem{origin, key, fmt.Sprintf(format, args...)})
	}
}

// unknown notes a key, variable or flag that is none of the known ones.
func (p *Problems) unknown(origin Origin, name string, known []string) {
	if len(*p) == maxProblems {
		return
	}
	key := name
	if origin.Layer != FromFile {
		key = "" // the origin has the name
	}
	if near := nearest(name, known); near != "" {
		p.add(origin, key, "unknown: did you mean %s?", near)
	} else {
		p.add(origin, key, "unknown: remove it, or see \"config show\" for what there is")
	}
}

// err returns the problems as an error, nil if there are none.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
