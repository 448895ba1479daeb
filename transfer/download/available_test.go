package download

import (
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"filbert/transfer/ranges"
)

// TestReadAvailable: the header of PFSP in the forms there are; what cannot be
// read says nothing.
func TestReadAvailable(t *testing.T) {
	for value, want := range map[string]string{
		"bytes 0-99,200-":        "[0,100) [200,1000)",
		"bytes=0-99, 150-199":    "[0,100) [150,200)",
		"BYTES 5-5":              "[5,6)",
		"":                       "nil",
		"bytes":                  "", // it has nothing yet
		"bytes 5":                "nil",
		"bytes 900-1,0-5":        "nil",
		"bytes 2000-3000":        "nil",
		"lines 0-1":              "nil",
		"bytes 18446744073709-x": "nil",
	} {
		got := "nil"
		if have := readAvailable(http.Header{headerAvailable: {value}}, 1000); have != nil {
			got = have.String()
		}
		if got != want {
			t.Errorf("%q is %s, want %s", value, got, want)
		}
	}
}

// TestSourceThatGrows: the only source is fetching the file itself, and has half
// of it at first. What it has is fetched, then it is asked now and then, and the
// wait says why.
func TestSourceThatGrows(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 3*mb)
		begin := time.Now()
		source := newServent(t, n, file, func(c net.Conn, r *http.Request, asked ranges.Range, _ int) bool {
			have := ranges.Range{End: 3 * mb / 2}
			if time.Since(begin) > 2*time.Minute {
				have.End = file.Size
			}
			says := []string{fmt.Sprintf("%s: bytes 0-%d", headerAvailable, have.End-1)}
			part := ranges.Range{Start: asked.Start, End: min(asked.End, have.End)}
			if part.Empty() {
				head(c, "416 Not yet", append(says, "Content-Range: "+ranges.ContentRange(part, file.Size), "Content-Length: 0", "Retry-After: 30")...)
				return true
			}
			head(c, "206 Partial Content", append(says, "Content-Range: "+ranges.ContentRange(part, file.Size))...)
			c.Write(b[part.Start:part.End])
			return false
		})
		d := open(t, folder(), Config{Connector: n})
		d.add(file, source.Source)
		s := d.until(file, "waiting for the rest", waiting)
		if s.Have < mb || s.Reason != source.Addr.String()+": has no part that is missing" {
			t.Errorf("waits with %d bytes for %q", s.Have, s.Reason)
		}
		d.want(file, Complete)
		d.wantFile(file.Name, b)
		if took, asked := time.Since(begin), len(source.requests()); took > 4*time.Minute || asked > 20 {
			t.Errorf("took %v and %d requests", took, asked)
		}
	})
}

// TestBusyPart: a source that fetches the file itself and is busy is asked again when
// it said, whatever it has.
func TestBusyPart(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 3*mb)
		var asked []time.Time
		source := newServent(t, n, file, func(c net.Conn, r *http.Request, part ranges.Range, _ int) bool {
			says := fmt.Sprintf("%s: bytes 0-%d", headerAvailable, 2*mb-1)
			if asked = append(asked, time.Now()); len(asked) < 3 {
				head(c, "503 Busy", says, "Content-Length: 0", "Retry-After: 70")
				return true
			}
			return honest(b)(c, r, part, 0)
		})
		d := open(t, folder(), Config{Connector: n})
		d.add(file, source.Source)
		d.want(file, Complete)
		if again := asked[1].Sub(asked[0]); again != 70*time.Second {
			t.Errorf("asked again after %v", again)
		}
	})
}
