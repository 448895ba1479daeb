package upload

import (
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filbert/transfer/queue"
)

func hostN(n byte) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, n, 7}) }

// take reads n bytes of an answer.
func (p *peer) take(res *http.Response, n int64) {
	p.t.Helper()
	if _, err := io.CopyN(io.Discard, res.Body, n); err != nil {
		p.t.Error(err)
	}
}

// TestQueueDialects: one slot, and peers of all dialects that wait for it.
func TestQueueDialects(t *testing.T) {
	inBubbleWith(t, Config{Slots: 1}, 40, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		dial(hostN(1)).begin(target)
		began := time.Now()
		tests := []struct {
			version, header, want, says string
			closes                      bool
		}{
			{"1.0", headerQueued, `^ID=[0-9a-f]{32}; position=1; length=3; ETA=60; lifetime=55$`, "", false},
			{"0.1", headerQueue, `^position=2,length=3,limit=1,pollMin=5,pollMax=55$`, "", false},
			{"", headerQueued, `^$`, "all slots taken: place 3 of 3 in line, about 3m0s to go\n", true},
		}
		var peers []*peer
		for i, test := range tests {
			p := dial(hostN(byte(2 + i)))
			if peers = append(peers, p); test.version == "" {
				p.get(target)
			} else {
				p.get(target, "X-Queue: "+test.version, "User-Agent: a"+test.version)
			}
			synctest.Wait()
		}
		if w := s.Waiting(); len(w) != 3 || w[1].Agent != "a0.1" || w[1].Position != 2 || w[1].Peer != hostN(3) || w[1].File.Size != 40*pieceSize {
			t.Errorf("waiting: %+v", w)
		}
		for i, test := range tests {
			res := peers[i].want(http.StatusServiceUnavailable)
			if got := res.Header.Get(test.header); !regexp.MustCompile(test.want).MatchString(got) || res.Header.Get("Retry-After") != "5" || res.Close != test.closes {
				t.Errorf("X-Queue: %s: header %v, closes %v", test.version, res.Header, res.Close)
			}
			if res.content != test.says {
				t.Errorf("told %q, want %q", res.content, test.says)
			}
		}
		if took := time.Since(began); took != queue.HoldTime {
			t.Errorf("told after %v, want %v", took, queue.HoldTime)
		}
	})
}

// TestQueueMoves: whoever waits is sent the file at the moment the one before has it.
func TestQueueMoves(t *testing.T) {
	inBubbleWith(t, Config{Slots: 1}, 8, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		first := dial(hostN(1))
		res := first.begin(target)
		second := dial(hostN(2))
		second.get(target, "X-Queue: 1.0")
		began := time.Now()
		for range 9 { // asks again as it is told, over the same connection
			second.want(http.StatusServiceUnavailable)
			time.Sleep(5 * time.Second)
			second.get(target, "X-Queue: 1.0")
		}
		synctest.Wait()
		first.take(res, 8*pieceSize-1000)
		first.get(target, "Range: bytes=0-99") // it is still its slot, a request later
		first.want(http.StatusPartialContent)
		first.Close()
		synctest.Wait()
		if res := second.want(http.StatusOK); len(res.content) != 8*pieceSize {
			t.Errorf("%d bytes came", len(res.content))
		}
		if took := time.Since(began); took != 9*(5*time.Second+queue.HoldTime) {
			t.Errorf("its turn came after %v", took)
		}
	})
}

// TestQueueOfLeavers: places of those who hang up do not keep others waiting.
func TestQueueOfLeavers(t *testing.T) {
	inBubbleWith(t, Config{Slots: 1}, 8, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		first := dial(hostN(1))
		res := first.begin(target)
		leaver, second := dial(hostN(2)), dial(hostN(3))
		leaver.get(target)
		synctest.Wait()
		second.get(target)
		synctest.Wait()
		leaver.Close()
		synctest.Wait()
		first.take(res, 8*pieceSize-1000) // and keeps its connection, for nothing
		second.want(http.StatusServiceUnavailable)
		time.Sleep(5 * time.Second)
		second = dial(hostN(3))
		second.begin(target)
		if len(s.held) != 0 || s.FreeSlots() != 0 {
			t.Errorf("%d are waited for, %d slots are free", len(s.held), s.FreeSlots())
		}
	})
}

