package crawl

import (
	"cmp"
	"slices"
	"strings"
)

// palette is the colors of the most common programs, told apart by those who
// confuse red and green too; otherColor is that of the rest, silentColor that of
// hosts that did not answer.
var palette = [...]string{"#3b6fd4", "#e2862f", "#2a9d8f", "#9b5fc0", "#d1495b", "#7a6a4f"}

const (
	otherColor  = "#76828f"
	silentColor = "#b4bcc6"
)

// family is one program of the map.
type family struct {
	name  string
	color string
	hosts int
}

// program is the name of a program without its version, and without the "!" by
// which gtk-gnutella marks neighbors whose word it doubts.
func program(agent string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(agent, "!"), "/")
	if name = strings.TrimSpace(name); name == "" {
		return "unnamed"
	}
	return name
}

// families sorts the hosts that answered by their program, the most common
// first; those beyond the palette are one.
func families(m *Map, g *graph) (list []family, colors map[string]string) {
	count := map[string]int{}
	for _, id := range g.hosts {
		if n := &m.Nodes[id]; n.Visited {
			count[program(n.Agent)]++
		}
	}
	for name, n := range count {
		list = append(list, family{name: name, hosts: n})
	}
	slices.SortFunc(list, func(a, b family) int {
		return cmp.Or(cmp.Compare(b.hosts, a.hosts), strings.Compare(a.name, b.name))
	})
	colors = map[string]string{}
	rest := family{name: "others", color: otherColor}
	for i := range list {
		if f := &list[i]; i < len(palette) {
			f.color = palette[i]
		} else {
			f.color = otherColor
			rest.hosts += f.hosts
		}
		colors[list[i].name] = list[i].color
	}
	if len(list) > len(palette) {
		list = append(list[:len(palette)], rest)
	}
	return list, colors
}
