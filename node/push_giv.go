package node

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"strconv"
	"time"

	"filbert/overlay/wire"
)

// givWord begins the first line of a connection that a PUSH asked for:
//
//	GIV <index>:<32 hex digits of the servent GUID>/<name>
//
// An empty line follows, then requests go the usual way: whoever was called
// sends them.
const givWord = "GIV "

var errGIV = errors.New("malformed GIV")

// isGIV reports whether a first line is that of a pushed connection.
func isGIV(line []byte) bool { return bytes.HasPrefix(line, []byte(givWord)) }

// parseGIV reads such a line. Index and name are for show only, so they are
// checked and left.
func parseGIV(line []byte) (wire.GUID, error) {
	index, rest, ok := bytes.Cut(bytes.TrimPrefix(line, []byte(givWord)), []byte(":"))
	digits, _, ok2 := bytes.Cut(rest, []byte("/"))
	if _, err := strconv.ParseUint(string(index), 10, 32); err != nil || !ok || !ok2 {
		return wire.GUID{}, errGIV
	}
	guid, err := wire.ParseGUID(string(digits))
	if err != nil {
		return wire.GUID{}, errGIV
	}
	return guid, nil
}

// taken takes a pushed connection, of which line was read, and gives it to the
// one who waits for it. It reports whether there is one.
func (p *pushes) taken(conn net.Conn, r *bufio.Reader, line []byte) bool {
	servent, err := parseGIV(line)
	if err != nil {
		return false
	}
	if end, err := firstLine(r); err != nil || len(end) > 0 {
		return false
	}
	rest, _ := r.Peek(r.Buffered())
	conn.SetDeadline(time.Time{}) // an error shows at the next write
	return p.give(servent, &webConn{Conn: conn, prefix: bytes.Clone(rest)})
}
