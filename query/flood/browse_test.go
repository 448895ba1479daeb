package flood

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"filbert/overlay/wire"
	"filbert/query/index"
)

// shop is who serves in these tests.
type shop struct{ err error }

func (s shop) HitTo(_ context.Context, local, remote netip.Addr) (wire.QueryHit, error) {
	return wire.QueryHit{
		Addr: netip.MustParseAddrPort("9.1.1.1:7000"), Speed: 1000, Servent: servent,
		Trailer: wire.NewTrailer(wire.VendorCode{'T', 'E', 'S', 'T'}, 0),
	}, s.err
}

var changed = time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)

// serving makes a Browse of some files.
func serving(on bool, entries ...index.Entry) *Browse {
	ix := index.New()
	ix.Apply(entries, nil)
	return NewBrowse(BrowseConfig{
		Index: ix, Self: shop{}, Agent: "filbert/test", On: on,
		Changed: func() time.Time { return changed }, Rand: rand.New(rand.NewPCG(1, 1)),
	})
}

// asks sends one request, from an address or, when that is "", from a host that
// was not there before.
func asks(t *testing.T, b *Browse, method, from string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	if r.RemoteAddr = from; from == "" {
		b.limit = browseLimit{}
		r.RemoteAddr = "9.2.2.2:4000"
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w.Result()
}

// read returns the hits of a listing.
func read(t *testing.T, answer *http.Response) (hits []*wire.QueryHit) {
	t.Helper()
	body, err := io.ReadAll(answer.Body)
	if answer.Header.Get("Content-Encoding") == "deflate" {
		z, zerr := zlib.NewReader(bytes.NewReader(body))
		if zerr != nil {
			t.Fatal(zerr)
		}
		body, err = io.ReadAll(z)
	}
	if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != typePackets {
		t.Fatalf("%s, %v, %v", answer.Status, answer.Header, err)
	}
	for len(body) > 0 {
		var f wire.Frame
		if f, body, err = wire.SplitFrame(body); err != nil {
			t.Fatal(err)
		}
		m, err := wire.Parse(f.Type(), f.Payload())
		hit, ok := m.(*wire.QueryHit)
		if err != nil || !ok || f.TTL() != 1 || f.Hops() != 0 {
			t.Fatalf("packet %x: %v", f[:wire.HeaderLen], err)
		}
		hits = append(hits, hit)
	}
	return hits
}

var blue = index.Entry{ID: 1, Name: "Blue Sky.txt", Size: 12, SHA1: [20]byte{1}}

// TestBrowseAnswers holds each way to ask against its answer.
func TestBrowseAnswers(t *testing.T) {
	day := func(d time.Duration) string { return changed.Add(d).Format(http.TimeFormat) }
	for _, test := range []struct {
		name   string
		off    bool
		method string
		header []string
		status int
		kind   string // Content-Type
		has    string // in the body
	}{
		{"nothing in particular", false, "GET", nil, 200, "text/plain; charset=utf-8", "filbert/test shares 1 files\n"},
		{"anything", false, "GET", []string{"Accept", "*/*"}, 200, "text/plain; charset=utf-8", "shares 1 files"},
		{"packets", false, "GET", []string{"Accept", "application/x-gnutella-packets"}, 200, typePackets, "Blue Sky.txt"},
		{"packets rather than a page", false, "GET", []string{"Accept", "application/x-gnutella-packets, text/html"}, 200, typePackets, "Blue Sky.txt"},
		{"no packets", false, "GET", []string{"Accept", "application/x-gnutella-packets;q=0, text/html"}, 200, "text/html; charset=utf-8", "Blue Sky.txt"},
		{"a page", false, "GET", []string{"Accept", "text/html,application/xhtml+xml;q=0.9"}, 200, "text/html; charset=utf-8", `<td>12 B</td>`},
		{"packets, switched off", true, "GET", []string{"Accept", typePackets}, 403, "text/plain; charset=utf-8", "switched off"},
		{"a page, switched off", true, "GET", []string{"Accept", "text/html"}, 403, "text/plain; charset=utf-8", "switched off"},
		{"nothing in particular, switched off", true, "GET", nil, 200, "text/plain; charset=utf-8", "shares 1 files"},
		{"nothing new", false, "GET", []string{"Accept", typePackets, "If-Modified-Since", day(0)}, 304, "", ""},
		{"something new", false, "GET", []string{"Accept", typePackets, "If-Modified-Since", day(-time.Second)}, 200, typePackets, "Blue"},
		{"no date", false, "GET", []string{"Accept", typePackets, "If-Modified-Since", "yesterday"}, 200, typePackets, "Blue"},
		{"the head of packets", false, "HEAD", []string{"Accept", typePackets}, 200, typePackets, ""},
		{"the head of a page", false, "HEAD", []string{"Accept", "text/html"}, 200, "text/html; charset=utf-8", ""},
	} {
		answer := asks(t, serving(!test.off, blue), test.method, "", test.header...)
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != test.status || answer.Header.Get("Content-Type") != test.kind || !strings.Contains(string(body), test.has) {
			t.Errorf("%s: %s, %v, %q, %v", test.name, answer.Status, answer.Header, body, err)
		}
		if test.method == "HEAD" && len(body) > 0 {
			t.Errorf("%s: %q", test.name, body)
		}
	}
	down := serving(true, blue)
	down.cfg.Self = shop{err: errors.New("closed")}
	if answer := asks(t, down, "GET", "", "Accept", typePackets); answer.StatusCode != 503 {
		t.Errorf("while the node ends: %s", answer.Status)
	}
}

// TestListing lists everything, in packets others take.
func TestListing(t *testing.T) {
	var entries []index.Entry
	for i := range uint32(57) {
		entries = append(entries, index.Entry{ID: i, Name: fmt.Sprintf("file %d.txt", i), Size: int64(i), SHA1: [20]byte{byte(i), 1}})
	}
	entries[20].SHA1 = entries[21].SHA1                             // copies of one file
	entries[30].Size = 5 << 30                                      // too large for a field of 32 bits
	entries[31].SHA1 = [20]byte{}                                   // not hashed
	entries[40].Partial = true                                      // still arriving
	entries[50].Name = strings.Repeat("very long name ", 15)        // of 225 bytes
	entries = append(entries, longNames(60, 20, [20]byte{0xff})...) // which end a packet before ten records
	b := serving(true, entries...)
	for _, encoding := range []string{"", "gzip, deflate", "deflate;q=0"} {
		answer := asks(t, b, "GET", "", "Accept", typePackets, "Accept-Encoding", encoding)
		if deflated := answer.Header.Get("Content-Encoding") == "deflate"; deflated != (encoding == "gzip, deflate") {
			t.Errorf("asked with %q, answered with %v", encoding, answer.Header)
		}
		if answer.Header.Get("X-GUID") != servent.String() || answer.Header.Get("Last-Modified") != "Fri, 02 Jan 2026 03:04:05 GMT" {
			t.Errorf("header %v", answer.Header)
		}
		seen := map[uint32]bool{}
		for _, hit := range read(t, answer) {
			if hit.Servent != servent || hit.Addr != netip.MustParseAddrPort("9.1.1.1:7000") || hit.Trailer.Vendor != (wire.VendorCode{'T', 'E', 'S', 'T'}) {
				t.Errorf("hit %+v", hit)
			}
			if size := len(hit.AppendTo(nil)); len(hit.Records) > recordsPerPacket || size > 3500 {
				t.Errorf("a packet of %d records and %d bytes", len(hit.Records), size)
			}
			hashes := map[[20]byte]bool{}
			for _, r := range hit.Records {
				if seen[r.Index] {
					t.Errorf("file %d is listed again", r.Index)
				}
				seen[r.Index] = true
				for sum := range wire.SHA1s(r.Ext) {
					if hashes[sum] {
						t.Errorf("a packet has a hash twice, of file %d", r.Index)
					}
					hashes[sum] = true
				}
				if r.Index == 30 && r.Size != 5<<30 {
					t.Errorf("file 30 has %d bytes", r.Size)
				}
			}
		}
		if len(seen) != 76 || seen[40] {
			t.Errorf("%d files are listed, want 76", len(seen))
		}
	}
	if s := b.Stats(); s.Listed != 3 || s.Files != 3*76 || s.Cut != 0 {
		t.Errorf("counted %+v", s)
	}
}

// longNames makes files whose names are long.
func longNames(from uint32, n int, sum [20]byte) (entries []index.Entry) {
	for i := range n {
		sum[1] = byte(i)
		entries = append(entries, index.Entry{ID: from + uint32(i), Name: fmt.Sprint(strings.Repeat("long ", 48), i), SHA1: sum})
	}
	return entries
}

// TestListingIsBounded lists no more than maxListed files.
func TestListingIsBounded(t *testing.T) {
	for _, n := range []int{maxListed - 1, maxListed, maxListed + 1} {
		entries := make([]index.Entry, n)
		for i := range entries {
			entries[i] = index.Entry{ID: uint32(i), Name: "f"}
		}
		b := serving(true, entries...)
		asks(t, b, "GET", "", "Accept", typePackets)
		if s := b.Stats(); s.Files != uint64(min(n, maxListed)) {
			t.Errorf("of %d files %d are listed", n, s.Files)
		}
		answer := asks(t, b, "GET", "", "Accept", "text/html")
		page, err := io.ReadAll(answer.Body)
		if rows := strings.Count(string(page), "<tr>"); err != nil || rows != maxPageFiles || !strings.Contains(string(page), fmt.Sprint(n-maxPageFiles, " of them are not listed")) {
			t.Errorf("a page of %d rows, %v", rows, err)
		}
	}
}

// TestPageEscapes shows names that would be something else in a page.
func TestPageEscapes(t *testing.T) {
	b := serving(true,
		index.Entry{ID: 1, Name: `<script>alert(1)</script>.txt`, SHA1: [20]byte{1}},
		index.Entry{ID: 2, Name: "evil\u202egpj.exe\x1b[2J\"'&", SHA1: [20]byte{2}},
		index.Entry{ID: 3, Name: "not hashed"})
	answer := asks(t, b, "GET", "", "Accept", "text/html")
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	page := string(body)
	for _, bad := range []string{"<script", "\u202e", "\x1b", `"'&`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if !strings.Contains(page, `href="/uri-res/N2R?urn`) || strings.Count(page, "<a ") != 2 || answer.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("page %s", page)
	}
}

// TestBrowsedTooOften counts listings and pages together, and nothing else.
func TestBrowsedTooOften(t *testing.T) {
	b := serving(true, blue)
	const from = "9.3.3.3:4000"
	for _, header := range [][]string{
		{"Accept", typePackets}, {"Accept", "text/html"}, {"Accept", typePackets, "If-Modified-Since", changed.Format(http.TimeFormat)}, nil, {"Accept", typePackets},
	} {
		if answer := asks(t, b, "GET", from, header...); answer.StatusCode >= 400 {
			t.Fatalf("%v: %s", header, answer.Status)
		}
	}
	asks(t, b, "HEAD", from, "Accept", typePackets)
	for _, accept := range []string{typePackets, "text/html"} {
		answer := asks(t, b, "GET", from, "Accept", accept)
		if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "3600" {
			t.Errorf("the fourth time: %s, Retry-After %q", answer.Status, answer.Header.Get("Retry-After"))
		}
	}
	if answer := asks(t, b, "GET", from); answer.StatusCode != http.StatusOK {
		t.Errorf("nothing in particular: %s", answer.Status)
	}
	if answer := asks(t, b, "GET", "9.4.4.4:1", "Accept", typePackets); answer.StatusCode != http.StatusOK {
		t.Errorf("another host: %s", answer.Status)
	}
	if s := b.Stats(); s.Often != 2 || s.Unchanged != 1 || s.Listed != 4 {
		t.Errorf("counted %+v", s)
	}
}

// TestOneListingAtATime refuses a host that is being given one.
func TestOneListingAtATime(t *testing.T) {
	b := serving(true, blue)
	inside, proceed := make(chan bool), make(chan bool)
	done := make(chan int)
	ask := func() {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "9.3.3.3:4000"
		r.Header.Set("Accept", typePackets)
		w := &stuckWriter{httptest.NewRecorder(), inside, proceed}
		b.ServeHTTP(w, r)
		done <- w.Code
	}
	go ask()
	<-inside
	if answer := asks(t, b, "GET", "9.3.3.3:4001", "Accept", typePackets); answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") != "60" {
		t.Errorf("a second listing at a time: %s, %v", answer.Status, answer.Header)
	}
	close(proceed)
	if code := <-done; code != http.StatusOK {
		t.Errorf("the first: %d", code)
	}
	if answer := asks(t, b, "GET", "9.3.3.3:4001", "Accept", typePackets); answer.StatusCode != http.StatusOK {
		t.Errorf("after the first: %s", answer.Status)
	}
}

// stuckWriter takes the first bytes when it may.
type stuckWriter struct {
	*httptest.ResponseRecorder
	inside, proceed chan bool
}

func (w *stuckWriter) Write(b []byte) (int, error) {
	w.inside <- true
	<-w.proceed
	return w.ResponseRecorder.Write(b)
}
