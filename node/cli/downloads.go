package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"filbert/node/api"
	"filbert/transfer/urn"
)

func (r *runner) downloads() *cli.Command {
	return &cli.Command{
		Name: "downloads", Usage: "list the downloads", Category: "files",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "show how they go on, until Ctrl-C"},
			jsonFlag(),
			&cli.BoolFlag{Name: "jsonl", Usage: "with --watch: print each change as a line of JSON"},
		),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if c.Args().Present() {
				return unknown(c.Args().First(), c.Command.Subcommands, "downloads ")
			}
			switch watch := c.Bool("watch"); {
			case watch && c.Bool(flagJSON):
				return usage("--watch has no end, so it prints no one document: use --jsonl")
			case watch:
				return r.watchDownloads(c, n)
			case c.Bool("jsonl"):
				return usage("--jsonl prints changes, which only --watch sees: use --json, or both")
			}
			list, err := n.Downloads(c.Context)
			if err != nil {
				return err
			}
			return show(r, c, list, r.showDownloads)
		}),
		Subcommands: []*cli.Command{{
			Name: "cancel", Usage: "end a download", ArgsUsage: "N|URN",
			Flags: clientFlags(&cli.BoolFlag{Name: "remove", Usage: "also remove what arrived"}),
			Action: r.action(func(c *cli.Context, n *api.Client) error {
				if c.NArg() != 1 {
					return usage("cancel which download? `filbert downloads` lists them")
				}
				d, err := r.pick(c, n, c.Args().First())
				if err != nil {
					return err
				}
				h, err := urn.Parse(d.URN)
				if err != nil {
					return err
				}
				if err := n.Cancel(c.Context, h.SHA1, d.Group, c.Bool("remove")); err != nil {
					return err
				}
				r.say("%s: cancelled", d.Name)
				return nil
			}),
			BashComplete: r.completeDownloads,
		}},
	}
}

// pick finds the download that a number of the list or a URN means.
func (r *runner) pick(c *cli.Context, n *api.Client, what string) (api.Download, error) {
	list, err := n.Downloads(c.Context)
	if err != nil {
		return api.Download{}, err
	}
	if i, err := strconv.Atoi(what); err == nil && i >= 1 && i <= len(list) {
		return list[i-1], nil
	}
	i := slices.IndexFunc(list, func(d api.Download) bool { return strings.HasSuffix(strings.ToLower(d.URN), strings.ToLower(what)) })
	if i < 0 || len(what) < len("SHA1") {
		return api.Download{}, fail(exitNotFound, "there is no download %q; `filbert downloads` lists them", what)
	}
	return list[i], nil
}

func (r *runner) showDownloads(list []api.Download) error {
	if len(list) == 0 {
		r.say("no downloads")
		return nil
	}
	t := newTable(r.env.Out, "N", "STATE", "DONE", "SIZE", "RATE", "ETA", "SOURCES", "NAME", "REMARK")
	now := time.Now()
	for i, d := range list {
		speed, eta := pace(d)
		t.row(fmt.Sprint(i+1), d.State, percent(d.Have, d.Size), size(d.Size), speed, eta, fmt.Sprint(d.Sources), inGroup(clip(d.Name, 40), d.Scope), remark(d, now))
	}
	return t.end()
}

// inGroup is a name with that of the group that it belongs to.
func inGroup(name string, s api.Scope) string {
	if s.Group == "" {
		return name
	}
	return name + " [" + s.GroupName + "]"
}

// remark is the one thing to say of a download.
func remark(d api.Download, now time.Time) string {
	switch d.State {
	case "complete":
		switch d.Hook {
		case "failed":
			return d.Path + " (on-complete failed: " + d.HookErr + ")"
		case "waiting", "running":
			return d.Path + " (on-complete is " + d.Hook + ")"
		}
		return d.Path
	case "failed":
		return d.Error
	case "cancelled":
		return "-"
	case "downloading":
		if d.Limit > 0 {
			return "from " + givers(d) + ", at most " + rate(d.Limit)
		}
		return "from " + givers(d)
	}
	if !d.Until.IsZero() {
		return fmt.Sprintf("%s (again in %s)", d.Reason, span(d.Until.Sub(now)))
	}
	return orDash(d.Reason)
}

// givers is whom the bytes of a download come from.
func givers(d api.Download) string {
	var names []string
	for _, p := range d.Peers {
		if p.State == "fetching" {
			names = append(names, p.Name)
		}
	}
	switch len(names) {
	case 0:
		return d.Source
	case 1:
		return names[0]
	}
	return plural(len(names), "source")
}

func (r *runner) uploads() *cli.Command {
	return &cli.Command{
		Name: "uploads", Usage: "list the files being sent, and who waits for one", Category: "files", Flags: clientFlags(jsonFlag()),
		Action: r.action(func(c *cli.Context, n *api.Client) error {
			if err := noArguments(c); err != nil {
				return err
			}
			list, err := n.Uploads(c.Context)
			if err != nil {
				return err
			}
			return show(r, c, list, r.showUploads)
		}),
	}
}

func (r *runner) showUploads(list []api.Upload) error {
	if len(list) == 0 {
		r.say("no uploads")
		return nil
	}
	t := newTable(r.env.Out, "PEER", "WHO", "SOFTWARE", "SENT", "OF", "RATE", "NAME")
	for _, u := range list {
		if u.Position > 0 {
			t.row(u.Peer, "-", clip(orDash(u.Agent), 30), fmt.Sprintf("waits, place %d", u.Position), size(u.Size), "-", inGroup(clip(u.Name, 40), u.Scope))
			continue
		}
		t.row(u.Peer, who(u.PeerName, u.PeerID), clip(orDash(u.Agent), 30), size(u.Sent), size(u.Length), rate(u.Rate), inGroup(clip(u.Name, 40), u.Scope))
	}
	return t.end()
}
