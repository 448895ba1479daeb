package upload

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

const slice = 64 << 10 // of the hash tree of a file that is not large

func wantsOf(r ...int) string {
	list := make([]string, 0, len(r)/2)
	for i := 0; i < len(r); i += 2 {
		list = append(list, fmt.Sprintf("%d-%d", r[i]*slice, r[i+1]*slice-1))
	}
	return headerWant + ": bytes " + strings.Join(list, ",")
}

// TestChoose: those who leave it to us get what was given least often of what they
// want, when several fetch a file; who is alone, or does not, gets what it asks for.
func TestChoose(t *testing.T) {
	const pieces = 8 // 32 slices
	inBubbleWith(t, Config{}, pieces, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		ask := func(p *peer, lines ...string) ranges.Range {
			t.Helper()
			p.get(target, lines...)
			res := p.want(http.StatusPartialContent)
			r, size, err := ranges.ParseContentRange(res.Header.Get("Content-Range"))
			if err != nil || size != pieces*pieceSize || int64(len(res.content)) != r.Len() {
				t.Fatalf("%d bytes of %v of %d: %v", len(res.content), r, size, err)
			}
			return r
		}
		all, first := wantsOf(0, 32), fmt.Sprintf("Range: bytes=0-%d", slice-1)
		alone := dial(hostN(1))
		for range 2 {
			if got := ask(alone, first, all); got != (ranges.Range{End: slice}) {
				t.Errorf("who is alone got %v", got)
			}
		}
		other := dial(hostN(2))
		res := other.begin(target) // counts as given, whole
		var given ranges.Set
		given.Add(ranges.Range{End: slice})
		for i := range 31 {
			got := ask(alone, first, all)
			if given.Contains(got) || got.Len() != slice {
				t.Errorf("part %d is %v, and %v was given", i, got, &given)
			}
			given.Add(got)
		}
		if got := ask(alone, first, wantsOf(3, 4, 8, 9)); got.Start != 3*slice && got.Start != 8*slice {
			t.Errorf("of two slices it got %v", got)
		}
		for name, want := range map[string]string{"malformed": headerWant + ": lines 1-2", "too long": wantsOf(make([]int, 2000)...), "no whole slice": headerWant + ": bytes 100-200"} {
			if got := ask(alone, first, want); got != (ranges.Range{End: slice}) {
				t.Errorf("%s: got %v", name, got)
			}
		}
		// What the other did not take was not given.
		other.take(res, 2*pieceSize)
		other.Close()
		synctest.Wait()
		dial(hostN(3)).begin(target)
		if got := ask(alone, first, wantsOf(0, 8, 16, 32)); got.Start < 16*slice {
			t.Errorf("got %v, which was given to another", got)
		}
	})
}

// TestChooseOfPart: of a file that is arriving those who leave it to us get what is
// here by the time they have a slot.
func TestChooseOfPart(t *testing.T) {
	content := strings.Repeat("y", 32*slice)
	b := merkle.NewBuilder(merkle.Blake3, int64(len(content)))
	b.Write([]byte(content))
	tree, err := b.Tree()
	if err != nil {
		t.Fatal(err)
	}
	var have ranges.Set
	have.Add(ranges.Range{Start: 4 * slice, End: 5*slice + 100})
	s := share(t, nil, Config{Arriving: func(h urn.SHA1) (Partial, bool) {
		return Partial{File: transfer.File{Name: "f", Size: int64(len(content)), SHA1: h}, Tree: tree, Have: have.Clone(), ReaderAt: strings.NewReader(content)}, true
	}})
	p := s.dial()
	first := fmt.Sprintf("Range: bytes=0-%d", slice-1)
	p.get(n2r(content), first, wantsOf(0, 4, 6, 32))
	p.want(http.StatusRequestedRangeNotSatisfiable)
	p.get(n2r(content), first, wantsOf(0, 32))
	if res := p.want(http.StatusPartialContent); res.Header.Get("Content-Range") != "bytes 262144-327679/2097152" {
		t.Errorf("got %q", res.Header.Get("Content-Range"))
	}
	have.Add(ranges.Range{Start: 9 * slice, End: 10 * slice})
	p.get(n2r(content), first, wantsOf(0, 32))
	res := p.want(http.StatusPartialContent)
	if res.Header.Get("Content-Range") != "bytes 589824-655359/2097152" || res.Header.Get(headerAvailable) != "bytes 262144-327779,589824-655359" {
		t.Errorf("got %q of %q", res.Header.Get("Content-Range"), res.Header.Get(headerAvailable))
	}
}

// TestGivenIsBounded: of many files it is known of the last what was given.
func TestGivenIsBounded(t *testing.T) {
	s := New(Config{})
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.givenOf(urn.SHA1{1}, manySlices)
	for i := range maxGiven - 1 {
		s.givenOf(urn.SHA1{2, byte(i)}, manySlices)
	}
	if len(s.given) != maxGiven || s.givenOf(urn.SHA1{1}, manySlices) != first {
		t.Errorf("%d files are known", len(s.given))
	}
	s.givenOf(urn.SHA1{3}, manySlices)
	s.givenOf(urn.SHA1{4}, manySlices)
	if len(s.given) != maxGiven || s.givenOf(urn.SHA1{1}, manySlices) != first {
		t.Errorf("%d files are known, and the last but two is not", len(s.given))
	}
}
