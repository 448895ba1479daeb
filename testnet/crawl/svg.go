package crawl

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"time"
)

// Measures of the picture in pixels.
const (
	pictureWidth  = 1400
	pictureHeight = 1400
	margin        = 70
	headHeight    = 96
	footHeight    = 64
)

// SVG draws the map: ultrapeers as discs, the larger the more neighbors they
// have, in the color of their program; leaves as dots around the first ultrapeer
// that named them. Hosts that did not answer are hollow, seeds have a ring. The
// same map gives the same picture.
func (m *Map) SVG() []byte {
	p := &picture{m: m, g: newGraph(m)}
	p.families, p.colors = families(m, p.g)
	p.place()
	p.head()
	p.links()
	p.drawLeaves()
	p.hosts()
	p.foot()
	p.b.WriteString("</svg>\n")
	return p.b.Bytes()
}

// picture is an SVG being drawn.
type picture struct {
	m        *Map
	g        *graph
	b        bytes.Buffer
	families []family
	colors   map[string]string

	at     []point // of the hosts, in pixels
	radius []float64
	dot    float64       // radius of a leaf
	leafAt map[int]point // by id
	space  float64       // between hosts, on average
}

// place lays the graph out and fits it into the picture.
func (p *picture) place() {
	n := len(p.g.hosts)
	p.at = layout(n, p.g.edges, p.g.byWeight())
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, at := range p.at {
		low, high = point{min(low.x, at.x), min(low.y, at.y)}, point{max(high.x, at.x), max(high.y, at.y)}
	}
	width, height := pictureWidth-2*margin, pictureHeight-2*margin-headHeight-footHeight
	middle := point{pictureWidth / 2, headHeight + margin + float64(height)/2}
	scale := 1.0
	if n > 1 {
		scale = min(float64(width)/max(high.x-low.x, 0.1), float64(height)/max(high.y-low.y, 0.1), 260)
	}
	for i, at := range p.at {
		p.at[i] = at.sub(low.add(high).mul(0.5)).mul(scale).add(middle)
	}
	p.space = math.Sqrt(float64(width*height) / float64(max(n, 1)))
	p.radius = make([]float64, n)
	for i := range p.radius {
		p.radius[i] = min(20, 0.28*p.space, max(2.2, p.space*0.045*math.Sqrt(float64(p.g.degree[i]+1))))
	}
	p.dot = min(3.2, max(0.7, 0.03*p.space))
	p.placeLeaves()
}

// placeLeaves sets leaves in rings around their hosts.
func (p *picture) placeLeaves() {
	p.leafAt = make(map[int]point)
	for i, leaves := range p.g.leaves {
		for ring, left := 0, leaves; len(left) > 0; ring++ {
			r := p.radius[i] + p.dot*(2.6+2.8*float64(ring))
			fits := min(len(left), max(1, int(2*math.Pi*r/(2.6*p.dot))))
			for j, leaf := range left[:fits] {
				p.leafAt[leaf] = p.at[i].add(polar(r, 2*math.Pi*float64(j)/float64(fits)+float64(ring)))
			}
			left = left[fits:]
		}
	}
}

