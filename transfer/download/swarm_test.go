package download

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer"
	"filbert/transfer/merkle"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// seed is a source as filberts are: it has a file whole, with its trees, and
// gives at some rate. It may lie.
type seed struct {
	transfer.Source
	t        *testing.T
	file     transfer.File
	bytes    []byte
	trees    []*merkle.Tree
	rate     func(sent int64) int64                                   // bytes per second after so many bytes; nil: as fast as it goes
	spoil    func(b []byte, at int64, sent int64) (_ []byte, ok bool) // what goes out instead of b; not ok: it closes
	says     func(r ranges.Range) (ranges.Range, int64)               // range and length of its answers; nil: the truth
	chooses  func(offer string, r ranges.Range) ranges.Range          // what it gives of what it may choose from; nil: it does not
	stalls   func(sent int64) bool                                    // it sends nothing more then, and keeps the connection
	giveTree func(c net.Conn)                                         // answers a request for a tree; nil: with the tree
	piece    int64                                                    // bytes it sends at a time; 0: 32 KiB
	ahead    time.Duration                                            // an answer begins this much later

	sent  atomic.Int64 // bytes of the file
	asked atomic.Int64 // requests for it
	gave  atomic.Int64 // trees
	calls atomic.Int64 // connections
}

// treesOf is the trees of b, of BLAKE3 if nothing else is asked for.
func treesOf(b []byte, kinds ...merkle.Kind) (trees []*merkle.Tree) {
	if len(kinds) == 0 {
		kinds = []merkle.Kind{merkle.Blake3}
	}
	for _, k := range kinds {
		builder := merkle.NewBuilder(k, int64(len(b)))
		builder.Write(b)
		tree, err := builder.Tree()
		if err != nil {
			panic(err)
		}
		trees = append(trees, tree)
	}
	return trees
}

// plant lets a seed listen.
func plant(t *testing.T, n network, file transfer.File, b []byte, trees []*merkle.Tree) *seed {
	s := &seed{t: t, file: file, bytes: b, trees: trees}
	s.Source = n.listen(t, s.serve)
	return s
}

func (s *seed) serve(c net.Conn) {
	s.calls.Add(1)
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		pass(s.ahead)
		switch {
		case r.URL.Path == pathN2R:
		case s.giveTree != nil:
			s.giveTree(c)
			continue
		default:
			s.serveTree(c, r.URL.Path)
			continue
		}
		s.asked.Add(1)
		asked, err := ranges.ParseHTTP(r.Header.Get("Range"), s.file.Size)
		if err != nil {
			s.t.Errorf("Range %q: %v", r.Header.Get("Range"), err)
			return
		}
		var headers []string
		if s.chooses != nil {
			headers = append(headers, headerFeatures+": queue/1.0, "+featureWant+"/0.1")
			asked = s.chooses(r.Header.Get(headerWant), asked)
		} else if offer := r.Header.Get(headerWant); offer != "" {
			s.t.Errorf("offers %q to a source that does not choose", offer)
		}
		said, length := asked, asked.Len()
		if s.says != nil {
			said, length = s.says(asked)
		}
		headers = append(headers, "Content-Range: "+ranges.ContentRange(said, s.file.Size), fmt.Sprintf("Content-Length: %d", length))
		for _, tree := range s.trees {
			headers = append(headers, nameOfTree(s.file, tree))
		}
		head(c, "206 Partial Content", headers...)
		if !s.send(c, asked) {
			return
		}
	}
}

// nameOfTree is the header that names a tree.
func nameOfTree(f transfer.File, tree *merkle.Tree) string {
	root := tree.Root()
	if tree.Kind() == merkle.Blake3 {
		return headerTree + ": " + pathN2B + "?" + f.SHA1.URN() + ";" + urn.Blake3(root).String()
	}
	return headerThex + ": " + pathN2X + "?" + f.SHA1.URN() + ";" + urn.Tiger(root[:24]).String()
}

func (s *seed) serveTree(c net.Conn, path string) {
	for _, tree := range s.trees {
		var body []byte
		switch {
		case tree.Kind() == merkle.Blake3 && path == pathN2B:
			body = tree.AppendNodes(nil)
		case tree.Kind() == merkle.Tiger && path == pathN2X:
			body = merkle.AppendTHEX(nil, tree)
		default:
			continue
		}
		s.gave.Add(1)
		sized(c, body)
		return
	}
	head(c, "404 Not Found", "Content-Length: 0")
}

