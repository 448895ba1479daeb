package relay

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// buffers are for directions that cannot be spliced.
var buffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// carrier moves the bytes of one circuit.
type carrier struct {
	idle  time.Duration
	ends  atomic.Int64 // unix ns; comes closer, never later
	moved atomic.Int64 // unix ns, when bytes moved last
	how   atomic.Uint32
	half  atomic.Bool // one direction is through
}

// splice carries bytes between two connections, each way up to the grant, until both
// ways are over, and returns how many. TCP connections are spliced in the kernel.
func splice(a, b *peerConn, grant Grant, idle time.Duration) (used int64, how End) {
	now := time.Now()
	c := &carrier{idle: idle}
	c.moved.Store(now.UnixNano())
	c.ends.Store(now.Add(grant.Time).UnixNano())
	for _, conn := range []*peerConn{a, b} {
		conn.SetDeadline(now.Add(grant.Time)) // an error shows at the read
	}
	var back int64
	var work sync.WaitGroup
	work.Go(func() { back = c.carry(a, b, grant.Bytes) })
	used = c.carry(b, a, grant.Bytes)
	work.Wait()
	c.how.CompareAndSwap(0, uint32(EndClosed))
	return used + back, End(c.how.Load())
}

// carry moves bytes from src to dst until src has ended, which dst is told, or the
// circuit has.
func (c *carrier) carry(dst, src *peerConn, most int64) (used int64) {
	how := EndFailed
	defer func() {
		if how == EndClosed {
			c.half.Store(true)
		} else {
			c.stop(how, dst, src)
		}
	}()
	early, _ := src.r.Peek(src.r.Buffered())
	early = early[:min(int64(len(early)), most)]
	if n, err := dst.Write(early); err != nil {
		return int64(n)
	}
	src.r.Discard(len(early))
	used = int64(len(early))
	for {
		until, why := c.until()
		if why != 0 {
			how = why
			return used
		}
		src.SetReadDeadline(until)
		if c.ends.Load() < until.UnixNano() {
			continue // the other direction has ended it just now
		}
		if used == most {
			how = c.rest(dst, src)
			if how != 0 {
				return used
			}
			continue
		}
		piece := min(most-used, pieceBytes)
		n, err := copyPiece(dst.Conn, src.Conn, piece)
		used += n
		if n > 0 {
			c.moved.Store(time.Now().UnixNano())
		}
		switch {
		case err == nil && n < piece: // src has ended
			if closeWrite(dst.Conn) == nil {
				how = EndClosed
			}
			return used
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return used
		}
	}
}

// until is how long to wait for bytes before another look, or why not to wait.
func (c *carrier) until() (time.Time, End) {
	now := time.Now()
	every := c.idle / looks // what has moved is noted this late, at most
	ends, quiet := time.Unix(0, c.ends.Load()), time.Unix(0, c.moved.Load()).Add(c.idle+every)
	switch {
	case !now.Before(ends):
		return time.Time{}, EndTime
	case !now.Before(quiet):
		return time.Time{}, EndIdle
	}
	look := now.Add(every)
	if quiet.Before(look) {
		look = quiet
	}
	if ends.Before(look) {
		look = ends
	}
	return look, 0
}

// rest looks whether src has more than it may send. If it has, dst is told that this
// was all, and the circuit has a moment left; 0 is not known yet.
func (c *carrier) rest(dst, src *peerConn) End {
	var one [1]byte
	n, err := src.r.Read(one[:]) // what it holds comes first
	switch {
	case n > 0:
		closeWrite(dst.Conn)
		return EndBytes
	case errors.Is(err, io.EOF) && closeWrite(dst.Conn) == nil:
		return EndClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return 0
	}
	return EndFailed
}

// stop ends the circuit, the other direction included: at once, or soon if an answer may
// be on its way. The first reason counts; who is through may close, whatever the other
// side has still written.
func (c *carrier) stop(how End, dst, src *peerConn) {
	if how == EndFailed && c.half.Load() {
		how = EndClosed
	}
	if !c.how.CompareAndSwap(0, uint32(how)) {
		return
	}
	at := time.Now()
	if how == EndBytes {
		at = at.Add(lastTime)
	}
	if at.UnixNano() < c.ends.Load() {
		c.ends.Store(at.UnixNano())
	}
	src.SetDeadline(at)
	dst.SetDeadline(at)
}

// copyPiece moves up to n bytes; fewer without an error is the end of src. Deadlines of
// src fire between bytes only, so that none are lost.
func copyPiece(dst, src net.Conn, n int64) (int64, error) {
	from := &io.LimitedReader{R: src, N: n}
	if d, ok := dst.(*net.TCPConn); ok {
		if _, ok := src.(*net.TCPConn); ok {
			return d.ReadFrom(from)
		}
	}
	buf := buffers.Get().(*[copyBuffer]byte)
	defer buffers.Put(buf)
	return io.CopyBuffer(struct{ io.Writer }{dst}, from, buf[:])
}
