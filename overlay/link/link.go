// Package link moves messages over one established connection: a reader
// goroutine cuts whole frames and hands them over in batches, a writer
// goroutine sends what the loop that owns the link's Queue flushed to it. Either
// direction may be deflated. It knows frames, not their meaning, and never
// decides to close by itself.
//
// An idle link holds some 20 KiB, its two goroutines included; 44 KiB more once
// something deflated was received, 9 KiB once something deflated was sent: 332 of
// them, all deflated, hold 24 MiB (TestMemory). Under load up to 64 KiB are on
// their way each way.
package link

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"filbert/overlay/deflate"
	"filbert/overlay/wire"
)

// ID names a link within one servent and is never used again. Zero is no link.
type ID uint64

// Sink is the loop that owns the links. Its methods are called by the link's
// goroutines; they may block, which is how a busy loop slows its peers down,
// but they must return when the loop has ended.
type Sink interface {
	// Received hands over a batch of whole frames. The batch belongs to the
	// sink, which may change it in place, until it calls l.Release.
	Received(l *Link, batch []byte)
	// Drained tells that a link whose Flush left messages behind has room again.
	Drained(l *Link)
	// Ended tells, once, that nothing more will be received: err is io.EOF
	// after an orderly end, a *wire.FormatError for bytes that are no messages,
	// after which the link can still send, otherwise the error of the connection
	// or of deflate, after which it is closed.
	Ended(l *Link, err error)
}

// Link is one open connection.
//
//	open ── Close ──> closing ── pending sent, other side ended or grace over ──> closed
//	  └──────────────── Abort, connection error ──────────────────────────────────┘
type Link struct {
	id   ID
	conn net.Conn
	sink Sink
	free chan struct{} // holds a token while no batch is with the sink
	wake chan struct{} // holds a token while the writer has something to look at
	done chan struct{} // closed when the connection is

	inflate, deflate bool
	received         atomic.Uint64 // bytes out of the connection

	mu       sync.Mutex
	pending  []byte // frames on their way into the socket
	starving bool   // Flush left messages in the queue
	closing  bool
	closed   error  // why the connection was closed; nil while it is open
	sent     uint64 // bytes into the connection
}

// Stream is the connection of a link after its handshake.
type Stream struct {
	net.Conn
	Prefix  []byte // read from Conn already; comes first
	Inflate bool   // what comes is deflated, Prefix included
	Deflate bool   // what goes is to be
}

// Start runs a link over a stream. Its two goroutines are counted by wg and end
// after Close or Abort.
func Start(id ID, s Stream, sink Sink, wg *sync.WaitGroup) *Link {
	l := &Link{
		id:   id,
		conn: s.Conn,
		sink: sink,
		free: make(chan struct{}, 1),
		wake: make(chan struct{}, 1),
		done: make(chan struct{}),

		inflate: s.Inflate,
		deflate: s.Deflate,
	}
	l.free <- struct{}{}
	wg.Go(func() { l.read(s.Prefix) })
	wg.Go(l.write)
	return l
}

// ID is the link's name.
func (l *Link) ID() ID { return l.id }

// Conn is the connection, for its addresses.
func (l *Link) Conn() net.Conn { return l.conn }

// Release gives a batch back. The sink calls it once per batch.
func (l *Link) Release() { l.free <- struct{}{} }

// Flush moves messages from q to the writer, most wanted first, and wakes it.
// It never blocks; what the writer has no room for stays in q until Drained.
func (l *Link) Flush(q *Queue) {
	l.mu.Lock()
	if !l.closing {
		l.pending = q.AppendTo(l.pending, maxPending)
		l.starving = q.Len() > 0
	}
	l.mu.Unlock()
	l.poke()
}

// Close sends what is pending, ends our side of the connection and closes it
// when the other side ended too, at the latest after a short grace.
func (l *Link) Close() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.conn.SetDeadline(time.Now().Add(grace)) // an error means it is closed already
	l.poke()
}

// Abort closes the connection at once.
func (l *Link) Abort() { l.finish(net.ErrClosed) }

// Carried is how many bytes came out of the connection and went into it: of
// messages in a direction that is plain, of what they were deflated to in one
// that is not.
func (l *Link) Carried() (in, out uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.received.Load(), l.sent
}

// Pending is how many bytes wait for the socket.
func (l *Link) Pending() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pending)
}

func (l *Link) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// finish closes the connection and returns why it was closed first.
func (l *Link) finish(why error) error {
	l.mu.Lock()
	first := l.closed == nil
	if first {
		l.closed, l.closing = why, true
		close(l.done)
	}
	why = l.closed
	l.mu.Unlock()
	if first {
		l.conn.Close() // which in TLS may take its time to say goodbye
	}
	return why
}

// read is the reader goroutine.
func (l *Link) read(prefix []byte) {
	r := l.reader(prefix)
	for {
		batch, err := r.ReadBatch()
		var malformed *wire.FormatError
		switch {
		case err == nil:
		case errors.As(err, &malformed):
			// The stream cannot be read on, but the peer may be told why.
			l.sink.Ended(l, err)
			io.Copy(io.Discard, l.conn) // ends with the grace of Close
			l.finish(err)
			return
		default:
			l.sink.Ended(l, l.finish(err))
			return
		}
		select {
		case <-l.free:
		case <-l.done:
			l.sink.Ended(l, l.finish(net.ErrClosed))
			return
		}
		l.sink.Received(l, batch)
	}
}

// reader cuts the messages out of what comes.
func (l *Link) reader(prefix []byte) *wire.Reader {
	if !l.inflate {
		l.received.Add(uint64(len(prefix)))
		return wire.NewReaderBuffered(counting{l}, prefix)
	}
	var src io.Reader = counting{l}
	if len(prefix) > 0 {
		l.received.Add(uint64(len(prefix)))
		src = io.MultiReader(bytes.NewReader(prefix), src)
	}
	return wire.NewReader(deflate.NewReader(src, 0))
}

// counting reads the connection of a link.
type counting struct{ link *Link }

func (c counting) Read(b []byte) (int, error) {
	n, err := c.link.conn.Read(b)
	c.link.received.Add(uint64(n))
	return n, err
}

// write is the writer goroutine.
func (l *Link) write() {
	var out, packed []byte
	var small int
	var deflater deflate.Writer
	for {
		select {
		case <-l.wake:
		case <-l.done:
			return
		}
		l.mu.Lock()
		out, l.pending = l.pending, out[:0]
		starving, closing := l.starving, l.closing
		l.starving = false
		l.mu.Unlock()

		if len(out) > 0 {
			if !closing {
				l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // an error shows at the write
			}
			send := out
			if l.deflate {
				packed = deflater.AppendTo(packed[:0], out)
				send = packed
			}
			if _, err := l.conn.Write(send); err != nil {
				l.finish(err)
				return
			}
			l.mu.Lock()
			l.sent += uint64(len(send))
			l.mu.Unlock()
		}
		if small++; len(out) > idleBuffer {
			small = 0
		} else if small > idleWrites && cap(out)+cap(packed) > idleBuffer {
			out, packed = nil, nil
		}
		switch {
		case closing:
			l.endWriting()
			return
		case starving:
			l.sink.Drained(l)
		}
	}
}

// endWriting tells the other side that nothing more comes; the reader then
// waits for its end within the grace.
func (l *Link) endWriting() {
	half, ok := l.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		l.finish(net.ErrClosed)
	}
}
