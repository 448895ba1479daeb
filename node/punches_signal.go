package node

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// punchHello is the first line of a circuit that carries words about a path.
const punchHello = "PUNCH/0.1"

// signal carries these words over a circuit, each behind its length. It implements
// punch.Signal.
//
//	offset  bytes  what
//	     0      2  length n, big endian, at most maxPunchWord
//	     2      n  the message
type signal struct {
	conn net.Conn
	in   *bufio.Reader // Receive's
}

// Send implements punch.Signal.
func (s *signal) Send(ctx context.Context, message []byte) error {
	defer s.until(ctx, s.conn.SetWriteDeadline)()
	b := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	_, err := s.conn.Write(append(b, message...))
	return s.because(ctx, err)
}

// Receive implements punch.Signal.
func (s *signal) Receive(ctx context.Context) ([]byte, error) {
	defer s.until(ctx, s.conn.SetReadDeadline)()
	b, err := readWord(s.in)
	return b, s.because(ctx, err)
}

// until ends what waits for the connection with ctx; what it returns ends that.
func (s *signal) until(ctx context.Context, set func(time.Time) error) func() {
	set(time.Time{}) // an error shows at the read or write
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		set(time.Unix(1, 0))
		close(done)
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// because is ctx's error if that ended it.
func (s *signal) because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// readWord reads one message.
func readWord(r io.Reader) ([]byte, error) {
	var n [2]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, fmt.Errorf("node: punch: %w", err)
	}
	length := binary.BigEndian.Uint16(n[:])
	if length > maxPunchWord {
		return nil, fmt.Errorf("node: punch: message of %d bytes, at most %d are taken", length, maxPunchWord)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("node: punch: %w", err)
	}
	return b, nil
}
