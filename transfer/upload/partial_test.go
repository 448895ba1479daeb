package upload

import (
	"net/http"
	"strings"
	"testing"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// TestPartial: of a file that is arriving the bytes that are here are given, and
// it is told which those are; its tree is given whole.
func TestPartial(t *testing.T) {
	content := strings.Repeat(thousand, 100)
	b := merkle.NewBuilder(merkle.Blake3, int64(len(content)))
	b.Write([]byte(content))
	tree, err := b.Tree()
	if err != nil {
		t.Fatal(err)
	}
	var have ranges.Set
	have.Add(ranges.Range{Start: 1000, End: 5000})
	have.Add(ranges.Range{Start: 90_000, End: 100_000})
	s := share(t, nil, Config{Arriving: func(h urn.SHA1) (Partial, bool) {
		return Partial{
			File: transfer.File{Name: "../film.mp4", Size: 100_000, SHA1: h}, Tree: tree, Have: have, ReaderAt: strings.NewReader(content),
		}, h == sum(content)
	}})
	p := s.dial()
	for _, c := range []struct {
		header, contentRange string
		status               int
	}{
		{"bytes=1000-1999", "bytes 1000-1999/100000", http.StatusPartialContent},
		{"bytes=4000-9999", "bytes 4000-4999/100000", http.StatusPartialContent},
		{"bytes=0-9999", "bytes 1000-4999/100000", http.StatusPartialContent},
		{"bytes=5000-", "bytes 90000-99999/100000", http.StatusPartialContent},
		{"bytes=-5", "bytes 99995-99999/100000", http.StatusPartialContent},
		{"bytes=5000-89999", "bytes */100000", http.StatusRequestedRangeNotSatisfiable},
		{"bytes=200000-", "bytes */100000", http.StatusRequestedRangeNotSatisfiable},
		{"", "bytes */100000", http.StatusRequestedRangeNotSatisfiable},
	} {
		for _, method := range []string{http.MethodHead, http.MethodGet} {
			lines := []string{method + " " + n2r(content) + " HTTP/1.1", "Host: x"}
			if c.header != "" {
				lines = append(lines, "Range: "+c.header)
			}
			p.send(lines...)
			got, err := p.read(method)
			if err != nil {
				t.Fatal(err)
			}
			if got.StatusCode != c.status || got.Header.Get("Content-Range") != c.contentRange {
				t.Errorf("%s %q: %d %q, want %d %q", method, c.header, got.StatusCode, got.Header.Get("Content-Range"), c.status, c.contentRange)
			}
			if got := got.Header.Get(headerAvailable); got != "bytes 1000-4999,90000-99999" {
				t.Errorf("%s %q: available %q", method, c.header, got)
			}
			if r, size, err := ranges.ParseContentRange(c.contentRange); err == nil && size > 0 && method == http.MethodGet && got.content != content[r.Start:r.End] {
				t.Errorf("%q gave %d other bytes", c.header, len(got.content))
			}
			if c.status == http.StatusPartialContent && !strings.HasSuffix(got.Header.Get(headerTree), ";"+urn.Blake3(tree.Root()).String()) {
				t.Errorf("%s %q names the tree %q", method, c.header, got.Header.Get(headerTree))
			}
		}
	}
	p.get("/uri-res/N2B?" + sum(content).URN())
	if got := p.want(http.StatusOK); got.content != string(tree.AppendNodes(nil)) {
		t.Errorf("the tree came as %d other bytes", len(got.content))
	}
	p.get("/uri-res/N2X?" + sum(content).URN())
	p.want(http.StatusNotFound)
	p.get(n2r("something else"), "Range: bytes=0-1")
	p.want(http.StatusNotFound)
}

// TestAvailable: the largest pieces are named, in order, when there are many.
func TestAvailable(t *testing.T) {
	var have ranges.Set
	if got := ranges.FormatList(&have, maxAvailable); got != "bytes" {
		t.Errorf("nothing is %q", got)
	}
	for i := range int64(3 * maxAvailable) {
		have.Add(ranges.Range{Start: 1000 * i, End: 1000*i + 1 + i})
	}
	got := ranges.FormatList(&have, maxAvailable)
	if pieces := strings.Split(strings.TrimPrefix(got, "bytes "), ","); len(pieces) != maxAvailable || pieces[0] != "128000-128128" || pieces[63] != "191000-191191" {
		t.Errorf("%d pieces from %s to %s", len(pieces), pieces[0], pieces[len(pieces)-1])
	}
}
