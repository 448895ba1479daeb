package upload

import (
	"io"
	"math"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer/limit"
)

// TestLimit sends a file to two peers at once, at the limit for both together.
func TestLimit(t *testing.T) {
	const pieces, perSecond = 10, 100_000
	inBubbleWith(t, Config{Limit: limit.New(perSecond, false)}, pieces, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		began := time.Now()
		var work sync.WaitGroup
		for range 2 {
			p := dial()
			work.Go(func() {
				p.get(target)
				res, err := http.ReadResponse(p.r, nil)
				if err != nil {
					t.Error(err)
					return
				}
				if n, err := io.Copy(io.Discard, res.Body); n != pieces*pieceSize || err != nil {
					t.Errorf("%d bytes, %v", n, err)
				}
			})
		}
		work.Wait()
		want := 2 * pieces * pieceSize / float64(perSecond)
		if took := time.Since(began).Seconds(); math.Abs(took-want) > want/50 {
			t.Errorf("took %.1f s, want %.1f", took, want)
		}
	})
}

// TestLimitAndClose has a peer hang up while its turn is waited for.
func TestLimitAndClose(t *testing.T) {
	inBubbleWith(t, Config{Limit: limit.New(limit.Least, false)}, 1, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		p := dial()
		p.begin(target)
		p.Close()
		synctest.Wait()
		if n := len(s.Uploads()); n != 0 {
			t.Errorf("%d uploads to nobody", n)
		}
	})
}
