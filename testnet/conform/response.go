package conform

import (
	"bufio"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
)

// response is an HTTP answer as it came.
type response struct {
	block
	body   []byte
	closes bool // the connection is over
}

// length is its Content-Length, -1 if there is none.
func (r *response) length() int64 {
	v, ok := r.get("Content-Length")
	n, err := strconv.ParseInt(v, 10, 64)
	if !ok || err != nil || n < 0 {
		return -1
	}
	return n
}

// request sends a request and reads its answer.
func (c *conn) request(method, target string, headers ...string) *response {
	lines := []string{method + " " + target + " HTTP/1.1", "Host: " + c.t.cfg.Addr.String(), "User-Agent: " + agent}
	c.say(append(lines, headers...)...)
	return c.response(method)
}

// response reads an answer whose body has an end.
func (c *conn) response(method string) *response {
	r := &response{block: c.block("an HTTP answer")}
	c.t.check(strings.HasPrefix(r.first, "HTTP/1.") && r.code() != 0, "a status line of HTTP/1", "%q", r.first)
	r.closes = r.lists("Connection", "close") || strings.HasPrefix(r.first, "HTTP/1.0 ")
	if method == "HEAD" || r.code() == 204 || r.code() == 304 {
		return r
	}
	var body io.Reader = c.r
	limit := r.length()
	switch {
	case r.lists("Transfer-Encoding", "chunked"):
		body, limit = httputil.NewChunkedReader(c.r), maxBody
		defer func() { c.trailer() }()
	case limit < 0:
		r.closes, limit = true, maxBody
	}
	c.t.check(limit <= maxBody, "a body that can be looked at", "%d bytes", limit)
	c.raw.SetReadDeadline(c.t.deadline())
	b, err := io.ReadAll(io.LimitReader(body, limit))
	c.t.check(err == nil || isReset(err), "a whole body", "%d bytes, then %v", len(b), err)
	r.body = b
	n := r.length()
	c.t.check(n < 0 || n == int64(len(b)), fmt.Sprintf("%d bytes, as Content-Length says", n), "%d", len(b))
	return r
}

// trailer reads what follows the last chunk.
func (c *conn) trailer() {
	for {
		line, err := readTrailerLine(c.r)
		if err != nil || line == "" {
			return
		}
	}
}

func readTrailerLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	return strings.TrimSpace(line), err
}

// ask sends a request on a connection that is kept from case to case while the
// servent keeps it.
func (t *trial) get(method, target string, headers ...string) *response {
	if t.web == nil {
		t.web = t.dial()
		for i, c := range t.open { // the suite closes it
			if c == t.web.raw {
				t.open = append(t.open[:i], t.open[i+1:]...)
				break
			}
		}
	}
	c := t.web
	c.t, t.web = t, nil // a failure leaves it in no known state
	r := c.request(method, target, headers...)
	if r.closes {
		c.raw.Close()
	} else {
		t.web = c
	}
	return r
}
