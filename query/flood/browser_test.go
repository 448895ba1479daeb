package flood

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/overlay/deflate"
	"filbert/overlay/wire"
	"filbert/query"
	"filbert/transfer"
	"filbert/transfer/urn"
)

var shopAddr = netip.MustParseAddrPort("9.1.1.1:7000")

// host is a servent that answers one request with what it is told. It
// implements transfer.Connector.
type host struct {
	t      *testing.T
	answer []byte
	stays  bool // does not close behind the answer
	work   sync.WaitGroup
	asked  *http.Request
}

func (h *host) Connect(_ context.Context, src transfer.Source) (net.Conn, error) {
	if src.Addr != shopAddr {
		return nil, errors.New("no route to host")
	}
	near, far := net.Pipe()
	h.work.Go(func() {
		r, err := http.ReadRequest(bufio.NewReader(far))
		if err != nil {
			h.t.Error(err)
		}
		h.asked = r
		far.Write(h.answer) // an error: the asker has enough
		if h.stays {
			io.Copy(io.Discard, far)
		}
		far.Close()
	})
	return near, nil
}

// browse asks a host that gives an answer, and returns what was found.
func browse(t *testing.T, answer []byte) (hits []query.Hit, err error) {
	t.Helper()
	h := &host{t: t, answer: answer}
	defer h.work.Wait()
	g, err := (&Browser{Connector: h, Agent: "filbert/test"}).Open(t.Context(), transfer.Source{Addr: shopAddr})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	err = g.Each(func(h query.Hit) { hits = append(hits, h) })
	if g.Files() != len(hits) {
		t.Errorf("%d files, %d hits", g.Files(), len(hits))
	}
	return hits, err
}

// listingOf is an answer with a body.
func listingOf(body []byte, header ...string) []byte {
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/x-gnutella-packets\r\nConnection: close\r\n"
	for _, line := range header {
		head += line + "\r\n"
	}
	return append([]byte(head+"\r\n"), body...)
}

// packet is one query hit.
func packet(by wire.GUID, records ...wire.Record) []byte {
	return wire.AppendFrame(nil, wire.GUID{0: 5, 8: 0xff}, 1, 0, &wire.QueryHit{
		Addr: netip.MustParseAddrPort("10.0.0.1:25"), Records: records, Servent: by,
		Trailer: wire.NewTrailer(wire.VendorCode{'T', 'E', 'S', 'T'}, wire.HitBusy),
	})
}

// fileOf is a record of a hash and a name.
func fileOf(n int) wire.Record {
	sum := [20]byte{byte(n), byte(n >> 8), byte(n >> 16), 1}
	return wire.Record{Index: uint32(n), Size: int64(n), Name: fmt.Sprintf("file %d", n), Ext: wire.AppendSHA1(nil, sum)}
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// TestBrowsesGtkGnutella reads the listing that one gtk-gnutella gave another:
// chunked, deflated, of two files.
func TestBrowsesGtkGnutella(t *testing.T) {
	answer, err := os.ReadFile("testdata/captures/plain-browse-B-to-A.A.bin")
	if err != nil {
		t.Fatal(err)
	}
	hits, err := browse(t, answer)
	if err != nil || len(hits) != 2 {
		t.Fatalf("%d files, %v", len(hits), err)
	}
	var small []byte // see the captures' README: SHA-256("SEED:0"), SHA-256("SEED:1") …
	for i := 0; len(small) < 5000; i++ {
		block := sha256.Sum256(fmt.Appendf(nil, "alpha-small:%d", i))
		small = append(small, block[:]...)
	}
	want := map[string]transfer.File{
		"interop alpha small.bin":  {Size: 5000, SHA1: urn.SHA1(sha1.Sum(small[:5000]))},
		"interop readme alpha.txt": {Size: 130, SHA1: urn.SHA1(sha1.Sum(bytes.Repeat([]byte("alpha readme\n"), 10)))},
	}
	for _, h := range hits {
		w := want[h.File.Name]
		if h.File.Size != w.Size || h.File.SHA1 != w.SHA1 || h.Source.Vendor != "GTKG" || h.Source.Addr != shopAddr || h.Source.Servent == [16]byte{} || h.Hops != 1 {
			t.Errorf("%+v, want %+v", h, w)
		}
	}
}

// TestBrowseRequest compares what is asked with what gtk-gnutella asks.
func TestBrowseRequest(t *testing.T) {
	raw, err := os.ReadFile("testdata/captures/plain-browse-B-to-A.B.bin")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, answer: listingOf(nil)}
	g, err := (&Browser{Connector: h, Agent: "filbert/test"}).Open(t.Context(), transfer.Source{Addr: shopAddr})
	if err != nil {
		t.Fatal(err)
	}
	g.Close()
	h.work.Wait()
	if h.asked.Method != theirs.Method || h.asked.RequestURI != theirs.RequestURI || h.asked.Host != shopAddr.String() || h.asked.UserAgent() != "filbert/test" {
		t.Errorf("asked %+v", h.asked)
	}
	for _, name := range []string{"Accept", "Accept-Encoding"} {
		if h.asked.Header.Get(name) != theirs.Header.Get(name) {
			t.Errorf("%s: %q, gtk-gnutella says %q", name, h.asked.Header.Get(name), theirs.Header.Get(name))
		}
	}
}

