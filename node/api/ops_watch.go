package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Round ends the events of one look at all downloads.
type Round struct {
	Order []string `json:"order" nullable:"true" doc:"URNs of all downloads, each with the ID of its group behind it if it has one, in the order they were added; null when that is as before"`
}

// key names a download in a Round.
func (d Download) key() string { return strings.TrimSpace(d.URN + " " + d.Group) }

func (s *Server) watchOperations(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "watch-downloads", Method: "GET", Path: "/v1/downloads/events",
		Summary: "Watch all downloads",
		Responses: events("events `download` (Download) for each that there is or that changed, then `round` (Round), which says what " +
			"there is now: at once, and whenever something changed, twice a second at most"),
	}, func(context.Context, *struct{}) (*huma.StreamResponse, error) {
		return streaming(s.watchDownloads), nil
	})
}

// watchDownloads sends what changes of all downloads until ctx ends.
func (s *Server) watchDownloads(ctx context.Context, out *stream) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var order []string
	sent := map[string]string{} // by key, as JSON
	for first := true; ; first = false {
		now := s.allDownloads()
		urns := []string{}
		changed := first
		for _, d := range now {
			key := d.key()
			urns = append(urns, key)
			b, err := json.Marshal(d)
			if err != nil {
				panic(err) // a type of ours that JSON cannot hold
			}
			if sent[key] != string(b) {
				sent[key], changed = string(b), true
				out.send("download", d)
			}
		}
		var end Round
		if !slices.Equal(urns, order) {
			for _, gone := range order {
				if !slices.Contains(urns, gone) {
					delete(sent, gone)
				}
			}
			end.Order, order, changed = urns, urns, true
		}
		if changed {
			out.send("round", end)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
