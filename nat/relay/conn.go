package relay

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"time"
)

// Conn is one end of a circuit: TLS between the two peers. Its addresses are those of
// the connection to the relay.
type Conn struct {
	*tls.Conn
	Grant Grant
	Relay netip.AddrPort
	From  netip.AddrPort // who connected, as the relay saw it; of an accepted one only
}

// stream is what the relay carries: bytes, up to the grant.
type stream struct {
	net.Conn
	r     *bufio.Reader // nil once what it held is read; owned by who reads
	grant Grant
	ends  time.Time
	read  int64 // owned by who reads
	wrote int64 // owned by who writes
}

func newStream(conn net.Conn, r *bufio.Reader, grant Grant) *stream {
	return &stream{Conn: conn, r: r, grant: grant, ends: time.Now().Add(grant.Time)}
}

// Read implements net.Conn. The end of a circuit that is used up is ErrSpent, and every
// other is ErrCut: who is through says so inside TLS, which would take the end of the
// stream for that.
func (s *stream) Read(p []byte) (n int, err error) {
	if s.r != nil && s.r.Buffered() == 0 {
		s.r = nil
	}
	if s.r != nil {
		n, err = s.r.Read(p)
	} else {
		n, err = s.Conn.Read(p)
	}
	s.read += int64(n)
	if err == io.EOF {
		err = ErrCut
	}
	return n, s.spent(err, s.read)
}

// Write implements net.Conn. Beyond the grant it fails with ErrSpent, for the relay
// would cut it there.
func (s *stream) Write(p []byte) (n int, err error) {
	if left := s.grant.Bytes - s.wrote; int64(len(p)) > left {
		n, err = s.Conn.Write(p[:left])
		if err == nil {
			err = ErrSpent
		}
	} else {
		n, err = s.Conn.Write(p)
	}
	s.wrote += int64(n)
	return n, s.spent(err, s.wrote)
}

// spent says why a circuit ended, if it had carried or lasted what it may. A deadline
// of the caller stays what it is.
func (s *stream) spent(err error, moved int64) error {
	if err == nil {
		return nil
	}
	if late, ok := err.(net.Error); ok && late.Timeout() {
		return err
	}
	if moved >= s.grant.Bytes || !time.Now().Before(s.ends.Add(-endSlack)) {
		return ErrSpent
	}
	return err
}

// CloseWrite ends our direction.
func (s *stream) CloseWrite() error { return closeWrite(s.Conn) }
