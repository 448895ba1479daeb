package api

import (
	"context"
	"encoding/json"
)

// WatchAll calls changed with all downloads, in the order they were added, now
// and whenever something changed, until ctx ends or the node does. Those that
// changed are told apart; the lists are its own.
func (c *Client) WatchAll(ctx context.Context, changed func(all, changed []Download) error) error {
	known := map[string]Download{}
	var order []string
	var news []Download
	return c.stream(ctx, "/v1/downloads/events", func(event string, data []byte) error {
		switch event {
		case "download":
			var d Download
			if err := json.Unmarshal(data, &d); err != nil {
				return err
			}
			known[d.key()] = d
			news = append(news, d)
		case "round":
			var r Round
			if err := json.Unmarshal(data, &r); err != nil {
				return err
			}
			if r.Order != nil {
				order = r.Order
			}
			all := make([]Download, 0, len(order))
			kept := make(map[string]Download, len(order))
			for _, urn := range order {
				all, kept[urn] = append(all, known[urn]), known[urn]
			}
			known = kept
			told := news
			news = nil
			return changed(all, told)
		}
		return nil
	})
}
