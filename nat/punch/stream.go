package punch

import (
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/quic-go/quic-go"
)

// stream is a stream of QUIC as a net.Conn.
type stream struct {
	*quic.Stream
	conn    *quic.Conn
	writing atomic.Int32 // calls of Write
	closed  atomic.Bool
}

func (s *stream) LocalAddr() net.Addr  { return s.conn.LocalAddr() }
func (s *stream) RemoteAddr() net.Addr { return s.conn.RemoteAddr() }

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.Stream.Read(p)
	return n, s.error("read", err)
}

func (s *stream) Write(p []byte) (int, error) {
	s.writing.Add(1)
	defer s.writing.Add(-1)
	n, err := s.Stream.Write(p)
	return n, s.error("write", err)
}

// error is what package net would say.
func (s *stream) error(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var timeout net.Error
	if s.closed.Load() && !(errors.As(err, &timeout) && timeout.Timeout()) {
		err = net.ErrClosed
	}
	return &net.OpError{Op: op, Net: "quic", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}

// CloseWrite lets the peer read to the end of what was written.
func (s *stream) CloseWrite() error { return s.Stream.Close() }

// Close ends both directions. What was written still arrives, unless a Write was
// cut short: the peer must not take that for the end.
func (s *stream) Close() error {
	if s.closed.Swap(true) {
		return s.error("close", net.ErrClosed)
	}
	s.CancelRead(codeDone)
	if s.writing.Load() > 0 {
		s.CancelWrite(codeDone)
		return nil
	}
	return s.Stream.Close()
}
