package bench

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"filbert/overlay/handshake"
	"filbert/overlay/wire"
)

// bareRelay passes every message on to all other connections: the yardstick.
// A connection has a reading and a writing goroutine. What one read brought is
// one batch: it is checked under one lock and appended to each other connection
// as one copy. A full connection makes those wait who have something for it, so
// nothing is ever dropped but duplicates and what has no TTL left.
type bareRelay struct {
	listener net.Listener

	mu   sync.Mutex
	seen horizon
	outs []*bareOut // replaced, never changed
}

func newBareRelay(l net.Listener) *bareRelay {
	return &bareRelay{listener: l, seen: newHorizon(bareHorizon)}
}

// Addr is where the relay listens.
func (b *bareRelay) Addr() netip.AddrPort { return b.listener.Addr().(*net.TCPAddr).AddrPort() }

// Dropped implements relayNode: only what must be is dropped, and not counted.
func (b *bareRelay) Dropped(context.Context) map[string]uint64 { return nil }

// Run relays until ctx ends.
func (b *bareRelay) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	defer context.AfterFunc(ctx, func() { b.listener.Close() })()
	for {
		conn, err := b.listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		work.Go(func() {
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			b.serve(conn, &work)
		})
	}
}

// What the relay says: it takes everybody, and sends a ping when it is ready to
// relay, as others do.
const bareAnswer = "GNUTELLA/0.6 200 OK\r\nUser-Agent: bare\r\nX-Ultrapeer: True\r\n\r\n"

// serve is the reading goroutine of a connection. Whatever goes wrong ends it.
func (b *bareRelay) serve(conn net.Conn, work *sync.WaitGroup) {
	defer conn.Close()
	buf := make([]byte, bareRead)
	n, err := bareHandshake(conn, buf)
	if err != nil {
		return
	}
	out := newBareOut()
	work.Go(func() { out.run(conn) })
	defer out.close()
	b.join(out)
	defer b.leave(out)
	out.append(wire.AppendFrame(nil, wire.GUID{}, sentTTL, 0, &wire.Ping{}))
	for {
		whole, err := b.relay(buf[:n], out)
		if err != nil {
			return
		}
		n = copy(buf, buf[whole:n])
		got, err := conn.Read(buf[n:])
		if err != nil {
			return
		}
		n += got
	}
}

// bareHandshake answers without looking and returns how many bytes of messages
// came with the peer's last block; they are in buf.
func bareHandshake(conn net.Conn, buf []byte) (int, error) {
	conn.SetDeadline(time.Now().Add(handshake.Timeout)) // an error shows at the read
	r := bufio.NewReaderSize(conn, bareHello)
	if err := skipBlock(r); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(conn, bareAnswer); err != nil {
		return 0, err
	}
	if err := skipBlock(r); err != nil {
		return 0, err
	}
	conn.SetDeadline(time.Time{})
	rest, err := r.Peek(r.Buffered())
	return copy(buf, rest), err
}

func skipBlock(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil || len(bytes.TrimSpace(line)) == 0 {
			return err
		}
	}
}

// relay passes the whole frames at the beginning of a batch on, as one copy for
// each other connection, and returns their length.
func (b *bareRelay) relay(batch []byte, from *bareOut) (whole int, err error) {
	b.mu.Lock()
	kept, whole, err := b.seen.filter(batch)
	outs := b.outs
	b.mu.Unlock()
	if kept > 0 {
		for _, out := range outs {
			if out != from {
				out.append(batch[:kept])
			}
		}
	}
	return whole, err
}

func (b *bareRelay) join(out *bareOut) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outs = append(b.outs[:len(b.outs):len(b.outs)], out)
}

func (b *bareRelay) leave(out *bareOut) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var others []*bareOut
	for _, other := range b.outs {
		if other != out {
			others = append(others, other)
		}
	}
	b.outs = others
}