// send sends bytes of the file at its rate, and reports whether all of them went.
func (s *seed) send(c net.Conn, r ranges.Range) bool {
	piece := int64(32 << 10)
	if s.rate != nil {
		piece = min(piece, max(1, s.rate(s.sent.Load())/8)) // nor is a slow one silent for long
	}
	piece = cmp.Or(s.piece, piece)
	for at := r.Start; at < r.End; {
		b := s.bytes[at:min(at+piece, r.End)]
		n := int64(len(b))
		if s.rate != nil {
			pass(time.Duration(float64(n) / float64(s.rate(s.sent.Load())) * float64(time.Second)))
		}
		if s.stalls != nil && s.stalls(s.sent.Load()) {
			io.Copy(io.Discard, c)
			return false
		}
		if s.spoil != nil {
			spoilt, ok := s.spoil(b, at, s.sent.Load())
			if !ok {
				return false
			}
			b = spoilt
		}
		got, err := c.Write(b)
		s.sent.Add(int64(got))
		if err != nil {
			return false
		}
		at += n
	}
	return true
}

const mb = 1_000_000

// Sources give a tenth of the 20 MB/s of the measurement over real sockets, so
// that the bytes are few; the time is virtual.
const fullRate = 2 * mb

func steady(rate int64) func(int64) int64 { return func(int64) int64 { return rate } }

// fetch downloads from the seeds, and returns how long it took and the last
// status.
func fetch(t *testing.T, n network, file transfer.File, b []byte, seeds ...*seed) (time.Duration, Status) {
	t.Helper()
	d := open(t, folder(), Config{Connector: n})
	began := time.Now()
	d.add(file, sourcesOf(seeds)...)
	s := d.want(file, Complete)
	took := time.Since(began)
	d.wantFile(file.Name, b)
	return took, s
}

func sourcesOf(seeds []*seed) (sources []transfer.Source) {
	for _, s := range seeds {
		sources = append(sources, s.Source)
	}
	return sources
}

// plantFour is four sources of one file at full rate.
func plantFour(t *testing.T, n network) (file transfer.File, b []byte, seeds []*seed) {
	file, b = content(1, 36*mb)
	trees := treesOf(b)
	for range 4 {
		s := plant(t, n, file, b, trees)
		s.rate = steady(fullRate)
		seeds = append(seeds, s)
	}
	return file, b, seeds
}

// TestFourSources: four sources give at least 97 % of the sum of their rates over
// the whole file. An answer begins 10 ms after it was asked for, and the hash
// tree comes first.
func TestFourSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		file, b, seeds := plantFour(t, n)
		for _, s := range seeds {
			s.ahead = 10 * time.Millisecond
		}
		took, status := fetch(t, n, file, b, seeds...)
		share := 36.0 / 8 / took.Seconds()
		t.Logf("%v, %.1f %% of the sum, %d bytes for nothing", took, 100*share, status.Wasted)
		if share < 0.97 {
			t.Errorf("took %v: %.1f %% of the sum of the rates", took, 100*share)
		}
		trees4 := seeds[0].gave.Load() + seeds[1].gave.Load() + seeds[2].gave.Load() + seeds[3].gave.Load()
		if trees4 != 1 || status.Verify != "BLAKE3" {
			t.Errorf("%d trees were fetched, verified by %s", trees4, status.Verify)
		}
	})
}

// TestSourcesThatFail: of four sources one dies half way and one falls to a
// twentieth. The file is there within 5 % of the ideal for the bytes each could
// give.
func TestSourcesThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		file, b, seeds := plantFour(t, n)
		began := time.Now()
		const fails = 2250 * time.Millisecond // half of the time it would take
		dead := func() bool { return time.Since(began) >= fails }
		seeds[0].spoil = func(b []byte, _, _ int64) ([]byte, bool) { return b, !dead() }
		seeds[1].rate = func(int64) int64 {
			if dead() {
				return fullRate / 20
			}
			return fullRate
		}
		took, status := fetch(t, n, file, b, seeds...)
		// Half of it until then, the rest at 2.05 times the rate of one.
		ideal := fails + time.Second*18*mb/(fullRate*205/100)
		t.Logf("%v, ideal %v (%.3f), %d bytes for nothing", took, ideal, took.Seconds()/ideal.Seconds(), status.Wasted)
		if took > ideal*105/100 {
			t.Errorf("took %v, ideal %v", took, ideal)
		}
	})
}
