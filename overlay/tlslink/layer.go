package tlslink

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Layer is the TLS of one servent. It may be used by several goroutines.
type Layer struct {
	config *tls.Config
	pause  time.Duration // before the first answer
	ours   *turns        // of handshakes that we begin
	theirs *turns        // of those that others begin
}

// New returns a Layer that shows a certificate.
func New(cert tls.Certificate) *Layer {
	return &Layer{
		config: &tls.Config{
			Certificates: []tls.Certificate{cert},
			MinVersion:   tls.VersionTLS12,
			// Servents make their certificates themselves: there is nothing to
			// verify them against. A GUID is told, not proven.
			InsecureSkipVerify: true,
			// Plain curves keep a hello in one segment; links are too short-lived
			// to be resumed.
			CurvePreferences:       []tls.CurveID{tls.X25519, tls.CurveP256},
			SessionTicketsDisabled: true,
		},
		pause:  beforeAnswer,
		ours:   newTurns(max(1, runtime.NumCPU()/processorShare), false),
		theirs: newTurns(1, true),
	}
}

// Between is the layer for links between filberts: with a configuration of its own, and
// the processors of l.
func (l *Layer) Between(config *tls.Config) *Layer {
	return &Layer{config: config, ours: l.ours, theirs: l.theirs}
}

// Busy is how long handshakes that others began have computed, all together.
func (l *Layer) Busy() time.Duration { return time.Duration(l.theirs.busy.Load()) }

// Turn waits until a handshake may compute that others begin and l does not make. What it
// returns ends that, once.
func (l *Layer) Turn(ctx context.Context) (end func(), err error) {
	if err := l.theirs.take(ctx); err != nil {
		return nil, fmt.Errorf("tlslink: %w", err)
	}
	since := time.Now()
	return sync.OnceFunc(func() { l.theirs.give(since) }), nil
}

// Also has l, as server, take another configuration for clients that ask for its protocol
// (ALPN). It is called before l is used.
func (l *Layer) Also(config *tls.Config) {
	l.config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		for _, name := range config.NextProtos {
			if slices.Contains(hello.SupportedProtos, name) {
				return config, nil
			}
		}
		return nil, nil
	}
}

// IsHello reports whether a connection that begins with these HelloLen bytes
// opens with TLS.
func IsHello(b []byte) bool {
	return len(b) >= HelloLen && b[0] == recordHandshake && b[1] == recordMajor
}

// Is reports whether a connection is one that a Layer made.
func Is(conn net.Conn) bool {
	_, ok := conn.(*tls.Conn)
	return ok
}

// Client makes the handshake as the side that opened conn. prefix is what was
// read from conn already. The handshake must be over at the deadline; that of
// conn is cleared afterwards. The caller closes conn when it fails.
func (l *Layer) Client(ctx context.Context, conn net.Conn, prefix []byte, deadline time.Time) (net.Conn, error) {
	return l.secure(ctx, &underlying{Conn: conn, prefix: prefix, pause: l.pause, turns: l.ours}, deadline, tls.Client)
}

// Server is Client for the side that accepted conn.
func (l *Layer) Server(ctx context.Context, conn net.Conn, prefix []byte, deadline time.Time) (net.Conn, error) {
	return l.secure(ctx, &underlying{Conn: conn, prefix: prefix, pause: l.pause, turns: l.theirs}, deadline, tls.Server)
}

func (l *Layer) secure(ctx context.Context, under *underlying, deadline time.Time,
	side func(net.Conn, *tls.Config) *tls.Conn) (net.Conn, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	under.SetDeadline(deadline) // an error shows at the next read
	under.ctx, under.left = ctx, maxHandshake
	secured := side(under, l.config)
	err := under.take()
	if err == nil {
		err = secured.HandshakeContext(ctx)
	}
	under.finish()
	if err != nil {
		return nil, fmt.Errorf("tlslink: %w", err)
	}
	under.SetDeadline(time.Time{})
	return secured, nil
}