// TestBrowseAnswered holds what is made of each answer.
func TestBrowseAnswered(t *testing.T) {
	bad := []byte("no message at all, and longer than a header")
	foreign := wire.AppendFrame(nil, wire.GUID{1}, 1, 0, &wire.Query{Text: "x"})
	other := packet(wire.GUID{9}, fileOf(7))
	one := packet(servent, fileOf(1), fileOf(2))
	many := func(p []byte, n int) []byte { return bytes.Repeat(p, n) }
	status := func(line string, header ...string) []byte {
		return []byte("HTTP/1.1 " + line + "\r\nContent-Length: 0\r\n" + strings.Join(append(header, "\r\n"), "\r\n"))
	}
	for _, test := range []struct {
		name   string
		answer []byte
		files  int
		want   string // of the error; "" = none
	}{
		{"two files", listingOf(one), 2, ""},
		{"nothing", listingOf(nil), 0, ""},
		{"with its length", listingOf(one, fmt.Sprint("Content-Length: ", len(one))), 2, ""},
		{"deflated", listingOf(deflated(one), "Content-Encoding: deflate"), 2, ""},
		{"HTTP/1.0", append([]byte("HTTP/1.0 200 OK\r\nContent-Type: application/x-gnutella-packets\r\n\r\n"), one...), 2, ""},
		{"the GUID it names", listingOf(one, "X-GUID: "+servent.String()), 2, ""},
		{"another GUID than it names", listingOf(one, "X-GUID: "+wire.GUID{3}.String()), 0, ""},
		{"the files of two", listingOf(append(append([]byte{}, one...), other...)), 2, ""},
		{"a file twice", listingOf(append(append([]byte{}, one...), packet(servent, fileOf(2), fileOf(3))...)), 3, ""},
		{"no servent", listingOf(packet(wire.GUID{}, fileOf(1))), 0, ""},
		{"other messages between", listingOf(append(append([]byte{}, foreign...), one...)), 2, ""},
		{"other messages alone", listingOf(many(foreign, maxBadPackets)), 0, ""},
		{"one too many of them", listingOf(many(foreign, maxBadPackets+1)), 0, "no list of files"},
		{"garbage", listingOf(bad), 0, "no list of files"},
		{"cut in a packet", listingOf(one[:len(one)-1]), 0, "unexpected EOF"},
		{"less than its length", listingOf(one, fmt.Sprint("Content-Length: ", len(one)+5)), 2, "unexpected EOF"},
		{"deflated, and is not", listingOf(one, "Content-Encoding: deflate"), 0, "it begins with"},
		{"deflated, without end", listingOf(deflated(one)[:40], "Content-Encoding: deflate"), 0, "unexpected EOF"},
		{"gzip", listingOf(one, "Content-Encoding: gzip"), 0, "not asked for"},
		{"a page", []byte("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"), 0, "does not offer browsing"},
		{"G2", []byte("HTTP/1.1 200 OK\r\nContent-Type: application/x-gnutella2\r\nContent-Length: 0\r\n\r\n"), 0, "does not offer browsing"},
		{"403", status("403 Forbidden"), 0, "does not let itself be browsed"},
		{"404", status("404 Not Found"), 0, "does not offer browsing"},
		{"406", status("406 Not Acceptable"), 0, "does not offer browsing"},
		{"429", status("429 Too Many Requests", "Retry-After: 1800"), 0, "browsed too often of late; it may be asked again in 30m0s"},
		{"429 for ever", status("429 Too Many Requests", "Retry-After: 99999999999"), 0, "again in 24h0m0s"},
		{"503", status("503 Busy"), 0, "it is busy"},
		{"301", status("301 Moved", "Location: http://127.0.0.1/"), 0, "it answered 301"},
		{"no HTTP", []byte("GNUTELLA/0.6 200 OK\r\n\r\n"), 0, "malformed"},
		{"nothing at all", nil, 0, "EOF"},
		{"a header without end", many([]byte("X: y\r\n"), 4000), 0, "malformed"},
		{"too long a header", append([]byte("HTTP/1.1 200 OK\r\n"), many([]byte("X: y\r\n"), maxAnswerHead/6)...), 0, "too long"},
	} {
		hits, err := browse(t, test.answer)
		if len(hits) != test.files || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %d files, %v; want %d, %q", test.name, len(hits), err, test.files, test.want)
		}
		for _, h := range hits {
			if h.Source.Addr != shopAddr || h.Source.Servent != servent || !h.Busy || h.Source.Push {
				t.Errorf("%s: %+v", test.name, h)
			}
		}
	}
	h := &host{t: t}
	if _, err := (&Browser{Connector: h}).Open(t.Context(), transfer.Source{Addr: netip.MustParseAddrPort("9.1.1.2:1")}); err == nil || !strings.Contains(err.Error(), "browse 9.1.1.2:1: no route") {
		t.Errorf("a host that is not there: %v", err)
	}
}

