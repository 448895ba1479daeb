package api

import (
	"context"
	"crypto/sha1"
	"errors"
	"net/http"
	"slices"
	"testing"

	"filbert/transfer/urn"
)

// TestWatchAll sees downloads come, go on to their end, and go.
func TestWatchAll(t *testing.T) {
	asker, other := pair(t, songs)
	defer http.DefaultClient.CloseIdleConnections()
	c := serve(t, asker, nil)
	link, err := serve(t, other, nil).Magnet(t.Context(), urn.SHA1(sha1.Sum(songs["blue sky.ogg"].Data)).URN())
	if err != nil {
		t.Fatal(err)
	}
	name := urn.SHA1(sha1.Sum(songs["blue sky.ogg"].Data))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var states []string
	rounds := 0
	err = c.WatchAll(ctx, func(all, changed []Download) error {
		if rounds++; rounds == 1 { // there is nothing yet
			if len(all)+len(changed) != 0 {
				t.Errorf("at first: %+v, %+v", all, changed)
			}
			_, err := c.Get(ctx, GetRequest{Target: link.Link})
			return err
		}
		for _, d := range changed {
			if states = append(states, d.State); d.State == "complete" {
				if len(all) != 1 || all[0].Path == "" || all[0].URN != name.URN() {
					t.Errorf("when it is complete: %+v", all)
				}
				return c.Cancel(ctx, name, "", false) // it is forgotten
			}
		}
		if len(all) == 0 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || !slices.Contains(states, "complete") {
		t.Errorf("%v after states %q", err, states)
	}
}
