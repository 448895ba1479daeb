package board

import (
	"time"

	"filbert/overlay/identity"
)

// spread lets members hear soon that there is news.
func (b *Board) spread() {
	b.calling.Lock()
	if b.news.IsZero() {
		b.news = time.Now().Add(time.Duration(b.rand.Int64N(int64(newsWithin))))
	}
	b.calling.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// shun asks nothing of a member for a while.
func (b *Board) shun(peer identity.PeerID) {
	b.calling.Lock()
	defer b.calling.Unlock()
	b.avoid[peer] = time.Now().Add(avoidTime)
}

// loop asks and tells until the board is closed.
func (b *Board) loop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	swept := time.Now()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-timer.C:
		case <-b.wake:
		}
		b.lookThrough()
		now := time.Now()
		if now.Sub(swept) >= sweepEvery {
			swept = now
			b.sweep(now)
		}
		timer.Reset(b.callOthers(now))
	}
}

// callOthers starts the calls that are due, and tells when to look again.
func (b *Board) callOthers(now time.Time) time.Duration {
	b.calling.Lock()
	defer b.calling.Unlock()
	if !b.news.IsZero() && !now.Before(b.news) {
		b.news = time.Time{}
		for _, peer := range b.pickLocked(fanout, now) {
			b.startLocked(peer)
		}
	}
	if !now.Before(b.asked) {
		if peers := b.pickLocked(1, now); len(peers) > 0 {
			b.asked = now.Add(askEvery*3/4 + time.Duration(b.rand.Int64N(int64(askEvery/2))))
			b.startLocked(peers[0])
		}
	}
	next := lookEvery
	if !b.news.IsZero() {
		next = min(next, b.news.Sub(now))
	}
	return next
}

// pickLocked is up to n members by chance, of those that are there and are not called already.
func (b *Board) pickLocked(n int, now time.Time) (out []identity.PeerID) {
	for peer, until := range b.avoid {
		if !now.Before(until) {
			delete(b.avoid, peer)
		}
	}
	for _, m := range b.group.Members() {
		if _, shunned := b.avoid[m.Peer]; m.Online && m.Peer != b.self && !shunned && !b.calls[m.Peer] {
			out = append(out, m.Peer)
		}
	}
	b.rand.Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	return out[:max(min(n, len(out), maxCalls-len(b.calls)), 0)]
}

// startLocked calls a member.
func (b *Board) startLocked(peer identity.PeerID) {
	b.calls[peer] = true
	b.wg.Go(func() {
		err := b.exchange(b.ctx, peer)
		if err != nil && b.ctx.Err() == nil {
			b.log.Debug().Err(err).Stringer("peer", peer).Msg("board")
		}
		b.calling.Lock()
		defer b.calling.Unlock()
		delete(b.calls, peer)
		if b.pause = min(max(2*b.pause, retryFirst), askEvery); err == nil {
			b.pause = 0
		} else if again := time.Now().Add(b.pause); again.Before(b.asked) {
			b.asked = again
		}
	})
}
