package node

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"filbert/overlay/identity"
)

// serviceDatagrams is the service of lines that carry datagrams: two bytes of length,
// big-endian, and as many bytes, both ways. Datagrams of peers behind NATs would not come
// through any other way than streams do.
const serviceDatagrams = "datagrams"

// Errors of datagrams.
var (
	errDatagramSize  = fmt.Errorf("a datagram has 1 to %d bytes", maxDatagram)
	errDatagramsOver = errors.New("datagrams have ended")
)

// packets sends small messages between peers, as well as it can: what cannot be sent
// soon is dropped. Between two peers is one line, whoever opened it; two if both did at
// the same time.
type packets struct {
	lines *lines
	log   zerolog.Logger
	sent  *atomic.Uint64 // bytes, with headers
	in    chan []byte

	life context.Context
	stop context.CancelFunc
	work sync.WaitGroup

	mu    sync.Mutex
	over  bool
	peers map[identity.PeerID]*packetLine // at most maxDatagramLines
	at    map[identity.PeerID]netip.AddrPort

	dropped atomic.Uint64
}

// packetLine is where datagrams to a peer go.
type packetLine struct {
	out  chan []byte
	used atomic.Int64 // when it last carried something, Unix ns

	// Guarded by packets.mu.
	opening  bool // we are opening it
	carriers int  // connections that take what is in out
}

func newPackets(l *lines, log zerolog.Logger, sent *atomic.Uint64) *packets {
	d := &packets{lines: l, log: log, sent: sent, in: make(chan []byte, maxDatagramsIn), peers: map[identity.PeerID]*packetLine{}, at: map[identity.PeerID]netip.AddrPort{}}
	d.life, d.stop = context.WithCancel(context.Background())
	l.handle(serviceDatagrams, d.serve)
	return d
}

// Close ends all lines, and Receive. It waits for those we opened.
func (d *packets) Close() error {
	d.mu.Lock()
	d.over = true
	d.mu.Unlock()
	d.stop()
	d.work.Wait()
	return nil
}

// tell notes where a peer was said to be.
func (d *packets) tell(peer identity.PeerID, at netip.AddrPort) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.at) < maxDatagramLines || d.at[peer].IsValid() {
		d.at[peer] = at
	}
}

// Send sends a datagram as soon as a line stands. It does not wait.
func (d *packets) Send(to identity.PeerID, b []byte) error {
	if len(b) == 0 || len(b) > maxDatagram {
		return fmt.Errorf("node: %w", errDatagramSize)
	}
	b = append([]byte(nil), b...)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		return fmt.Errorf("node: %w", errDatagramsOver)
	}
	line := d.peers[to]
	if line == nil {
		if len(d.peers) >= maxDatagramLines && !d.makeRoomLocked() {
			d.dropped.Add(1)
			return nil
		}
		line = d.registerLocked(to)
		line.opening = true
		at := d.at[to]
		d.work.Go(func() { d.open(to, at, line) })
	}
	select {
	case line.out <- b:
	default:
		d.dropped.Add(1)
	}
	return nil
}

// Receive waits for the next datagram.
func (d *packets) Receive() ([]byte, error) {
	select {
	case b := <-d.in:
		return b, nil
	case <-d.life.Done():
		return nil, fmt.Errorf("node: %w", errDatagramsOver)
	}
}

func (d *packets) registerLocked(peer identity.PeerID) *packetLine {
	line := &packetLine{out: make(chan []byte, maxDatagramsOut)}
	line.used.Store(time.Now().UnixNano())
	d.peers[peer] = line
	return line
}

// makeRoomLocked gives up the line that was not used for the longest time, if for long.
func (d *packets) makeRoomLocked() bool {
	var oldest identity.PeerID
	var line *packetLine
	for peer, o := range d.peers {
		if line == nil || o.used.Load() < line.used.Load() {
			oldest, line = peer, o
		}
	}
	if time.Since(time.Unix(0, line.used.Load())) < datagramIdle/4 {
		return false
	}
	delete(d.peers, oldest)
	close(line.out)
	return true
}

