package overlay

import (
	"context"

	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// Punches takes the words of those who open paths through NATs. Both methods are called by
// the loop, never block, and keep nothing of word.
type Punches interface {
	// Asked takes a word of somebody who wants a path to us, by a push proxy of ours, which
	// AnswerWord talks to.
	Asked(proxy link.ID, talk wire.GUID, word []byte)
	// Answered takes a word of a servent whose push proxy we are.
	Answered(servent, talk wire.GUID, word []byte)
}

// word hands a Word effect over.
func (o *Overlay) word(e *Word) {
	switch {
	case o.punches == nil:
		o.core.drop(nil, DropUnsupported)
	case e.Servent.IsZero():
		o.punches.Asked(e.Proxy, e.Talk, e.Word)
	default:
		o.punches.Answered(e.Servent, e.Talk, e.Word)
	}
}

// PassWord passes a word of somebody on to a neighbor whose push proxy we are; without one
// it says whether that is possible. The error is ErrNoServent if we are not, or the neighbor
// takes no words.
func (o *Overlay) PassWord(ctx context.Context, servent, talk wire.GUID, word []byte) error {
	if servent.IsZero() {
		return ErrNoServent
	}
	return o.passWord(ctx, &PassWord{Servent: servent, Talk: talk, Word: word})
}

// AnswerWord answers somebody who wants a path to us, by the push proxy that brought his
// word. The error is ErrNoServent if it is gone.
func (o *Overlay) AnswerWord(ctx context.Context, proxy link.ID, talk wire.GUID, word []byte) error {
	return o.passWord(ctx, &PassWord{Proxy: proxy, Talk: talk, Word: word})
}

func (o *Overlay) passWord(ctx context.Context, ev *PassWord) error {
	var result PushResult
	err := o.run(ctx, func() {
		o.step(ev)
		result = o.calling.asked
	})
	if err == nil && result != PushSent {
		err = ErrNoServent
	}
	return err
}
