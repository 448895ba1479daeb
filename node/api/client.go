package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"filbert/transfer/urn"
)

// ErrNotRunning says that no node answers.
var ErrNotRunning = errors.New("no node is running here")

// Error is what a node answered when it did not do what was asked.
type Error struct {
	Status int    // of HTTP
	Detail string // fit for display
}

func (e *Error) Error() string { return e.Detail }

// Client asks a node. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
	where string // for messages
}

// Dial returns a client of the node whose socket is at path. It connects with
// the first request.
func Dial(path string) *Client {
	dialer := net.Dialer{}
	return &Client{
		base:  "http://filbert",
		where: path,
		http: &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialer.DialContext(ctx, "unix", path) },
		}},
	}
}

// DialTCP returns a client of the node whose service listens at address, a
// loopback one, and asks for token.
func DialTCP(address, token string) *Client {
	return &Client{base: "http://" + address, where: address, token: token, http: &http.Client{Transport: &http.Transport{}}}
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Version asks what runs.
func (c *Client) Version(ctx context.Context) (Version, error) {
	return call[Version](ctx, c, http.MethodGet, "/v1/version", nil)
}

// Doctor has the node judge how it is.
func (c *Client) Doctor(ctx context.Context) (Health, error) {
	return call[Health](ctx, c, http.MethodGet, "/v1/doctor", nil)
}

// Explain asks how a peer is connected to: HOST:PORT, a servent GUID, or the number of a
// result.
func (c *Client) Explain(ctx context.Context, peer string) (Path, error) {
	return call[Path](ctx, c, http.MethodGet, "/v1/explain?"+url.Values{"peer": {peer}}.Encode(), nil)
}

// Status asks for the node at a glance.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/v1/status", nil)
}

// Peers lists the neighbors.
func (c *Client) Peers(ctx context.Context) ([]Peer, error) {
	return call[[]Peer](ctx, c, http.MethodGet, "/v1/peers", nil)
}

// Connect opens a link and waits until it is up. peer is who must prove to be there, "" for
// anybody.
func (c *Client) Connect(ctx context.Context, addr, peer string) error {
	body := map[string]string{"addr": addr}
	if peer != "" {
		body["peer"] = peer
	}
	return c.do(ctx, http.MethodPost, "/v1/peers", body)
}

// Disconnect ends a link.
func (c *Client) Disconnect(ctx context.Context, addr string) error {
	return c.do(ctx, http.MethodDelete, "/v1/peers/"+url.PathEscape(addr), nil)
}

// Results lists the newest results, newest first.
func (c *Client) Results(ctx context.Context) ([]Result, error) {
	return call[[]Result](ctx, c, http.MethodGet, "/v1/results", nil)
}

// Result asks for the result with a number.
func (c *Client) Result(ctx context.Context, number int) (Result, error) {
	return call[Result](ctx, c, http.MethodGet, "/v1/results/"+strconv.Itoa(number), nil)
}

// Downloads lists all downloads.
func (c *Client) Downloads(ctx context.Context) ([]Download, error) {
	return call[[]Download](ctx, c, http.MethodGet, "/v1/downloads", nil)
}

// GetRequest says what to fetch, and how.
type GetRequest struct {
	Target   string `json:"target"`               // number of a result, URN or magnet link
	Output   string `json:"output,omitempty"`     // absolute path for the file
	Adopt    string `json:"adopt,omitempty"`      // absolute path of a file of which what fits is taken
	Strategy string `json:"strategy,omitempty"`   // auto, rarest or sequential; "" is not to say
	Limit    int64  `json:"limit_rate,omitempty"` // bytes per second; 0 is not to say, -1 no limit
}

// Get begins a download.
func (c *Client) Get(ctx context.Context, r GetRequest) (Download, error) {
	return call[Download](ctx, c, http.MethodPost, "/v1/downloads", r)
}

// Cancel ends a download, of a group if one is named; remove removes what arrived.
func (c *Client) Cancel(ctx context.Context, h urn.SHA1, group string, remove bool) error {
	return c.do(ctx, http.MethodDelete, fmt.Sprintf("/v1/downloads/%s?remove=%t", h, remove)+ofGroup("&", group), nil)
}

// ofGroup is the part of a query that names a group, if one is named.
func ofGroup(before, group string) string {
	if group == "" {
		return ""
	}
	return before + "group=" + url.QueryEscape(group)
}

// Uploads lists the files being sent.
func (c *Client) Uploads(ctx context.Context) ([]Upload, error) {
	return call[[]Upload](ctx, c, http.MethodGet, "/v1/uploads", nil)
}

// Shares lists the shared folders.
func (c *Client) Shares(ctx context.Context) ([]Share, error) {
	return call[[]Share](ctx, c, http.MethodGet, "/v1/shares", nil)
}

// CheckShare asks what sharing a folder would share.
func (c *Client) CheckShare(ctx context.Context, dir string) (ShareReport, error) {
	return call[ShareReport](ctx, c, http.MethodGet, "/v1/shares/check?dir="+url.QueryEscape(dir), nil)
}

// AddShare shares a folder with a group, with everybody if none is named.
func (c *Client) AddShare(ctx context.Context, dir, group string, force bool) error {
	return c.do(ctx, http.MethodPost, "/v1/shares", map[string]any{"dir": dir, "group": group, "force": force})
}

// RemoveShare ends sharing a folder with a group, with everybody if none is named.
func (c *Client) RemoveShare(ctx context.Context, dir, group string) error {
	return c.do(ctx, http.MethodDelete, "/v1/shares?dir="+url.QueryEscape(dir)+ofGroup("&", group), nil)
}

// Rescan has all shared folders looked through.
func (c *Client) Rescan(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/v1/shares/rescan", nil)
}

// Stop ends the node and waits until it does not answer any more.
func (c *Client) Stop(ctx context.Context) error {
	if err := c.do(ctx, http.MethodPost, "/v1/stop", nil); err != nil {
		return err
	}
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		if _, err := c.Version(ctx); errors.Is(err, ErrNotRunning) {
			return nil
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// do makes a request whose answer has no content.
func (c *Client) do(ctx context.Context, method, path string, in any) error {
	resp, err := c.request(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// call makes a request whose answer is JSON.
func call[T any](ctx context.Context, c *Client, method, path string, in any) (T, error) {
	var out T
	resp, err := c.request(ctx, method, path, in)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("api: read answer of %s: %w", path, err)
	}
	return out, nil
}

// request makes a request; an answer that is no success becomes an *Error.
func (c *Client) request(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("api: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, readError(resp)
	}
	return resp, nil
}

// failure tells a node that is not there from a request that was given up.
func (c *Client) failure(ctx context.Context, err error) error {
	var op *net.OpError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("%w (%s: %w)", ErrNotRunning, c.where, op.Err)
	}
	return fmt.Errorf("api: %w", err)
}

// readError reads a problem document (RFC 9457), or whatever came.
func readError(resp *http.Response) error {
	b, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody)) // what there is
	var problem struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	e := &Error{Status: resp.StatusCode}
	if json.Unmarshal(b, &problem) != nil || problem.Detail == "" && problem.Title == "" {
		e.Detail = fmt.Sprintf("%s: %s", resp.Status, bytes.TrimSpace(b))
		return e
	}
	e.Detail = problem.Detail
	if e.Detail == "" {
		e.Detail = problem.Title
	}
	for _, inner := range problem.Errors {
		e.Detail += ": " + inner.Message
		if inner.Location != "" {
			e.Detail += " (" + inner.Location + ")"
		}
	}
	return e
}
