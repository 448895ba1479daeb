package overlay

import (
	"filbert/overlay/link"
	"filbert/overlay/wire"
)

// sendsPerChunk is how many Send effects are allocated at a time.
const sendsPerChunk = 256

// effects collects what a Step asks for. Its memory is used again by the next
// Step, so that relaying allocates nothing: Send effects come from chunks that
// stay where they are, frames of our own from one arena.
type effects struct {
	list   []Effect
	chunks [][]Send
	used   int // Sends taken
	arena  []byte
}

func (e *effects) reset() {
	clear(e.list)
	e.list = e.list[:0]
	e.used = 0
	e.arena = e.arena[:0]
}

func (e *effects) add(f Effect) { e.list = append(e.list, f) }

func (e *effects) send(to link.ID, f wire.Frame) {
	chunk, at := e.used/sendsPerChunk, e.used%sendsPerChunk
	if chunk == len(e.chunks) {
		e.chunks = append(e.chunks, make([]Send, sendsPerChunk))
	}
	e.used++
	s := &e.chunks[chunk][at]
	s.Link, s.Frame = to, f
	e.list = append(e.list, s)
}

// frame encodes a message into the arena. A frame stays valid when the arena
// grows: the old memory is left to it.
func (e *effects) frame(guid wire.GUID, ttl wire.TTL, m wire.Message) wire.Frame {
	from := len(e.arena)
	e.arena = wire.AppendFrame(e.arena, guid, ttl, 0, m)
	return wire.Frame(e.arena[from:len(e.arena):len(e.arena)])
}

// copy keeps bytes in the arena until the next Step.
func (e *effects) copy(b []byte) []byte {
	from := len(e.arena)
	e.arena = append(e.arena, b...)
	return e.arena[from:len(e.arena):len(e.arena)]
}
