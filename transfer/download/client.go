package download

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"filbert/transfer"
	"filbert/transfer/ranges"
	"filbert/transfer/urn"
)

// client is one connection to one source, with the parser of net/http and
// without its Transport: that would start two goroutines per connection, could
// not be told apart which wait was in vain, and prints what a source sends
// unasked. It is owned by one worker.
type client struct {
	source    *source
	conn      *patientConn
	limited   transfer.Limited // the connection, if it carries only so much
	in        *bufio.Reader
	agent     string
	target    *url.URL    // of the file
	header    http.Header // that the next request has beside those of every one
	answers   int         // that came so far
	told      time.Time   // when it was last told of other sources
	named     bool        // it was told that we are one
	redirects int         // that were followed

	pipelines bool          // it takes a request behind one that it still answers
	behind    *http.Request // that is not answered yet
	letGo     func() bool   // of the context that closes the connection
}

// dial reaches a source that is to be asked for the file with the given hash.
// The connection is closed when ctx ends.
func dial(ctx context.Context, connector transfer.Connector, src *source, sha1 urn.SHA1, agent string) (*client, error) {
	reaching, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := connector.Connect(reaching, src.Source)
	if err != nil {
		return nil, err
	}
	c := &client{
		source: src,
		conn:   &patientConn{Conn: conn},
		agent:  agent,
		target: &url.URL{Scheme: "http", Host: hostOf(src.Source), Path: pathN2R, RawQuery: sha1.URN()},
		letGo:  context.AfterFunc(ctx, func() { conn.Close() }),
	}
	c.limited, _ = conn.(transfer.Limited)
	c.header = http.Header{}
	c.in = bufio.NewReader(c.conn)
	return c, nil
}

// room is how many bytes of a file the connection may still carry.
func (c *client) room() int64 {
	if c.limited == nil {
		return math.MaxInt64
	}
	return c.limited.Room() + int64(c.in.Buffered()) - maxHeaderBytes
}

// host is the other end of the connection, the zero Addr for a pipe.
func (c *client) host() netip.Addr {
	addr, _ := netip.ParseAddrPort(c.conn.RemoteAddr().String())
	return addr.Addr()
}

// own is the address the source itself has, as far as is known: not that of a relay.
func (c *client) own() netip.Addr {
	if c.limited != nil {
		return netip.Addr{}
	}
	return c.host().Unmap()
}

// local is our end of the connection, the zero Addr for a pipe.
func (c *client) local() netip.Addr {
	addr, _ := netip.ParseAddrPort(c.conn.LocalAddr().String())
	return addr.Addr().Unmap()
}

// close ends the connection.
func (c *client) close() {
	c.letGo()
	c.conn.Close()
}

// get asks for a range of the file, or with an offer for as much of what is in that.
// The body must be read to its end, or the connection closed.
func (c *client) get(asked ranges.Range, offer *ranges.Set) (*http.Response, error) {
	for {
		if offer != nil {
			c.header[headerWant] = []string{ranges.FormatList(offer, maxOffer)}
		}
		answer, err := c.exchange(c.request(asked))
		if err != nil {
			return nil, err
		}
		c.answers++
		c.header = http.Header{}
		c.pipelines = c.limited == nil && !answer.Close && answer.ProtoAtLeast(1, 1) && takesPipelined(answer.Header.Get("Server"))
		if answer.StatusCode != http.StatusMovedPermanently || c.redirects >= maxRedirects || !c.follow(answer) {
			return answer, nil
		}
		c.redirects++
	}
}

// request is one for a range of the file.
func (c *client) request(asked ranges.Range) *http.Request {
	c.header["User-Agent"] = []string{c.agent}
	c.header["Range"] = []string{fmt.Sprintf("bytes=%d-%d", asked.Start, asked.End-1)}
	return &http.Request{Method: http.MethodGet, URL: c.target, Header: c.header}
}

// getBehind asks for a range while an answer still comes. Its own is that of
// nextAnswer, if it could be asked for.
func (c *client) getBehind(asked ranges.Range) bool {
	c.behind = c.request(asked)
	if c.behind.Write(c.conn) != nil {
		c.behind = nil // the connection is broken, as whoever reads will notice
	}
	c.header = http.Header{}
	return c.behind != nil
}

// nextAnswer is the answer to getBehind, once that before was read to its end.
func (c *client) nextAnswer() (*http.Response, error) {
	answer, err := c.response(c.behind)
	c.behind = nil
	if err == nil {
		c.answers++
		c.pipelines = !answer.Close
	}
	return answer, err
}

// takesPipelined reports whether a server is known to answer one request after
// another (RFC 9112 §9.3.2). Servents that do not may lose the second.
func takesPipelined(server string) bool {
	return strings.HasPrefix(server, agentName) || strings.HasPrefix(server, agentGtkg)
}

// fetch asks for something else of the source. The body must be read to its end,
// or the connection closed.
func (c *client) fetch(target *url.URL) (*http.Response, error) {
	header := http.Header{"User-Agent": {c.agent}}
	answer, err := c.exchange(&http.Request{Method: http.MethodGet, URL: target, Header: header})
	if err == nil {
		c.answers++
	}
	return answer, err
}

// follow takes up a redirection to another path of the same source. One to
// elsewhere is left to be judged as the refusal it is.
func (c *client) follow(answer *http.Response) bool {
	moved, err := c.target.Parse(answer.Header.Get("Location"))
	if err != nil || moved.Scheme != c.target.Scheme || moved.Host != c.target.Host {
		return false
	}
	if _, err := io.CopyN(io.Discard, answer.Body, maxSunkBytes); err != io.EOF || answer.Close {
		return false
	}
	c.target = moved
	return true
}

// exchange sends a request and reads the header of the answer.
func (c *client) exchange(request *http.Request) (*http.Response, error) {
	if c.in.Buffered() > 0 {
		return nil, errors.New("more than one answer to a request")
	}
	if err := request.Write(c.conn); err != nil {
		return nil, err
	}
	return c.response(request)
}

// response reads the header of the next answer.
func (c *client) response(request *http.Request) (*http.Response, error) {
	c.conn.headerBegins()
	defer c.conn.headerEnds()
	for range 1 + maxInterim {
		answer, err := http.ReadResponse(c.in, request)
		if err != nil || answer.StatusCode >= http.StatusOK {
			return answer, err
		}
	}
	return nil, errors.New("no final answer")
}

// ended reports whether a body was read to its end, and another request may be
// sent behind it.
func ended(answer *http.Response) bool {
	if answer.Close {
		return false
	}
	n, err := answer.Body.Read(make([]byte, 1))
	return n == 0 && err == io.EOF
}

// hostOf is the Host header for a source: where it listens. One that is not
// known to listen gets its own name, as the header must not be missing.
func hostOf(src transfer.Source) string {
	if src.Addr.IsValid() {
		return src.Addr.String()
	}
	return fmt.Sprintf("%x", src.Servent)
}
