package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"filbert/overlay/handshake"
	"filbert/overlay/identity"
	"filbert/overlay/tlslink"
	"filbert/transfer"
)

// A line is a stream between two filberts that have proven their IDs to each other. It
// is opened on any connection that leads to the port of a node, whatever way it came: the
// first line is lineHello, TLS with both certificates follows (identity.LinkTLS), and in
// that the name of a service, which is answered by lineOK or a reason.
const (
	lineHello = "FILBERT LINE/0.1"
	lineOK    = "OK"
)

// Errors of dialing a line.
var (
	// ErrNoLines: TLS is switched off, here.
	ErrNoLines = errors.New("lines between peers need TLS, which is switched off")
	// ErrNowhere: the peer was not found yet, is no neighbor, and nobody said where it is.
	ErrNowhere = errors.New("it is not known where the peer is")
	// ErrLineRefused wraps what the peer said.
	ErrLineRefused = errors.New("the peer refuses")
)

// LineHandler has a line until it returns. It returns soon after ctx ends.
type LineHandler func(ctx context.Context, peer identity.PeerID, conn net.Conn)

// lines opens and takes lines.
type lines struct {
	ids     *tlslink.Layer     // nil: there are none
	own     *identity.Identity // who opens lines; who takes them is who the network sees
	connect func(ctx context.Context, src transfer.Source) (net.Conn, error)
	where   func(identity.PeerID) transfer.Source
	blocks  func(identity.PeerID) bool
	log     zerolog.Logger

	mu       sync.Mutex
	services map[string]LineHandler
	open     map[identity.PeerID]int // that others opened; maxLines in all
	total    int
}

// handle lets others open lines to a service. It is called before the node runs.
func (l *lines) handle(service string, h LineHandler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.services == nil {
		l.services = map[string]LineHandler{}
	}
	l.services[service] = h
}

// dial opens a line to a service of a peer. At is where it was said to be, if that is
// known, besides what was heard of it.
func (l *lines) dial(ctx context.Context, peer identity.PeerID, at netip.AddrPort, service string) (net.Conn, error) {
	if l.ids == nil {
		return nil, fmt.Errorf("node: %w", ErrNoLines)
	}
	src := l.where(peer)
	if at.IsValid() && (!src.Addr.IsValid() || src.Push) {
		src.Addr, src.Push = at, false
	}
	return l.dialTo(ctx, src, service)
}

// dialTo opens a line to a service of a peer by the ways that a source names.
func (l *lines) dialTo(ctx context.Context, src transfer.Source, service string) (_ net.Conn, err error) {
	peer := identity.PeerID(src.Peer)
	config, err := l.own.LinkTLSTo(peer)
	if err != nil {
		return nil, err
	}
	src.Vouched = false // what it proves, it proves in the line
	conn, err := l.connect(ctx, src)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	deadline := time.Now().Add(handshake.Timeout)
	conn.SetDeadline(deadline) // an error shows at the write
	if _, err := fmt.Fprintf(conn, "%s\r\n", lineHello); err != nil {
		return nil, fmt.Errorf("node: line to %v: %w", peer, err)
	}
	secured, err := l.ids.Between(config).Client(ctx, conn, nil, deadline)
	if err != nil {
		return nil, fmt.Errorf("node: line to %v: %w", peer, err)
	}
	switch proven, err := identity.Proven(secured); {
	case err != nil:
		return nil, fmt.Errorf("node: line to %v: %w", peer, err)
	case proven != peer:
		return nil, fmt.Errorf("node: line to %v: %w: %v", peer, identity.ErrWrongPeer, proven)
	}
	secured.SetDeadline(deadline) // likewise
	if _, err := fmt.Fprintf(secured, "%s\r\n", service); err != nil {
		return nil, fmt.Errorf("node: line to %v: %w", peer, err)
	}
	r := bufio.NewReaderSize(secured, firstBuffer)
	said, err := firstLine(r)
	switch {
	case err != nil:
		return nil, fmt.Errorf("node: line to %v: %w", peer, err)
	case string(said) != lineOK:
		return nil, fmt.Errorf("node: line to %v: %w: %s", peer, ErrLineRefused, transfer.Display(string(said)))
	}
	secured.SetDeadline(time.Time{}) // likewise
	rest, _ := r.Peek(r.Buffered())
	line := &webConn{Conn: secured, prefix: bytes.Clone(rest)}
	if l, ok := conn.(transfer.Limited); ok {
		return &limitedLine{line, l}, nil
	}
	return line, nil
}

