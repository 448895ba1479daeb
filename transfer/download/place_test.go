package download

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"filbert/transfer/ranges"
)

const placeID = "bc667af4299c568643b70e76be1fe16e"

func TestReadPlace(t *testing.T) {
	for _, c := range []struct {
		header, value string
		want          place
		says          string
	}{
		{"X-Queued", "ID=" + placeID + "; position=14; length=43; ETA=2100; lifetime=3600", place{placeID, 14, 43, 0}, "place 14 of 43 in its queue"},
		{"X-Queued", "POSITION=1;id=" + placeID, place{placeID, 1, 0, 0}, "place 1 in its queue"},
		{"X-Queued", "ID=" + placeID, place{id: placeID}, ""},
		{"X-Queue", "position=2,length=5,limit=4,pollMin=45,pollMax=120", place{"", 2, 5, 45 * time.Second}, "place 2 of 5 in its queue"},
		{"X-Queue", "1.0", place{}, ""},
		{"X-Queued", "", place{}, ""},
		{"X-Queued", "ID=short; position=-1; length=99999999999", place{}, ""},
		{"X-Queued", "ID=" + strings.Repeat("x", 32) + "; position=3", place{position: 3}, "place 3 in its queue"},
		{"X-Queued", "position=1;" + strings.Repeat(" ", maxPlace), place{}, ""},
	} {
		if got := readPlace(http.Header{c.header: {c.value}}); got != c.want || got.String() != c.says {
			t.Errorf("%s: %.80s: %+v %q, want %+v %q", c.header, c.value, got, got, c.want, c.says)
		}
	}
}

// TestPlaceIsKept: a source that queues us is asked again when it says, with the
// place it gave, and the wait says where we stand.
func TestPlaceIsKept(t *testing.T) {
	inBubble(t, func(t *testing.T, n *pipes) {
		file, b := content(1, 5000)
		var said []string
		begin := time.Now()
		source := newServent(t, n, file, func(c net.Conn, r *http.Request, asked ranges.Range, count int) bool {
			said = append(said, r.Header.Get(headerQueue)+" "+r.Header.Get(headerQueued))
			switch count {
			case 1:
				head(c, "503 Queued", "X-Queued: ID="+placeID+"; position=2; length=7; lifetime=3600", "Retry-After: 45", "Content-Length: 0")
			case 2:
				head(c, "503 Queued", "X-Queue: position=1,length=6,limit=1,pollMin=20,pollMax=60", "Content-Length: 0")
			default:
				part(c, b, asked)
			}
			return true
		})
		d := open(t, folder(), Config{Connector: n})
		d.add(file, source.Source)
		s := d.until(file, "waiting", waiting)
		if want := source.Addr.String() + ": is busy (503): place 2 of 7 in its queue"; s.Reason != want || s.Until.Sub(begin) != 45*time.Second {
			t.Errorf("waits until %v for %q, want %q", s.Until.Sub(begin), s.Reason, want)
		}
		d.want(file, Complete)
		if took := time.Since(begin); took != 65*time.Second {
			t.Errorf("asked again in other intervals: it took %v", took)
		}
		want := []string{"1.0 ", "1.0 position=2; ID=" + placeID, "1.0 position=1; ID=" + placeID}
		if strings.Join(said, "|") != strings.Join(want, "|") {
			t.Errorf("said %q, want %q", said, want)
		}
	})
}
