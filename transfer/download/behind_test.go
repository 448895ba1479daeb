package download

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer/ranges"
)

// TestAsksBehind: a source that is known to take one request behind another is asked
// for what comes next before it has sent what it was asked for, and no other is.
// It sends a piece of its answer a second.
func TestAsksBehind(t *testing.T) {
	const pieces = 8
	for _, c := range []struct {
		server string
		behind bool
	}{{"filbert/0.9", true}, {"gtk-gnutella/1.2.3", true}, {"LimeWire/5.5", false}} {
		t.Run(c.server, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newPipes(t)
				file, b := content(1, 24<<20)
				trees := treesOf(b)
				source := plant(t, n, file, b, trees)
				asked, early := ranges.Set{}, 0
				source.Source = n.listen(t, func(conn net.Conn) {
					in := bufio.NewReader(conn)
					requests := make(chan *http.Request, 2)
					defer func() {
						for range requests { // until the connection ends
						}
					}()
					go func() {
						defer close(requests)
						for {
							r, err := http.ReadRequest(in)
							if err != nil {
								return
							}
							requests <- r
						}
					}()
					for r := range requests {
						if r.URL.Path != pathN2R {
							source.serveTree(conn, r.URL.Path)
							continue
						}
						span, err := ranges.ParseHTTP(r.Header.Get("Range"), file.Size)
						if err != nil || asked.Contains(span) {
							t.Errorf("asks for %v: %v", span, err)
							return
						}
						asked.Add(span)
						fmt.Fprintf(conn, "HTTP/1.1 206 Partial Content\r\nServer: %s\r\n%s\r\nContent-Range: %s\r\nContent-Length: %d\r\n\r\n",
							c.server, nameOfTree(file, trees[0]), ranges.ContentRange(span, file.Size), span.Len())
						for i := range int64(pieces) {
							pass(time.Second)
							if i == pieces-1 && len(requests) > 0 {
								early++
							}
							conn.Write(b[span.Start+i*span.Len()/pieces : span.Start+(i+1)*span.Len()/pieces])
						}
					}
				})
				_, s := fetch(t, n, file, b, source)
				if asked.Len() != file.Size || s.Wasted > 0 || (early > 0) != c.behind {
					t.Errorf("asked for %v, %d early; %+v", &asked, early, s)
				}
			})
		})
	}
}
