package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"filbert/transfer/urn"
)

// SearchRequest is what to search for.
type SearchRequest struct {
	Words   string
	New     bool   // the newest files nearby instead
	Type    string // "" = any
	MinSize int64
	MaxSize int64 // 0 = any
	Limit   int   // 0 = none
	Hops    int   // 0 = as far as usual
	Wait    time.Duration
	Group   string // among what the members of this group have; "" = on the open network
}

// Search asks the network and calls found whenever a file is found or has a new
// source. It returns how the search ended, also when ctx ended it.
func (c *Client) Search(ctx context.Context, r SearchRequest, found func(Result)) (SearchEnd, error) {
	v := url.Values{}
	for name, value := range map[string]string{
		"words": r.Words, "type": r.Type, "min_size": number(r.MinSize), "max_size": number(r.MaxSize), "limit": number(int64(r.Limit)), "hops": number(int64(r.Hops)), "group": r.Group,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if r.Wait != 0 {
		v.Set("wait", r.Wait.String())
	}
	if r.New {
		v.Set("new", "true")
	}
	return c.results(ctx, "/v1/search?"+v.Encode(), found)
}

// Browse asks a servent, "HOST:PORT" or the number of a result whose source it
// is, for all it shares, and calls found for each file, limit at most unless that
// is 0. It returns how that ended, also when ctx ended it.
func (c *Client) Browse(ctx context.Context, host string, limit int, found func(Result)) (SearchEnd, error) {
	v := url.Values{"host": {host}}
	if limit != 0 {
		v.Set("limit", number(int64(limit)))
	}
	return c.results(ctx, "/v1/browse?"+v.Encode(), found)
}

// results reads the events of a search.
func (c *Client) results(ctx context.Context, path string, found func(Result)) (end SearchEnd, err error) {
	err = c.stream(ctx, path, func(event string, data []byte) error {
		switch event {
		case "result":
			var res Result
			if err := json.Unmarshal(data, &res); err != nil {
				return err
			}
			found(res)
		case "end":
			return json.Unmarshal(data, &end)
		}
		return nil
	})
	return end, err
}

// Watch calls changed with a download, of a group if one is named, now and at every change,
// until it is over or ctx ends.
func (c *Client) Watch(ctx context.Context, h urn.SHA1, group string, changed func(Download)) error {
	return c.stream(ctx, "/v1/downloads/"+h.String()+"/events"+ofGroup("?", group), func(event string, data []byte) error {
		var d Download
		if err := json.Unmarshal(data, &d); err != nil {
			return err
		}
		changed(d)
		return nil
	})
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// stream reads server-sent events until they end.
func (c *Client) stream(ctx context.Context, path string, take func(event string, data []byte) error) error {
	resp, err := c.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := readEvents(resp.Body, take); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("api: read events of %s: %w", path, err)
	}
	return nil
}

// readEvents parses what stream writes: each event has one line of data.
func readEvents(r io.Reader, take func(event string, data []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEvent)
	event := ""
	for lines.Scan() {
		line := lines.Bytes()
		if name, ok := bytes.CutPrefix(line, []byte("event: ")); ok {
			event = string(name)
		} else if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
			if err := take(event, data); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}