// TestQueueOfAbsent: a free slot is not kept for those who are away.
func TestQueueOfAbsent(t *testing.T) {
	inBubbleWith(t, Config{Slots: 1}, 8, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		first, absent := dial(hostN(1)), dial(hostN(2))
		first.begin(target)
		absent.get(target, "X-Queue: 1.0")
		absent.want(http.StatusServiceUnavailable)
		first.Close()
		time.Sleep(11 * time.Second) // for which a cut upload could be resumed
		began := time.Now()
		dial(hostN(3)).begin(target)
		if took := time.Since(began); took != 0 || s.FreeSlots() != 0 || len(s.held) != 0 {
			t.Errorf("waited %v for a free slot; %d are free, %d waited for", took, s.FreeSlots(), len(s.held))
		}
	})
}

// TestQueueOfCut: who hangs up in the middle keeps its slot, unless others wait.
func TestQueueOfCut(t *testing.T) {
	inBubbleWith(t, Config{Slots: 1}, 8, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		first := dial(hostN(1))
		first.begin(target)
		first.Close()
		synctest.Wait()
		if s.FreeSlots() != 0 {
			t.Error("it cannot go on")
		}
		first = dial(hostN(1))
		first.begin(target)
		second := dial(hostN(2))
		second.get(target)
		synctest.Wait()
		began := time.Now()
		first.Close()
		if second.want(http.StatusOK); time.Since(began) != 0 {
			t.Errorf("the slot of one who left was given after %v", time.Since(began))
		}
	})
}

func TestQueueAtShutdown(t *testing.T) {
	inBubbleWith(t, Config{Slots: 1}, 8, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		first := dial(hostN(1))
		first.begin(target)
		second := dial(hostN(2))
		second.get(target)
		synctest.Wait()
		began := time.Now()
		first.Close()
		var end sync.WaitGroup
		end.Go(func() { s.Shutdown(t.Context()) })
		second.r.Peek(1)
		if took := time.Since(began); took != 0 {
			t.Errorf("waited %v with those who wait", took)
		}
		second.Close()
		end.Wait()
	})
}

// TestShare: a servent gets a share of what it asks for when others wait.
func TestShare(t *testing.T) {
	const pieces = maxShare/pieceSize + 4
	inBubbleWith(t, Config{Slots: 1}, pieces, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
		p := dial(hostN(1))
		for _, test := range []struct {
			crowd int
			lines []string
			want  int64
		}{
			{0, []string{"Range: bytes=5-", "X-Queue: 1.0"}, pieces*pieceSize - 5},
			{1, []string{"Range: bytes=5-", "X-Queue: 1.0"}, maxShare},
			{1, []string{"Range: bytes=5-", "X-Features: browse/1.0"}, maxShare},
			{1, []string{"Range: bytes=5-"}, pieces*pieceSize - 5}, // a browser would take it for all
			{1, []string{"X-Queue: 1.0"}, pieces * pieceSize},
		} {
			for range test.crowd {
				waiting := dial(hostN(2))
				waiting.get(target)
				synctest.Wait()
				defer waiting.Close()
			}
			p.get(target, test.lines...)
			if res, err := p.read(http.MethodGet); err != nil || res.ContentLength != test.want || int64(len(res.content)) != test.want {
				t.Errorf("%d wait, %q: %d bytes, want %d; %v", test.crowd, test.lines, len(res.content), test.want, err)
			}
		}
	})
}

// TestCrowded: who takes too little is cut when others wait, and so is he who takes
// too long.
func TestCrowded(t *testing.T) {
	for _, test := range []struct {
		rate    int64 // bytes per second it takes
		crowded bool
		cut     Reason // Granted: none
		at      time.Duration
	}{
		{minRate / 2, false, Granted, 0}, {minRate / 2, true, CutSlow, stallTimeout + time.Minute},
		{2 * minRate, false, Granted, 0}, {2 * minRate, true, CutTurn, 2*queue.TurnTime + time.Minute},
	} {
		inBubbleWith(t, Config{Slots: 1}, 30, func(t *testing.T, s *Server, dial func(...netip.Addr) *peer, target string) {
			const pause = 15 * time.Second
			taker := dial(hostN(1))
			res := taker.begin(target)
			start := time.Now()
			for range 12 * time.Minute / pause {
				waiting := dial(hostN(2))
				if test.crowded {
					waiting.get(target)
				}
				time.Sleep(pause)
				if _, err := io.CopyN(io.Discard, res.Body, test.rate*int64(pause/time.Second)); err != nil {
					break
				}
				waiting.Close()
			}
			up := s.Stats().Refused
			if cut := up[CutSlow] + up[CutStalled] + up[CutTurn]; cut != up[test.cut] || (cut == 1) != test.crowded {
				t.Errorf("taking %d B/s, others wait: %v: %v", test.rate, test.crowded, up)
			}
			if took := time.Since(start); test.crowded && took > test.at {
				t.Errorf("taking %d B/s: cut after %v", test.rate, took)
			}
		})
	}
}