// limitedLine is a line that carries only so much. It is a transfer.Limited.
type limitedLine struct {
	*webConn
	below transfer.Limited
}

// Room implements transfer.Limited: what TLS adds to each record is not for the caller.
func (l *limitedLine) Room() int64 {
	room := l.below.Room()
	return room - room/lineShare
}

// accept takes a connection whose first line is lineHello, and closes it in the end. What
// in holds was read already.
func (l *lines) accept(ctx context.Context, conn net.Conn, in *bufio.Reader) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if l.ids == nil {
		return
	}
	deadline := time.Now().Add(handshake.Timeout)
	conn.SetDeadline(deadline) // an error shows at the read
	prefix, _ := in.Peek(in.Buffered())
	secured, err := l.ids.Server(ctx, conn, bytes.Clone(prefix), deadline)
	if err != nil {
		l.log.Debug().Err(err).Msg("line")
		return
	}
	peer, err := identity.Proven(secured)
	if err != nil {
		l.log.Debug().Err(err).Msg("line")
		return
	}
	secured.SetDeadline(deadline) // likewise
	r := bufio.NewReaderSize(secured, firstBuffer)
	service, err := firstLine(r)
	if err != nil {
		return
	}
	h, reason := l.enter(peer, string(service))
	if reason != "" {
		fmt.Fprintf(secured, "%s\r\n", reason) // it closes anyway
		return
	}
	defer l.leave(peer)
	if _, err := fmt.Fprintf(secured, "%s\r\n", lineOK); err != nil {
		return
	}
	secured.SetDeadline(time.Time{}) // likewise
	rest, _ := r.Peek(r.Buffered())
	h(ctx, peer, &webConn{Conn: secured, prefix: bytes.Clone(rest)})
}

// enter keeps a place for a line, or says why there is none.
func (l *lines) enter(peer identity.PeerID, service string) (h LineHandler, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h = l.services[service]
	switch {
	case l.blocks(peer), h == nil:
		return nil, "no such service"
	case l.total >= maxLines || l.open[peer] >= maxLinesPerPeer:
		return nil, "too many lines"
	}
	if l.open == nil {
		l.open = map[identity.PeerID]int{}
	}
	l.open[peer]++
	l.total++
	return h, ""
}

func (l *lines) leave(peer identity.PeerID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.open[peer]--; l.open[peer] == 0 {
		delete(l.open, peer)
	}
}

// isLine reports whether a first line opens a line.
func isLine(line []byte) bool { return string(line) == lineHello }

// serveConn gives a connection to whoever its first line names: lines, or else the server
// of files; it may open with TLS first. It is one whose other end serves nobody: we opened it because we were asked to,
// or it came over a path.
func (n *Node) serveConn(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	deadline := time.Now().Add(unreadTimeout)
	conn.SetDeadline(deadline) // an error shows at the read
	inside, in, err := n.mux.unwrap(ctx, conn, deadline)
	var line []byte
	if err == nil {
		line, err = firstLine(in)
	}
	if err == nil && isLine(line) {
		n.lines.accept(ctx, inside, in)
		return
	}
	conn.SetDeadline(time.Time{}) // likewise
	if err != nil || n.mux.unwanted(inside) || !stop() || !n.web.hand(ctx, httpConn(inside, in, line)) {
		conn.Close()
	}
}

// openLines prepares lines. Services are added before the node runs.
func (n *Node) openLines(ids *tlslink.Layer) {
	n.lines = &lines{
		ids: ids, own: n.cfg.Identity, connect: n.connector().Connect, where: n.SourceOf, log: n.log,
		blocks: func(p identity.PeerID) bool { return n.contacts.Blocks(p.GUID()) },
	}
}
