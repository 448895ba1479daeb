package download

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"

	"filbert/transfer/ranges"
)

// FuzzJudge asserts that whatever a source answers, what is taken of it lies in
// the bytes that were asked for, or in those that were offered, or is the beginning of a whole file, and that
// no source is waited for longer than the cap.
func FuzzJudge(f *testing.F) {
	medium, _ := content(1, 300000)
	for _, recording := range []string{"testdata/gtk-gnutella-ranges.bin", "testdata/gtk-gnutella-whole.bin"} {
		for _, answer := range answersOf(f, recording) {
			header, _, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
			f.Add(append(header, "\r\n\r\n"...), int64(0), int64(300000))
		}
	}
	f.Add([]byte("HTTP/1.1 503 Queued\r\nRetry-After: 290\r\nX-Queued: ID=1; position=14\r\n\r\n"), int64(65536), int64(131072))
	f.Add([]byte("HTTP/1.1 416 No\r\nContent-Range: bytes */300001\r\n\r\n"), int64(0), int64(1))
	f.Add([]byte("HTTP/1.1 206 Partial\r\nContent-Range: bytes 100000-100999/300000\r\nContent-Length: 1000\r\n\r\n"), int64(0), int64(1000))
	f.Fuzz(func(t *testing.T, b []byte, start, end int64) {
		gap := ranges.Range{Start: max(0, start%medium.Size), End: min(max(end, 1), medium.Size)}
		if gap.Empty() {
			return
		}
		asked := ranges.Range{Start: gap.Start, End: min(gap.End, gap.Start+1000)}
		answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
		if err != nil {
			return
		}
		var offer *ranges.Set
		if start%2 == 0 {
			offer = new(ranges.Set)
			offer.Add(asked)
			offer.Add(ranges.Range{Start: 2000, End: 4000})
			offer.Add(ranges.Range{Start: 100000, End: 200000})
		}
		span, refused := judge(answer, medium, asked, gap, offer)
		switch {
		case refused == nil:
			whole := span == gap && gap.Start == 0
			if span.Empty() || !asked.Contains(span) && !whole && (offer == nil || !offer.Contains(span) || span.Len() > asked.Len()) {
				t.Fatalf("%v taken for %v of %v", span, asked, gap)
			}
			if length := answer.ContentLength; length >= 0 && length != span.Len() && !(whole && length == medium.Size) {
				t.Fatalf("%d bytes taken for %v", length, span)
			}
		case refused.err == nil || refused.verdict > lied:
			t.Fatalf("refused with %v, %v", refused.verdict, refused.err)
		case refused.verdict == busy && (refused.after < minRetryAfter || refused.after > maxRetryAfter):
			t.Fatalf("to be asked again after %v", refused.after)
		}
	})
}
