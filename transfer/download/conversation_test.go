package download

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/store"
)

// amount is how much of a file came from one source.
type amount string

const (
	none amount = "nothing"
	some amount = "a part"
	all  amount = "all"
)

// TestConversations: a source that behaves in some way, and an honest one. The
// file always arrives, and the odd source is asked no more often than it should.
func TestConversations(t *testing.T) {
	const size = 300000
	file, b := content(1, size)
	_, wrong := content(2, size)
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d", n) }
	contentRange := func(r ranges.Range, size int64) string { return "Content-Range: " + ranges.ContentRange(r, size) }
	answerWith := func(status string, body func(asked ranges.Range) []byte, headers func(asked ranges.Range) []string) answer {
		return func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
			head(c, status, headers(asked)...)
			c.Write(body(asked))
			return false
		}
	}
	bytesOf := func(b []byte) func(ranges.Range) []byte {
		return func(asked ranges.Range) []byte { return b[asked.Start:asked.End] }
	}
	for _, c := range []struct {
		name string
		odd  answer
		asks int    // how often the odd source may be asked
		gave amount // of the file
	}{
		{"honest", honest(b), 1, all},
		{"shortens to 64 KiB", shortens(b), 5, all},
		{"starts elsewhere", func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
			part(c, b, ranges.Range{Start: asked.Start + asked.Len()/2, End: asked.End})
			return true
		}, 40, all},
		{"whole file with 200", answerWith("200 OK", bytesOf(b), func(ranges.Range) []string { return []string{length(size)} }), 1, all},
		{"whole file until it closes", answerWith("200 OK", bytesOf(b), func(ranges.Range) []string { return []string{"Connection: close"} }), 1, all},
		{"200 with a range", answerWith("200 OK", bytesOf(b), func(asked ranges.Range) []string {
			return []string{contentRange(asked, size), length(int(asked.Len()))}
		}), 1, all},
		{"closes after each answer", func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
			part(c, b, ranges.Range{Start: asked.Start, End: min(asked.End, asked.Start+65536)})
			return false
		}, 5, all},
		{"says so", func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
			r := ranges.Range{Start: asked.Start, End: min(asked.End, asked.Start+65536)}
			head(c, "206 Partial Content", contentRange(r, size), length(int(r.Len())), "Connection: close")
			c.Write(b[r.Start:r.End])
			return false
		}, 5, all},
		{"chunked", func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
			asked.End = min(asked.End, asked.Start+65536)
			head(c, "206 Partial Content", contentRange(asked, size), "Transfer-Encoding: chunked")
			fmt.Fprintf(c, "%x\r\n%s\r\n0\r\n\r\n", asked.Len(), b[asked.Start:asked.End])
			return true
		}, 5, all},
		{"interim answers", func(c net.Conn, r *http.Request, asked ranges.Range, n int) bool {
			for range maxInterim {
				head(c, "102 Processing")
			}
			return honest(b)(c, r, asked, n)
		}, 1, all},
		{"nothing but interim answers", func(c net.Conn, r *http.Request, asked ranges.Range, n int) bool {
			for range maxInterim + 1 {
				head(c, "102 Processing")
			}
			return honest(b)(c, r, asked, n)
		}, 1, none},
		{"sends more than its length", after(1, func(c net.Conn, _ *http.Request, asked ranges.Range, _ int) bool {
			r := ranges.Range{Start: asked.Start, End: asked.Start + 10}
			fmt.Fprintf(c, "HTTP/1.1 206 OK\r\n%s\r\n%s\r\n\r\n%s and more", contentRange(r, size), length(10), b[r.Start:r.End])
			return true
		}, honest(b)), 2, all},
		{"breaks off", breaksOff(b, 100000), 1, some},
		{"breaks off in the header", func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
			fmt.Fprint(c, "HTTP/1.1 206 Partial")
			return false
		}, 1, none},
		{"closes at once", func(net.Conn, *http.Request, ranges.Range, int) bool { return false }, 1, none},
		{"no HTTP", func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
			fmt.Fprint(c, "GNUTELLA/0.6 503 No\r\n\r\n")
			return false
		}, 1, none},
		{"long header", answerWith("206 Partial Content", bytesOf(b), func(asked ranges.Range) []string {
			return []string{contentRange(asked, size), length(size), "X-Alt: " + strings.Repeat("203.0.113.9,", maxHeaderBytes/16)}
		}), 1, all},
		{"too long header", answerWith("206 Partial Content", bytesOf(b), func(asked ranges.Range) []string {
			return []string{contentRange(asked, size), length(size), "X-Alt: " + strings.Repeat("203.0.113.9,", maxHeaderBytes/8)}
		}), 1, none},
		{"redirects on itself", func(c net.Conn, r *http.Request, asked ranges.Range, _ int) bool {
			if r.URL.Path != "/get/7/medium.bin" {
				head(c, "301 Moved Permanently", "Location: /get/7/medium.bin", length(0))
				return true
			}
			part(c, b, asked)
			return true
		}, 2, all},
		{"redirects for ever", says("301 Moved Permanently", "Location: /uri-res/N2R?again"), 2, none},
		{"redirects elsewhere", says("301 Moved Permanently", "Location: http://198.51.100.1:6346/uri-res/N2R"), 1, none},

		{"has it no more", says("404 Not Found"), 1, none},
		{"410", says("410 Gone"), 1, none},
		{"400", says("400 Bad Request"), 1, none},
		{"403", says("403 Forbidden"), 1, none},
		{"busy", says("503 Busy", "Retry-After: 3600"), 1, none},
		{"busy with a body", answerWith("503 Busy", func(ranges.Range) []byte { return make([]byte, 1<<20) }, func(ranges.Range) []string { return []string{length(1 << 20)} }), 1, none},
		{"internal error", says("500 Internal Server Error"), 1, none},
		{"nothing of this range", says("416 Not yet", contentRange(ranges.Range{}, size)), 1, none},

		{"another size", answerWith("206 Partial Content", bytesOf(b), func(asked ranges.Range) []string {
			return []string{contentRange(asked, size+1), length(int(asked.Len()))}
		}), 1, none},
		{"another size with 416", says("416 No", contentRange(ranges.Range{}, size+1)), 1, none},
		{"another size with 200", answerWith("200 OK", bytesOf(b), func(ranges.Range) []string { return []string{length(size - 1)} }), 1, none},
		{"a range nobody asked for", after(1, shortens(b), func(c net.Conn, _ *http.Request, _ ranges.Range, _ int) bool {
			part(c, b, ranges.Range{End: 65536})
			return true
		}), 2, some},
		{"the whole file when a part was asked for", after(1, shortens(b), answerWith("200 OK", func(ranges.Range) []byte { return b }, func(ranges.Range) []string { return []string{length(size)} })), 2, some},
		{"another length than its range", answerWith("206 Partial Content", bytesOf(b), func(asked ranges.Range) []string {
			return []string{contentRange(asked, size), length(int(asked.Len()) - 1)}
		}), 1, none},
		{"no range", answerWith("206 Partial Content", bytesOf(b), func(asked ranges.Range) []string { return []string{length(int(asked.Len()))} }), 1, none},
		{"a range that is none", answerWith("206 Partial Content", bytesOf(b), func(asked ranges.Range) []string {
			return []string{"Content-Range: bytes 5-1/x", length(int(asked.Len()))}
		}), 1, none},
		{"another file by its name", says("206 Partial Content", contentRange(ranges.Range{End: size}, size), headerURN+": "+longerName()), 1, none},
		{"another file by one of its names", says("503 Busy", "X-Content-URN: urn:ttroot:x, "+longerName()), 1, none},
		{"encoded", answerWith("206 Partial Content", bytesOf(b), func(asked ranges.Range) []string {
			return []string{contentRange(asked, size), length(int(asked.Len())), "Content-Encoding: deflate"}
		}), 1, none},
		{"wrong bytes", honest(wrong), 1, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			onNetworks(t, func(t *testing.T, n network) {
				bothKnown := make(chan struct{})
				odd := newServent(t, n, file, func(w net.Conn, r *http.Request, asked ranges.Range, count int) bool {
					<-bothKnown
					return c.odd(w, r, asked, count)
				})
				other := newServent(t, n, file, honest(b))
				d := open(t, folder(), Config{Connector: n})
				d.add(file, odd.Source)
				d.until(file, "the odd source was asked", func(s Status) bool { return s.Source == odd.Addr.String() })
				if err := d.AddSources(file.SHA1, []transfer.Source{other.Source}); err != nil {
					t.Fatal(err)
				}
				close(bothKnown)
				s := d.want(file, Complete)
				d.wantFile("interop medium.bin", b)
				if s.Path != "/interop medium.bin" || s.Have != file.Size || s.Verified != file.Size || s.Err != nil {
					t.Errorf("%+v", s)
				}
				if asks := len(odd.requests()); asks > c.asks {
					t.Errorf("the odd source was asked %d times, at most %d wanted", asks, c.asks)
				}
				gave := some
				switch rest := other.requests(); {
				case len(rest) == 0:
					gave = all
				case rest[0] == ranges.Range{End: size}:
					gave = none
				}
				if gave != c.gave {
					t.Errorf("the odd source gave %s of the file, want %s; the other was asked for %v", gave, c.gave, other.requests())
				}
				if odd.agent != "filbert/0.1" {
					t.Errorf("User-Agent %q", odd.agent)
				}
			})
		})
	}
}

func longerName() string {
	f, _ := content(9, 10)
	return f.SHA1.URN()
}

// TestNobodyHasItRight: the only source sends wrong bytes.
func TestNobodyHasItRight(t *testing.T) {
	onNetworks(t, func(t *testing.T, n network) {
		file, b := content(1, 5000)
		_, wrong := content(2, 5000)
		liar := newServent(t, n, file, honest(wrong))
		d := open(t, folder(), Config{Connector: n})
		d.add(file, liar.Source)
		s := d.want(file, Failed)
		if !errors.Is(s.Err, store.ErrVerification) {
			t.Fatal(s.Err)
		}
		if len(liar.requests()) != 1 {
			t.Errorf("asked %d times", len(liar.requests()))
		}
		// Asked for again, with a better source, it starts anew.
		d.add(file, newServent(t, n, file, honest(b)).Source)
		d.want(file, Complete)
		d.wantFile(file.Name, b)
	})
}
