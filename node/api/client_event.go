package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

func eventPath(path string, since time.Duration) string {
	if since != 0 {
		path += "?seconds=" + strconv.FormatFloat(since.Seconds(), 'f', -1, 64)
	}
	return path
}

// Events lists what happened since some time ago, all that is kept if that is 0.
func (c *Client) Events(ctx context.Context, since time.Duration) ([]Event, error) {
	return call[[]Event](ctx, c, http.MethodGet, eventPath("/v1/events", since), nil)
}

// WatchEvents calls take with each event that Events lists, and with each from then on, until ctx
// ends or the node does.
func (c *Client) WatchEvents(ctx context.Context, since time.Duration, take func(Event)) error {
	return c.stream(ctx, eventPath("/v1/events/stream", since), func(event string, data []byte) error {
		if event != "event" {
			return nil
		}
		var e Event
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		take(e)
		return nil
	})
}
