package portmap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
)

var errAnswer = errors.New("portmap: answer of the router is too long or malformed")

// oneHost is an http.RoundTripper for one router: one connection for each
// question, to nobody else, with an end to what is read, headers included. It
// leaves no goroutine behind.
type oneHost struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	host netip.Addr
}

// client makes the HTTP client of a router.
func (t oneHost) client() http.Client {
	return http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return errElsewhere }}
}

func (t oneHost) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := within(r.URL, t.host); err != nil {
		return nil, err
	}
	port := uint64(80)
	if p := r.URL.Port(); p != "" {
		var err error
		if port, err = strconv.ParseUint(p, 10, 16); err != nil || port == 0 {
			return nil, errElsewhere
		}
	}
	ctx := r.Context()
	conn, err := t.dial(ctx, "tcp", netip.AddrPortFrom(t.host, uint16(port)).String())
	if err != nil {
		return nil, err
	}
	a := &answer{conn: conn, stop: context.AfterFunc(ctx, func() { conn.Close() })}
	ask := r.Clone(ctx)
	ask.Close = true // or it would wait for our next question
	response, err := a.exchange(ask)
	if err != nil {
		a.Close()
		return nil, err
	}
	a.body, response.Body = response.Body, a
	return response, nil
}

// answer is the body of a response, and the connection it comes by.
type answer struct {
	conn net.Conn
	body io.ReadCloser
	stop func() bool
}

func (a *answer) exchange(r *http.Request) (*http.Response, error) {
	if err := r.Write(a.conn); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(bufio.NewReader(io.LimitReader(a.conn, maxAnswer)), r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	return response, nil
}

func (a *answer) Read(p []byte) (int, error) { return a.body.Read(p) }

func (a *answer) Close() error {
	a.stop()
	return a.conn.Close()
}
