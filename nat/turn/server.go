package turn

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Server is a TURN server, with the name and the password of who may use it. However
// it is printed, these two are not.
type Server struct {
	addr           string
	user, password string
}

// NewServer is the server at a "host:port".
func NewServer(addr, user, password string) Server { return Server{addr, user, password} }

// errServer names nothing of the text: it has a password.
var errServer = errors.New("it is no TURN server: write it like turn:user:password@turn.example:3478, with %3A for a colon in the user and %25 for a percent sign")

// Parse reads turn:USER:PASSWORD@HOST:PORT. The user ends with the first colon, the
// password with the last @; of both %XX is the byte with that number.
func Parse(text string) (Server, error) {
	rest, ok := strings.CutPrefix(text, "turn:")
	at := strings.LastIndexByte(rest, '@')
	if !ok || at < 0 || len(text) > maxText {
		return Server{}, errServer
	}
	user, password, ok := strings.Cut(rest[:at], ":")
	user, err := url.PathUnescape(user)
	password, err2 := url.PathUnescape(password)
	if !ok || user == "" || password == "" || err != nil || err2 != nil {
		return Server{}, errServer
	}
	host, digits, err := net.SplitHostPort(rest[at+1:])
	port, err2 := strconv.ParseUint(digits, 10, 16)
	if err != nil || err2 != nil || host == "" || port == 0 {
		return Server{}, errServer
	}
	return NewServer(rest[at+1:], user, password), nil
}

// Addr is its "host:port".
func (s Server) Addr() string { return s.addr }

// String is the text without user and password.
func (s Server) String() string { return "turn:" + s.addr }

// GoString is the same.
func (s Server) GoString() string { return s.String() }
