package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/node/shell"
)

// mapCells is how wide the map of the parts of a file is, and shownPeers how many
// sources of a download are shown: so that two downloads fit on a small terminal.
const (
	mapCells   = 64
	shownPeers = 6
)

// redrawEvery is how often times that run down are drawn anew.
const redrawEvery = time.Second

// watchDownloads shows how downloads go on until the user has seen enough or the
// node ends: drawn in place on a terminal, as lines elsewhere.
func (r *runner) watchDownloads(c *cli.Context, n *api.Client) error {
	follow := r.plainWatch()
	if c.Bool("jsonl") {
		out := json.NewEncoder(r.env.Out)
		follow = func(_, changed []api.Download) error {
			for _, d := range changed {
				if err := out.Encode(d); err != nil {
					return err
				}
			}
			return nil
		}
	} else if f, ok := r.env.Out.(*os.File); ok {
		if g := shell.NewRegion(f); g != nil {
			draw, stop := drawn(c.Context, g)
			defer stop()
			follow = draw
		}
	}
	err := n.WatchAll(c.Context, follow)
	switch {
	case errors.Is(err, context.Canceled):
		return nil // that is how it ends
	case err != nil:
		return err
	}
	return fail(exitNotRunning, "the node has stopped; its downloads go on when it is started again")
}

// drawn draws downloads in place, whenever they change and every second, until
// stop is called.
func drawn(ctx context.Context, g *shell.Region) (draw func(all, changed []api.Download) error, stop func()) {
	var mu sync.Mutex
	var list []api.Download // guarded by mu, as g is
	show := func() error { return g.Show(picture(list, g.Rows(), time.Now())) }
	ctx, cancel := context.WithCancel(ctx)
	var clock sync.WaitGroup
	clock.Go(func() {
		tick := time.NewTicker(redrawEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				mu.Lock()
				show() // an error shows at the next change
				mu.Unlock()
			case <-ctx.Done():
				return
			}
		}
	})
	draw = func(all, _ []api.Download) error {
		mu.Lock()
		defer mu.Unlock()
		list = all
		return show()
	}
	return draw, func() { cancel(); clock.Wait() }
}

// picture is the lines that show downloads, those that go on first, on so many
// rows at most.
func picture(list []api.Download, rows int, now time.Time) []string {
	if len(list) == 0 {
		return []string{"no downloads"}
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(urgency(list[a]), urgency(list[b])) })

	var b bytes.Buffer
	t := newTable(&b, "N", "STATE", "DONE", "SIZE", "RATE", "ETA", "SOURCES", "NAME")
	for _, i := range order {
		d := list[i]
		speed, eta := pace(d)
		t.row(fmt.Sprint(i+1), d.State, percent(d.Have, d.Size), size(d.Size), speed, eta, fmt.Sprint(d.Sources), d.Name)
	}
	t.end() // into memory
	table := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")

	lines := []string{summary(list), table[0]}
	for at, i := range order {
		about := append([]string{table[at+1]}, details(list[i], now)...)
		left := len(order) - at
		if len(lines)+len(about) > rows-min(1, left-1) { // a row for those that are left out
			return append(lines, fmt.Sprintf("and %d more", left))
		}
		lines = append(lines, about...)
	}
	return lines
}

// urgency sorts downloads: those at which something happens come first.
func urgency(d api.Download) int {
	return slices.Index([]string{"verifying", "downloading", "waiting", "queued", "failed", "complete", "cancelled"}, d.State)
}

// summary is how it goes in all.
func summary(list []api.Download) string {
	var open, done int
	var speed, left int64
	for _, d := range list {
		switch {
		case d.State == "complete":
			done++
		case !d.Done():
			open++
			left += d.Size - d.Have
			speed += d.Rate
		}
	}
	text := fmt.Sprintf("%d under way, %d complete", open, done)
	if open > 0 {
		text += fmt.Sprintf("; %s to go at %s", size(left), rate(speed))
	}
	if speed > 0 && left > 0 {
		text += ", " + span(time.Duration(float64(left)/float64(speed)*float64(time.Second)))
	}
	return text
}

// pace is how fast a download is and when it ends.
func pace(d api.Download) (speed, eta string) {
	speed, eta = "-", "-"
	if d.State == "downloading" {
		speed = rate(d.Rate)
		if d.ETA > 0 {
			eta = span(time.Duration(d.ETA * float64(time.Second)))
		}
	}
	return speed, eta
}

// details is the lines below the row of a download: why it waits or where it is,
// which parts are here, and its sources. A reason may be long and is cut then, so
// the time stands before it.
func details(d api.Download, now time.Time) []string {
	text := remark(d, now)
	if !d.Until.IsZero() && !d.Done() {
		text = fmt.Sprintf("again in %s: %s", span(d.Until.Sub(now)), d.Reason)
	}
	if d.State == "downloading" && len(d.Peers) > 0 {
		text = "-" // they say more
	}
	var lines []string
	if text != "-" {
		lines = append(lines, "   "+text)
	}
	if d.Done() {
		return lines
	}
	if len(d.Map) > 0 {
		text := "   [" + pieces(d.Map, mapCells) + "]"
		if d.Verify != "" {
			text += "  " + d.Verify
		}
		if d.Wasted > 0 {
			text += fmt.Sprintf("  %s thrown away", size(d.Wasted))
		}
		lines = append(lines, text)
	}
	return append(lines, peerLines(d.Peers, now)...)
}

// plainWatch prints a line whenever a download comes to another state or another
// tenth of it is there.
func (r *runner) plainWatch() func(all, changed []api.Download) error {
	type stage struct {
		state string
		tenth int64
	}
	seen := map[string]stage{}
	return func(all, changed []api.Download) error {
		for _, d := range changed {
			now := stage{d.State, d.Have * 10 / max(1, d.Size)}
			if seen[d.URN] == now {
				continue
			}
			seen[d.URN] = now
			if err := r.plainLine(r.env.Out, d); err != nil {
				return err
			}
		}
		if len(seen) > 2*len(all) { // most are forgotten
			for urn := range seen {
				if !slices.ContainsFunc(all, func(d api.Download) bool { return d.URN == urn }) {
					delete(seen, urn)
				}
			}
		}
		return nil
	}
}

func (r *runner) plainLine(w io.Writer, d api.Download) error {
	text := fmt.Sprintf("%s: %s, %s of %s", d.Name, d.State, percent(d.Have, d.Size), size(d.Size))
	if speed, eta := pace(d); speed != "-" {
		text += ", " + speed
		if eta != "-" {
			text += ", " + eta + " to go"
		}
	}
	if about := remark(d, time.Now()); about != "-" {
		text += ": " + about
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