func (p *picture) head() {
	fmt.Fprintf(&p.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%d" font-family="system-ui, 'Helvetica Neue', Helvetica, Arial, sans-serif">`+"\n", pictureWidth, pictureHeight, pictureHeight)
	fmt.Fprintf(&p.b, `<rect width="%d" height="%d" fill="#fcfcfa"/>`+"\n", pictureWidth, pictureHeight)
	s := p.m.Summary()
	fmt.Fprintf(&p.b, `<text x="%d" y="58" font-size="30" font-weight="600" fill="#1d2733">Gnutella overlay</text>`+"\n", margin)
	fmt.Fprintf(&p.b, `<text x="%d" y="86" font-size="17" fill="#5a6672">%s, %s, %s · %s</text>`+"\n", margin,
		plural(s.Ultrapeers+s.Unknown, "ultrapeer"), plural(s.Leaves, "leaf"), plural(s.Links, "link"), p.m.Began.UTC().Format(time.RFC1123))
}

// links draws the lines, below everything else; the fainter the more there are.
func (p *picture) links() {
	opacity := min(0.55, max(0.05, 9/math.Sqrt(float64(len(p.g.edges)+1))))
	fmt.Fprintf(&p.b, `<g stroke="#8793a1" stroke-width="%.2f" stroke-opacity="%.3f">`+"\n", min(1.6, max(0.4, 0.02*p.space)), opacity)
	for _, e := range p.g.edges {
		p.line(p.at[e[0]], p.at[e[1]])
	}
	p.b.WriteString("</g>\n")
	if len(p.g.others) == 0 {
		return
	}
	fmt.Fprintf(&p.b, `<g stroke="#a9b4bf" stroke-width="0.4" stroke-opacity="%.3f">`+"\n", opacity/2)
	for _, o := range p.g.others {
		p.line(p.at[o[0]], p.leafAt[o[1]])
	}
	p.b.WriteString("</g>\n")
}

func (p *picture) line(a, b point) {
	fmt.Fprintf(&p.b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", a.x, a.y, b.x, b.y)
}

func (p *picture) drawLeaves() {
	p.b.WriteString(`<g fill="#9fb0c3">` + "\n")
	for _, leaves := range p.g.leaves {
		for _, id := range leaves {
			at := p.leafAt[id]
			fmt.Fprintf(&p.b, `<circle cx="%.1f" cy="%.1f" r="%.2f"><title>%s</title></circle>`+"\n", at.x, at.y, p.dot, escape(p.m.Nodes[id].tip(1)))
		}
	}
	p.b.WriteString("</g>\n")
}

func (p *picture) hosts() {
	order := p.g.byWeight()
	for i := len(order) - 1; i >= 0; i-- { // the largest on top
		host := order[i]
		n, at, r := &p.m.Nodes[p.g.hosts[host]], p.at[host], p.radius[host]
		color := p.colors[program(n.Agent)]
		look := fmt.Sprintf(`fill="%s" stroke="#fcfcfa" stroke-width="%.1f"`, color, min(1.5, r/4))
		if !n.Visited {
			look = fmt.Sprintf(`fill="#fcfcfa" stroke="%s" stroke-width="%.1f"`, silentColor, min(2, r/3))
		}
		if n.Seed {
			fmt.Fprintf(&p.b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="none" stroke="#1d2733" stroke-width="%.1f"/>`+"\n", at.x, at.y, r+max(3, r/3), max(1.2, min(2.2, r/6)))
		}
		fmt.Fprintf(&p.b, `<circle cx="%.1f" cy="%.1f" r="%.1f" %s><title>%s</title></circle>`+"\n", at.x, at.y, r, look,
			escape(n.tip(p.g.degree[host]+len(p.g.leaves[host]))))
	}
}

// foot explains the colors.
func (p *picture) foot() {
	x, y := float64(margin), float64(pictureHeight-footHeight/2)
	entry := func(look, text string) {
		width := 34 + 8.4*float64(len([]rune(text)))
		if x+width > pictureWidth-margin {
			return
		}
		fmt.Fprintf(&p.b, `<circle cx="%.1f" cy="%.1f" r="7" %s/>`+"\n", x+7, y-5, look)
		fmt.Fprintf(&p.b, `<text x="%.1f" y="%.1f" font-size="15" fill="#3c4854">%s</text>`+"\n", x+21, y, escape(text))
		x += width
	}
	if len(p.g.leaves) > 0 && p.m.Summary().Leaves > 0 {
		entry(`fill="#9fb0c3"`, "leaf")
	}
	entry(`fill="none" stroke="#1d2733" stroke-width="2"`, "seed")
	if p.m.Summary().Silent > 0 {
		entry(`fill="#fcfcfa" stroke="`+silentColor+`" stroke-width="2"`, "did not answer")
	}
	for _, f := range p.families {
		name := []rune(f.name)
		entry(`fill="`+f.color+`"`, fmt.Sprintf("%s (%d)", string(name[:min(len(name), 24)]), f.hosts))
	}
}

// tip is what a reader is told of a host that the pointer is on.
func (n *Node) tip(links int) string {
	text := n.Addr
	if n.Agent != "" {
		text += "\n" + n.Agent
	}
	text += fmt.Sprintf("\n%s, %s, %s from a seed", n.Role, plural(links, "link"), plural(n.Depth, "link"))
	if n.Uptime > 0 {
		text += "\nup for " + (time.Duration(n.Uptime) * time.Second).String()
	}
	if n.Error != "" {
		text += "\n" + n.Error
	}
	return text
}

// escape makes text fit for XML: no markup, and no character that XML has not.
func escape(text string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return b.String()
}

// plural is "1 leaf", "2 leaves".
func plural(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case what == "leaf":
		return fmt.Sprint(n, " leaves")
	}
	return fmt.Sprintf("%d %ss", n, what)
}
