package cli

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
)

func (r *runner) events() *cli.Command {
	return &cli.Command{
		Name: "events", Usage: "show what happened to the node, and why", Category: "setup",
		Description: "Neighbors that come and go, members of groups that join, die and are back, relays, ports of the router, the own address, ends of\n" +
			"downloads, hosts that lied, problems of the disk: of each kind the last 256 since the node started.",
		Flags: clientFlags(
			&cli.DurationFlag{Name: "since", Usage: "only what happened in the last `TIME`, such as 10m"},
			&cli.BoolFlag{Name: "watch", Usage: "go on showing what happens; with --" + flagJSON + " a document a line"},
			jsonFlag(),
		),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			since := c.Duration("since")
			if since < 0 {
				return usage("--since must be above 0, such as 10m")
			}
			if c.Bool("watch") {
				return r.watchEvents(c, n, since)
			}
			list, err := n.Events(c.Context, since)
			if err != nil {
				return err
			}
			return show(r, c, list, func(list []api.Event) error {
				for _, e := range list {
					if err := r.showEvent(e); err != nil {
						return err
					}
				}
				return nil
			})
		}),
	}
}

// watchEvents shows events until the user has seen enough.
func (r *runner) watchEvents(c *cli.Context, n *api.Client, since time.Duration) (err error) {
	out := json.NewEncoder(r.env.Out)
	watched := n.WatchEvents(c.Context, since, func(e api.Event) {
		switch {
		case err != nil:
		case c.Bool(flagJSON):
			err = out.Encode(e)
		default:
			err = r.showEvent(e)
		}
	})
	if err != nil || c.Context.Err() != nil {
		return err // that is how it ends
	}
	return watched
}

// showEvent writes an event as a line.
func (r *runner) showEvent(e api.Event) error {
	who := e.Who
	switch {
	case e.Name != "" && e.Who == e.PeerID:
		who = e.Name
	case e.Name != "" || e.PeerID != "" && e.Who != e.PeerID:
		who += fmt.Sprintf(" (%s)", orElse(e.Name, fmt.Sprintf("%.12s", e.PeerID)))
	}
	if e.Group != "" {
		who += " in " + orElse(e.In, fmt.Sprintf("%.12s", e.Group))
	}
	if e.Cause != "" {
		who += ": " + e.Cause
	}
	_, err := fmt.Fprintf(r.env.Out, "%s  %-17s  %s\n", e.Time.Local().Format(time.DateTime), e.Kind, who)
	return err
}
