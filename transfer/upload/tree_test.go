package upload

import (
	"net/http"
	"strings"
	"testing"

	"filbert/transfer/merkle"
)

// TestTrees: an answer with a file says where its trees are, and what is fetched
// there is the tree of the root it names.
func TestTrees(t *testing.T) {
	large := strings.Repeat(thousand, 700)
	s := share(t, map[string]string{"large": large, "small": "abc"}, Config{})
	for _, content := range []string{large, "abc"} {
		e, err := s.lib.BySHA1(sum(content))
		if err != nil {
			t.Fatal(err)
		}
		p := s.dial()
		p.get(n2r(content), "Range: bytes=0-0")
		first := p.want(http.StatusPartialContent)
		thex, tree := first.Header.Get(headerThex), first.Header.Get(headerTree)
		if want := "/uri-res/N2X?" + e.SHA1.URN() + ";" + e.Tiger.String(); thex != want {
			t.Errorf("%s %q, want %q", headerThex, thex, want)
		}
		if want := "/uri-res/N2B?" + e.SHA1.URN() + ";" + e.Blake3.String(); tree != want {
			t.Errorf("%s %q, want %q", headerTree, tree, want)
		}
		var root merkle.Hash
		copy(root[:], e.Tiger[:])
		for _, target := range []string{thex, "/uri-res/N2X?" + e.SHA1.URN()} {
			p.get(target)
			got := p.want(http.StatusOK)
			if _, err := merkle.ParseTHEX([]byte(got.content), e.Size, root); err != nil || got.Header.Get("Content-Type") != "application/dime" {
				t.Errorf("%s gave %q: %v", target, got.Header, err)
			}
		}
		p.get(tree)
		got := p.want(http.StatusOK)
		if _, err := merkle.New(merkle.Blake3, e.Size, merkle.SliceSize(merkle.Blake3, e.Size), []byte(got.content), merkle.Hash(e.Blake3)); err != nil {
			t.Errorf("%s: %v", tree, err)
		}
	}
	if stats := s.Stats(); len(stats.Refused) > 0 {
		t.Errorf("counted %+v", stats)
	}
}

// TestNoTree: a tree that cannot be had is refused with the status that says
// why, and the connection goes on.
func TestNoTree(t *testing.T) {
	s := share(t, map[string]string{"f": thousand}, Config{})
	p := s.dial()
	for target, status := range map[string]int{
		"/uri-res/N2X?" + sum("other").URN():      http.StatusNotFound,
		"/uri-res/N2B?urn:tree:tiger:" + abcTiger: http.StatusNotFound,
		"/uri-res/N2X?urn:sha1:short;" + abcTiger: http.StatusBadRequest,
		"/uri-res/N2X":                                http.StatusNotFound,
		"/uri-res/N2Y?" + sum(thousand).URN():         http.StatusNotFound,
		"/uri-res/N2B?" + sum(thousand).URN() + ";;;": http.StatusOK,
	} {
		p.get(target)
		p.want(status)
	}
}