// TestBrowseBounds takes as much as fits, and no more.
func TestBrowseBounds(t *testing.T) {
	for _, n := range []int{maxFound - 1, maxFound, maxFound + 1} {
		var body []byte
		for i := 0; i < n; i += 10 {
			var records []wire.Record
			for j := i; j < min(i+10, n); j++ {
				records = append(records, fileOf(j))
			}
			body = append(body, packet(servent, records...)...)
		}
		hits, err := browse(t, listingOf(body))
		if len(hits) != min(n, maxFound) || errors.Is(err, ErrListingCut) != (n > maxFound) {
			t.Errorf("%d files gave %d, %v", n, len(hits), err)
		}
	}
	// Names that fill the bytes: longer than what zlib looks back.
	var long bytes.Buffer
	for i := 0; long.Len() < 60_000; i++ {
		fmt.Fprintf(&long, "%x", sha256.Sum256(fmt.Append(nil, i)))
	}
	var body []byte
	for i := 0; len(body) <= maxListingBytes; i++ {
		record := fileOf(i)
		record.Name = long.String()
		body = append(body, packet(servent, record)...)
	}
	if hits, err := browse(t, listingOf(body)); len(hits) == 0 || !errors.Is(err, ErrListingCut) {
		t.Errorf("%d bytes gave %d files, %v", len(body), len(hits), err)
	}
	bomb := deflated(make([]byte, 8<<20))
	if hits, err := browse(t, listingOf(bomb, "Content-Encoding: deflate")); len(hits) > 0 || err == nil {
		t.Errorf("a bomb gave %d files, %v", len(hits), err)
	}
	// The same file again and again inflates like a bomb, too.
	again := deflated(bytes.Repeat(packet(servent, fileOf(1)), 20_000))
	if hits, err := browse(t, listingOf(again, "Content-Encoding: deflate")); len(hits) != 1 || !errors.Is(err, deflate.ErrRatio) {
		t.Errorf("a bomb of packets gave %d files, %v", len(hits), err)
	}
}

// TestBrowseTimes lets hosts be silent, in virtual time.
func TestBrowseTimes(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer []byte
		opens  bool
		want   time.Duration
	}{
		{"says nothing", nil, false, browseAnswer},
		{"says half a header", []byte("HTTP/1.1 200 OK\r\nContent-Type: "), false, browseAnswer},
		{"says half a listing", listingOf(packet(servent, fileOf(1))), true, browseIdle},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &host{t: t, answer: test.answer, stays: true}
				began := time.Now()
				g, err := (&Browser{Connector: h}).Open(t.Context(), transfer.Source{Addr: shopAddr})
				if test.opens != (err == nil) {
					t.Errorf("opened: %v", err)
				}
				if err == nil {
					err = g.Each(func(query.Hit) {})
					g.Close()
				}
				if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != test.want {
					t.Errorf("%v after %v, want %v", err, took, test.want)
				}
				h.work.Wait()
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		h := &host{t: t, stays: true}
		time.AfterFunc(time.Second, cancel)
		if _, err := (&Browser{Connector: h}).Open(ctx, transfer.Source{Addr: shopAddr}); !errors.Is(err, context.Canceled) {
			t.Errorf("given up: %v", err)
		}
		h.work.Wait()
	})
}

// FuzzBrowsing reads any answer: nothing breaks, and no more is found than fits.
func FuzzBrowsing(f *testing.F) {
	golden, err := os.ReadFile("testdata/captures/plain-browse-B-to-A.A.bin")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(listingOf(packet(servent, fileOf(1), fileOf(2))))
	f.Add(listingOf(deflated(packet(servent, fileOf(1))), "Content-Encoding: deflate", "X-GUID: "+servent.String()))
	f.Add([]byte("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		g := &Browsing{source: transfer.Source{Addr: shopAddr}}
		request := (&Browser{}).request(g.source)
		now := time.Now()
		conn := &hostConn{Conn: said{r: bytes.NewReader(answer)}, head: maxAnswerHead, by: now.Add(time.Hour), end: now.Add(time.Hour)}
		if err := g.begin(conn, request); err != nil {
			return
		}
		seen := map[urn.SHA1]bool{}
		err := g.Each(func(h query.Hit) {
			if h.Source.Addr != shopAddr || h.Source.Servent == [16]byte{} || h.File.Size < 0 || h.Hashed() && seen[h.File.SHA1] {
				t.Fatalf("found %+v", h)
			}
			seen[h.File.SHA1] = true
		})
		if g.Files() > maxFound || g.bad > maxBadPackets && err == nil {
			t.Fatalf("%d files, %d bad packets, %v", g.Files(), g.bad, err)
		}
	})
}

// said is a connection on which everything was said already.
type said struct {
	net.Conn
	r io.Reader
}

func (s said) Read(b []byte) (int, error)      { return s.r.Read(b) }
func (s said) SetReadDeadline(time.Time) error { return nil }
