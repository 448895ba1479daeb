package upload

import (
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestSetSlots: who waits is answered at the moment there are more slots, and those who wait
// further are told how many there are.
func TestSetSlots(t *testing.T) {
	inBubbleWith(t, Config{Slots: 1}, 8, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		dial(hostN(1)).begin(target)
		second, third := dial(hostN(2)), dial(hostN(3))
		for _, p := range []*peer{second, third} {
			p.get(target, "X-Queue: 0.1")
			synctest.Wait()
		}
		began := time.Now()
		s.SetSlots(2)
		if second.want(http.StatusOK); time.Since(began) != 0 {
			t.Errorf("waited %v for one of %d slots", time.Since(began), s.Slots())
		}
		const told = "position=1,length=1,limit=2,pollMin=5,pollMax=55"
		if res := third.want(http.StatusServiceUnavailable); res.Header.Get("X-Queue") != told {
			t.Errorf("told %q, want %q", res.Header.Get("X-Queue"), told)
		}
	})
}
