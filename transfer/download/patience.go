package download

import (
	"errors"
	"net"
	"time"
)

// patientConn fails when nothing moves for stallTimeout, and when a header has
// not come to its end by then or is too long.
type patientConn struct {
	net.Conn
	headerBy time.Time // when the header must have come; zero: not in a header
	room     int       // bytes the header may still have
}

var errLongHeader = errors.New("the header of the answer is too long")

// headerBegins expects a header. What is read of the body with it counts too.
func (c *patientConn) headerBegins() {
	c.headerBy, c.room = time.Now().Add(stallTimeout), maxHeaderBytes
}

func (c *patientConn) headerEnds() { c.headerBy = time.Time{} }

func (c *patientConn) Read(b []byte) (int, error) {
	if c.headerBy.IsZero() {
		return c.read(b, time.Now().Add(stallTimeout))
	}
	if c.room == 0 {
		return 0, errLongHeader
	}
	n, err := c.read(b[:min(len(b), c.room)], c.headerBy)
	c.room -= n
	return n, err
}

func (c *patientConn) read(b []byte, by time.Time) (int, error) {
	if err := c.SetReadDeadline(by); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *patientConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
