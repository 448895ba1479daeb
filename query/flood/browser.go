package flood

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"filbert/overlay/deflate"
	"filbert/overlay/tlslink"
	"filbert/overlay/wire"
	"filbert/transfer"
)

// BrowseError is the answer of a host that gave no listing.
type BrowseError struct {
	Status int           // of HTTP
	After  time.Duration // when to come again; 0 = it did not say
}

func (e *BrowseError) Error() string {
	again := ""
	if e.After > 0 {
		again = fmt.Sprintf("; it may be asked again in %v", e.After)
	}
	switch e.Status {
	case http.StatusForbidden:
		return "it does not let itself be browsed"
	case http.StatusTooManyRequests:
		return "it was browsed too often of late" + again
	case http.StatusServiceUnavailable:
		return "it is busy" + again
	case http.StatusOK, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusNotImplemented:
		return "it does not offer browsing"
	}
	return fmt.Sprintf("it answered %d %s", e.Status, http.StatusText(e.Status))
}

// Errors of Browser and Browsing.
var (
	// ErrNoListing: what came is no listing.
	ErrNoListing = errors.New("what it sends is no list of files")
	// ErrListingCut: the listing goes on beyond what is taken of one.
	ErrListingCut = fmt.Errorf("it lists more than %d files or %d MiB; the rest is left out", maxFound, maxListingBytes>>20)
)

// Browser asks servents for all they share.
type Browser struct {
	Connector transfer.Connector
	Agent     string // User-Agent
}

// Open asks a servent and waits until its list of files begins. The Browsing
// must be closed; ctx ends it too. The error is a *BrowseError if the servent
// answered something else.
func (b *Browser) Open(ctx context.Context, src transfer.Source) (*Browsing, error) {
	reaching, cancel := context.WithTimeout(ctx, browseConnect)
	conn, err := b.Connector.Connect(reaching, src)
	cancel()
	if err != nil {
		return nil, fmt.Errorf("browse %v: %w", src.Addr, err)
	}
	if !tlslink.Is(conn) {
		src.Vouched = false // it could not be held to its key on this way
	}
	g := &Browsing{source: src, close: conn.Close}
	g.letGo = context.AfterFunc(ctx, func() { conn.Close() })
	now := time.Now()
	patient := &hostConn{Conn: conn, head: maxAnswerHead, by: now.Add(browseAnswer), end: now.Add(browseTotal)}
	if err := g.ask(patient, b.request(src)); err != nil {
		g.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("browse %v: %w", src.Addr, err)
	}
	return g, nil
}

func (b *Browser) request(src transfer.Source) *http.Request {
	host := src.Addr.String()
	if !src.Addr.IsValid() {
		host = wire.GUID(src.Servent).String()
	}
	return &http.Request{
		Method: http.MethodGet,
		URL:    &url.URL{Scheme: "http", Host: host, Path: "/"},
		Header: http.Header{
			"User-Agent":      {b.Agent},
			"Accept":          {typePackets},
			"Accept-Encoding": {"deflate"},
			"X-Features":      {"browse/1.0"},
		},
		Close: true,
	}
}

// ask sends the request and reads the head of the answer.
func (g *Browsing) ask(conn *hostConn, request *http.Request) error {
	conn.SetWriteDeadline(conn.by) // an error shows at the write
	if err := request.Write(conn); err != nil {
		return err
	}
	return g.begin(conn, request)
}

// begin reads the head of an answer; what follows is the listing.
func (g *Browsing) begin(conn *hostConn, request *http.Request) error {
	answer, err := http.ReadResponse(bufio.NewReader(conn), request)
	switch {
	case err != nil && conn.head == 0:
		return errLongHead
	case err != nil:
		return err
	}
	conn.head = headOver
	if answer.StatusCode != http.StatusOK || !accepts(answer.Header.Get("Content-Type"), typePackets) {
		return &BrowseError{Status: answer.StatusCode, After: retryAfter(answer)}
	}
	if guid, err := wire.ParseGUID(answer.Header.Get("X-GUID")); err == nil {
		g.servent = guid
	}
	g.in = &io.LimitedReader{R: answer.Body, N: maxListingBytes}
	switch encoding := strings.ToLower(answer.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "deflate":
		g.in.R = deflate.NewReader(answer.Body, 0) // g.in bounds what comes out
	default:
		return fmt.Errorf("%w: its encoding was not asked for", ErrNoListing)
	}
	return nil
}

// retryAfter reads when a host wants to be asked again, in seconds.
func retryAfter(answer *http.Response) time.Duration {
	seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, int(maxRetryAfter/time.Second)))*time.Second, maxRetryAfter)
}

// hostConn is a connection whose every read has its time, and whose answer's
// head has its length.
type hostConn struct {
	net.Conn
	head    int       // bytes the head may still have, with what is read along; headOver behind it
	by, end time.Time // when the head must have come, and everything
}

const headOver = -1

var errLongHead = errors.New("the header of its answer is too long")

func (c *hostConn) Read(b []byte) (int, error) {
	by := c.by
	switch {
	case c.head == headOver:
		by = time.Now().Add(browseIdle)
	case c.head == 0:
		return 0, errLongHead
	default:
		b = b[:min(len(b), c.head)]
	}
	if c.end.Before(by) {
		by = c.end
	}
	c.SetReadDeadline(by) // an error shows at the read
	n, err := c.Conn.Read(b)
	if c.head != headOver {
		c.head -= n
	}
	return n, err
}
