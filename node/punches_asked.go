package node

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"sync"
	"sync/atomic"
	"time"

	"filbert/nat/proxy"
	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// asked talks with those who want paths to us, whose words push proxies of ours bring.
type asked struct {
	*punches
	key     *ecdh.PrivateKey
	overlay wordOverlay

	mu       sync.Mutex // Below.
	patience proxy.Patience
	talks    map[talkKey]chan []byte // words that wait, at most proxy.MaxTalkWords of each

	refused atomic.Uint64 // talks, as there are others
}

// wordOverlay passes words on; *overlay.Overlay is one.
type wordOverlay interface {
	PassWord(ctx context.Context, servent, talk wire.GUID, word []byte) error
	AnswerWord(ctx context.Context, proxy link.ID, talk wire.GUID, word []byte) error
}

// talkKey tells talks apart: one push proxy says nothing in those of another.
type talkKey struct {
	proxy link.ID
	guid  wire.GUID
}

// take takes a word of somebody, which begins a talk or goes on with it. It is called by the
// loop of the overlay.
func (a *asked) take(by link.ID, guid wire.GUID, word []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := talkKey{by, guid}
	in, ok := a.talks[key]
	if !ok {
		if !a.patience.Begin(time.Now()) {
			a.refused.Add(1)
			return
		}
		in = make(chan []byte, proxy.MaxTalkWords)
		a.talks[key] = in
		if !a.start(func() {
			defer a.end(key)
			a.answer(key, in)
		}) {
			return // the node ends
		}
	}
	select {
	case in <- bytes.Clone(word):
	default: // it says more than is of use
	}
}

// end forgets a talk.
func (a *asked) end(key talkKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.talks, key)
	a.patience.End()
}

// answer answers one talk. Nothing is computed for it but in turn with the handshakes of all
// who connect, and nothing is sent before the first word proves to be an Offer for us.
func (a *asked) answer(key talkKey, in chan []byte) {
	ctx, cancel := context.WithTimeout(a.life, punchTimeout)
	defer cancel()
	seal, err := proxy.NewAsked(a.key)
	if err != nil {
		return
	}
	words := &proxy.Sealed{Words: &talk{asked: a, key: key, in: in}, Seal: seal}
	end, err := a.turn(ctx)
	if err != nil {
		return
	}
	offer, err := seal.Open(<-in) // it is there
	end()
	if err != nil {
		a.failed.Add(1)
		a.log.Debug().Err(err).Msg("a word about a path")
		return
	}
	a.respond(ctx, words, offer)
}

// talk is one with somebody who wants a path to us. It is a punch.Signal.
type talk struct {
	*asked
	key talkKey
	in  chan []byte
}

// Send implements punch.Signal.
func (t *talk) Send(ctx context.Context, word []byte) error {
	return t.overlay.AnswerWord(ctx, t.key.proxy, t.key.guid, word)
}

// Receive implements punch.Signal.
func (t *talk) Receive(ctx context.Context) ([]byte, error) {
	select {
	case word := <-t.in:
		return word, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