// leave ends all lines; others are opened when there is something to send.
func (d *packets) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for peer, line := range d.peers {
		delete(d.peers, peer)
		close(line.out)
	}
}

// quit notes that a connection carries a line no more, which is forgotten if none does.
func (d *packets) quit(peer identity.PeerID, line *packetLine) {
	d.mu.Lock()
	defer d.mu.Unlock()
	line.carriers--
	d.dropLocked(peer, line)
}

func (d *packets) dropLocked(peer identity.PeerID, line *packetLine) {
	if line.carriers == 0 && !line.opening && d.peers[peer] == line {
		delete(d.peers, peer)
	}
}

// open opens a line to a peer, and serves it.
func (d *packets) open(to identity.PeerID, at netip.AddrPort, line *packetLine) {
	ctx, cancel := context.WithTimeout(d.life, datagramDial)
	defer cancel()
	conn, err := d.lines.dial(ctx, to, at, serviceDatagrams)
	d.opened(to, line, err)
	if err != nil {
		return
	}
	defer d.quit(to, line)
	d.carry(d.life, conn, line)
}

// opened notes what came of opening a line. The peer may have opened one meanwhile, which
// carries it too.
func (d *packets) opened(to identity.PeerID, line *packetLine, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	line.opening = false
	switch {
	case err == nil:
		line.carriers++
	case line.carriers == 0:
		d.log.Debug().Err(err).Stringer("peer", to).Msg("no line for datagrams")
		d.dropped.Add(uint64(len(line.out)))
		d.dropLocked(to, line)
	}
}

// serve takes a line that a peer opened; what we send it goes over that too, unless a line
// stands already. One that we are opening may yet lead nowhere.
func (d *packets) serve(ctx context.Context, peer identity.PeerID, conn net.Conn) {
	d.mu.Lock()
	line := d.peers[peer]
	switch {
	case line == nil && !d.over && len(d.peers) < maxDatagramLines:
		line = d.registerLocked(peer)
	case line == nil || !line.opening:
		line = &packetLine{out: make(chan []byte)} // only what comes
	}
	line.carriers++
	d.mu.Unlock()
	defer d.quit(peer, line)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.life, cancel)()
	d.carry(ctx, conn, line)
}

// carry lets datagrams go both ways until the line breaks, is idle or ctx ends.
func (d *packets) carry(ctx context.Context, conn net.Conn, line *packetLine) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var reading sync.WaitGroup
	defer reading.Wait()
	defer conn.Close()
	conn = &groupConn{conn, d.sent}
	reading.Go(func() {
		defer cancel()
		d.read(conn, line)
	})
	idle := time.NewTicker(datagramIdle / 4)
	defer idle.Stop()
	for {
		select {
		case b, ok := <-line.out:
			if !ok {
				return
			}
			line.used.Store(time.Now().UnixNano())
			conn.SetWriteDeadline(time.Now().Add(datagramDial)) // an error shows at the write
			if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)); err != nil {
				return
			}
		case <-idle.C:
			if time.Since(time.Unix(0, line.used.Load())) >= datagramIdle {
				return
			}
		case <-ctx.Done():
			d.part(conn, line)
			return
		}
	}
}

// part sends what waits, which may be a goodbye.
func (d *packets) part(conn net.Conn, line *packetLine) {
	conn.SetWriteDeadline(time.Now().Add(datagramPart)) // an error shows at the write
	for {
		select {
		case b, ok := <-line.out:
			if !ok {
				return
			}
			if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)); err != nil {
				return
			}
		default:
			return
		}
	}
}

// read takes what comes until the line breaks, or a length is wrong.
func (d *packets) read(conn net.Conn, line *packetLine) {
	r := bufio.NewReaderSize(conn, 2*maxDatagram)
	var head [2]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint16(head[:]))
		if n == 0 || n > maxDatagram {
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r, b); err != nil {
			return
		}
		line.used.Store(time.Now().UnixNano())
		select {
		case d.in <- b:
		default:
			d.dropped.Add(1)
		}
	}
}
